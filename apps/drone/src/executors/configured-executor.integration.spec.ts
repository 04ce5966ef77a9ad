import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  bareMachine,
  configurationDigest,
  CONFIGURATIONS_KEPT,
  ensurePortage,
  type Machine,
  treeDigest,
} from '@swarm/adapter-portage';
import { silentLogger } from '@swarm/platform';
import { repositoryRoot, type TempDir, tempDir } from '@swarm/testing';

import type { PinnedConfiguration, Readiness } from '../ports/executor.js';
import { ConfiguredExecutor } from './configured-executor.js';

const setup = await ensurePortage({ cacheDir: join(repositoryRoot(), '.cache') });
const describeWithPortage = setup.kind === 'ready' ? describe : describe.skip;
const { signal } = new AbortController();

describeWithPortage('an executor of configurations', () => {
  let state: TempDir;
  let tree: string;
  let machine: Machine;
  let executor: ConfiguredExecutor;

  beforeEach(async () => {
    if (setup.kind !== 'ready') throw new Error(setup.reason);
    state = await tempDir('configured-executor');
    tree = join(state.path, 'tree');
    // With a metadata cache of its own, so that Portage need not be started.
    for (const path of ['profiles/repo_name', 'profiles/only/eapi', 'metadata/md5-cache/lab/app-1']) {
      await mkdir(join(tree, path, '..'), { recursive: true });
      await writeFile(join(tree, path), 'small\n');
    }
    machine = await bareMachine({
      name: 'drone',
      dir: join(state.path, 'machine'),
      portage: setup.portage,
    });
    const cacheDir = join(state.path, 'cache');
    executor = new ConfiguredExecutor({ machine, cacheDir, logger: silentLogger() });
  });
  afterEach(async () => {
    await state[Symbol.asyncDispose]();
  });

  it('makes a configuration ready once for all who ask at the same time', async () => {
    const target = await configuration('');
    const all = await Promise.all([1, 2, 3].map(() => executor.configured(target, signal)));
    const benches = all.map((readiness) => readiness.kind === 'ready' && readiness.bench);
    expect(new Set(benches).size).toBe(1);
    expect(benches[0]).not.toBe(false);
  });

  it('keeps a few configurations, and each that work is done in, and no others', async () => {
    const first = await configuration('# 0\n');
    const held = await ready(first);
    const later: PinnedConfiguration[] = [];
    for (let i = 1; i <= CONFIGURATIONS_KEPT + 1; i += 1) {
      const target = await configuration(`# ${i}\n`);
      (await ready(target)).done();
      later.push(target);
    }
    expect(await kept()).toEqual(expect.arrayContaining([first.digest]));
    expect(await kept()).not.toContain(later[0]?.digest);
    held.done();
    const again = await ready(later[0] ?? first);
    again.done();
    (await ready(later[1] ?? first)).done();
    expect(await kept()).not.toContain(first.digest);
    expect((await kept()).length).toBeLessThanOrEqual(CONFIGURATIONS_KEPT);
  });

  it('tries again after a failure', async () => {
    const target = await configuration('');
    await writeFile(join(tree, 'changed'), '');
    expect(await executor.configured(target, signal)).toMatchObject({ kind: 'missing', mayPass: true });
    const now = await configuration('');
    await ready(now);
  });

  async function configuration(makeConf: string): Promise<PinnedConfiguration> {
    const value = {
      files: { 'make.conf': makeConf },
      makeProfile: 'small:only',
      world: [],
      repositories: [
        {
          name: 'small',
          source: { kind: 'directory' as const, path: tree },
          revision: `tree:${await treeDigest(tree)}`,
        },
      ],
    };
    return { digest: configurationDigest(value), configuration: value };
  }

  async function ready(target: PinnedConfiguration): Promise<Extract<Readiness, { kind: 'ready' }>> {
    const readiness = await executor.configured(target, signal);
    if (readiness.kind !== 'ready') throw new Error(readiness.reason);
    return readiness;
  }

  function kept(): Promise<string[]> {
    return readdir(machine.paths.configurations);
  }
});
