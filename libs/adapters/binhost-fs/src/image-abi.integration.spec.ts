import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildPackage, createMachine, ensurePortage, type Machine, prepareLab } from '@swarm/adapter-portage';
import { type ArtifactAbi, compareAbi, defaultBinpkgLimits } from '@swarm/domain-binpkg';

import { inspectBinpkg } from './inspect.js';

const workspace = join(import.meta.dirname, '..', '..', '..', '..');
const setup = await ensurePortage({ cacheDir: join(workspace, '.cache') });
const describeWithPortage = setup.kind === 'ready' ? describe : describe.skip;

describeWithPortage('a library that Portage built and packed', () => {
  let dir: string;
  let machine: Machine;

  beforeAll(async () => {
    if (setup.kind !== 'ready') throw new Error(setup.reason);
    const { portage } = setup;
    dir = await mkdtemp(join(tmpdir(), 'swarm-abi-'));
    const repository = await prepareLab({
      labDir: join(workspace, 'lab'),
      stateDir: join(workspace, '.cache', 'test-lab'),
      portage,
    });
    const variables = { LAB_STATE_DIR: dir };
    machine = await createMachine({
      name: 'drone-1',
      dir: join(dir, 'drone-1'),
      repository,
      portage,
      variables,
    });
  });

  afterAll(() => rm(dir, { recursive: true, force: true }));

  async function built(
    cpv: string,
  ): Promise<{ readonly provides: string; readonly abi: ArtifactAbi | null }> {
    const outcome = await buildPackage(machine, { cpv, timeoutMs: 60_000 });
    if (outcome.kind === 'failed') throw new Error(`${outcome.summary}\n${outcome.logTail}`);
    const inspected = await inspectBinpkg(outcome.file, defaultBinpkgLimits);
    if (!inspected.ok) throw new Error(inspected.error.message);
    return { provides: inspected.value.metadata.get('PROVIDES') ?? '', abi: inspected.value.abi };
  }

  it('has the libraries that Portage says it provides, and the same ABI when it is built again (Q15)', async () => {
    const first = await built('lab-libs/checksum-2.1');
    const provided = Object.keys(first.abi ?? {}).map((key) => key.split(':').join(': '));
    expect(provided).toEqual([first.provides]);
    expect(Object.values(first.abi ?? {})[0]?.symbols).toContain('checksum_crc32');
    const again = await built('lab-libs/checksum-2.1');
    expect(compareAbi(first.abi, again.abi)).toEqual({ compatible: true, changes: [] });
  });
});
