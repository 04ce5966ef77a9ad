import 'reflect-metadata';

import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { beforeEach, describe, expect, it } from '@jest/globals';
import { bareMachine, ensurePortage, parsePlanDocument, treeDigest } from '@swarm/adapter-portage';
import { type BuildWork, type ConfigurationRef, WorkAssigned } from '@swarm/contracts';
import { canonicalText, type Configuration } from '@swarm/domain-plan';
import { silentLogger } from '@swarm/platform';
import { repositoryRoot, waitFor } from '@swarm/testing';

import { ConfiguredExecutor } from './executors/configured-executor.js';
import { HttpConfigurationSource } from './files/http-configuration-source.js';
import type { DroneLimits } from './limits.js';
import { quickLimits, runDrone, type RunningDrone } from './testing/run-drone.js';
import { binhost, control, drone, nats, state, useSurroundings } from './testing/surroundings.js';
import { buildAssigned, resolveAssigned } from './testing/test-work.js';

const setup = await ensurePortage({ cacheDir: join(repositoryRoot(), '.cache') });
const describeWithPortage = setup.kind === 'ready' ? describe : describe.skip;
const slow = { timeoutMs: 60_000 };

const running: RunningDrone[] = [];
let tree: string;

useSurroundings('catch-up', async () => {
  for (const each of running.splice(0)) await each.stop();
});

beforeEach(async () => {
  tree = join(state.path, 'tree');
  await writeTree('app-1');
});

describeWithPortage('S17: a drone', () => {
  it('that is behind catches up, and is not struck: the work waits for the revision that it names', async () => {
    // The plan was made where the tree is newer than here.
    const before = await treeDigest(tree);
    await writeTree('app-2');
    const work = pinned(resolveAssigned(drone, ['@world']), await configurationOfNow());
    await rm(join(tree, 'lab/app/app-2.ebuild'));
    expect(await treeDigest(tree)).toBe(before);
    const { lines } = await startPortageDrone();
    await control.bus.publish(WorkAssigned, work);
    await waitFor(() => control.isIn(drone, work.attemptId, 'syncing'), slow);
    await waitFor(() => lines.find(({ msg }) => msg === 'not caught up yet'), slow);
    await writeTree('app-2');
    await waitFor(() => control.endOf(work.attemptId), slow);
    expect(plannedBy(work.attemptId)).toEqual(['lab/app-2']);
    expect(control.outcomesOf(work.attemptId).map(({ kind }) => kind)).toEqual(['started', 'resolved']);
  });

  it('plans and builds from the pinned tree when its own has moved on, and asks for a configuration once', async () => {
    const configuration = await configurationOfNow();
    const plan = pinned(resolveAssigned(drone, ['@world']), configuration);
    await startPortageDrone();
    await control.bus.publish(WorkAssigned, plan);
    await waitFor(() => control.endOf(plan.attemptId), slow);
    await writeTree('app-2');
    await rm(join(tree, 'lab/app/app-1.ebuild'));

    const again = pinned(resolveAssigned(drone, ['@world']), configuration);
    const build = pinned(realBuild('lab/app-1'), configuration);
    await control.bus.publish(WorkAssigned, again);
    await control.bus.publish(WorkAssigned, build);
    expect(await waitFor(() => control.endOf(build.attemptId), slow)).toMatchObject({ kind: 'built' });
    expect(plannedBy(again.attemptId)).toEqual(['lab/app-1']);
    expect(binhost.uploadsOf(build.attemptId)).toHaveLength(1);
    expect(binhost.asked.get(refOf(configuration).digest)).toBe(1);
  });

  it('that cannot catch up says what is missing, and the package is not blamed', async () => {
    const work = pinned(realBuild('lab/app-1'), await configurationOfNow());
    await writeTree('app-2');
    await startPortageDrone({ ...quickLimits, syncPatienceMs: 300 });
    await control.bus.publish(WorkAssigned, work);
    const end = await waitFor(() => control.endOf(work.attemptId), slow);
    expect(end.kind).toBe('refused');
    const reason = end.kind === 'refused' ? end.reason : '';
    expect(reason).toContain(`the directory ${tree} is at tree:${await treeDigest(tree)} now`);
    expect(control.outcomesOf(work.attemptId)).toEqual([end]);
  });

  it('refuses at once what no waiting can mend', async () => {
    const wrong = { ...(await configurationOfNow()), makeProfile: 'small:no/such/profile' };
    const work = pinned(resolveAssigned(drone, ['@world']), wrong);
    const { lines } = await startPortageDrone();
    await control.bus.publish(WorkAssigned, work);
    const end = await waitFor(() => control.endOf(work.attemptId), slow);
    expect(end).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('has no profile no/such/profile') as unknown,
    });
    expect(lines.some(({ msg }) => msg === 'not caught up yet')).toBe(false);
  });
});

describe('the configurations of a drone', () => {
  it('are fetched once for all who ask, and then come from disk', async () => {
    const configuration = await configurationOfNow();
    const ref = served(configuration);
    const directory = join(state.path, 'configurations');
    const source = await HttpConfigurationSource.at(directory, silentLogger());
    const { signal } = new AbortController();
    const answers = await Promise.all([1, 2, 3].map(() => source.obtain(ref, signal)));
    expect(answers).toEqual(Array.from({ length: 3 }, () => ({ kind: 'obtained', configuration })));
    const later = await HttpConfigurationSource.at(directory, silentLogger());
    expect(await later.obtain(ref, signal)).toMatchObject({ kind: 'obtained' });
    expect(binhost.asked.get(ref.digest)).toBe(1);

    await writeFile(join(directory, `${ref.digest}.json`), '{"cut');
    expect(await later.obtain(ref, signal)).toMatchObject({ kind: 'obtained' });
    expect(binhost.asked.get(ref.digest)).toBe(2);
  });

  it.each<[string, string | undefined, boolean, string]>([
    ['is not there', undefined, true, 'the answer was 404'],
    ['is another one', '{}', true, 'has the digest 44136fa3'],
  ])('that %s may come with a later try', async (_what, text, mayPass, reason) => {
    const ref = { digest: 'a'.repeat(64), url: `${binhost.url}/configuration/${'a'.repeat(64)}` };
    if (text !== undefined) binhost.configurations.set(ref.digest, text);
    await expectMissing(ref, mayPass, reason);
    expect(await readdir(join(state.path, 'configurations'))).toEqual([]);
  });

  it('that is no configuration never becomes one', async () => {
    const text = '{"files":{}}';
    const digest = createHash('sha256').update(text).digest('hex');
    binhost.configurations.set(digest, text);
    const ref = { digest, url: `${binhost.url}/configuration/${digest}` };
    await expectMissing(ref, false, 'repositories must be a list');
  });

  async function expectMissing(ref: ConfigurationRef, mayPass: boolean, reason: string): Promise<void> {
    const source = await HttpConfigurationSource.at(join(state.path, 'configurations'), silentLogger());
    expect(await source.obtain(ref, new AbortController().signal)).toEqual({
      kind: 'missing',
      mayPass,
      reason: expect.stringContaining(reason) as unknown,
    });
  }
});

async function startPortageDrone(limits: DroneLimits = quickLimits): Promise<RunningDrone> {
  if (setup.kind !== 'ready') throw new Error(setup.reason);
  const machine = await bareMachine({
    name: drone,
    dir: join(state.path, 'machine'),
    portage: setup.portage,
  });
  const cacheDir = join(state.path, 'cache');
  const executor = new ConfiguredExecutor({ machine, cacheDir, logger: silentLogger() });
  const places = { drone, natsUrl: nats.url, stateDir: state.path };
  const started = await runDrone(places, { executor, limits, ackWaitMs: 10_000 });
  running.push(started);
  return started;
}

function realBuild(cpv: string): WorkAssigned {
  const assigned = buildAssigned(drone, binhost.url);
  const { synthetic: _synthetic, ...real } = assigned.work;
  const work: BuildWork = { ...real, cpv, use: [], repository: 'small' };
  return { ...assigned, work };
}

function pinned<T extends WorkAssigned>(work: T, configuration: Configuration): T {
  return { ...work, configuration: served(configuration) };
}

function served(configuration: Configuration): ConfigurationRef {
  const ref = refOf(configuration);
  binhost.configurations.set(ref.digest, canonicalText(configuration));
  return ref;
}

function refOf(configuration: Configuration): ConfigurationRef {
  const digest = createHash('sha256').update(canonicalText(configuration)).digest('hex');
  return { digest, url: `${binhost.url}/configuration/${digest}` };
}

async function configurationOfNow(): Promise<Configuration> {
  return {
    files: { 'make.conf': 'CFLAGS="-O1"\n' },
    makeProfile: 'small:only',
    world: ['lab/app'],
    repositories: [
      {
        name: 'small',
        source: { kind: 'directory', path: tree },
        revision: `tree:${await treeDigest(tree)}`,
      },
    ],
  };
}

function plannedBy(attemptId: string): string[] {
  const end = control.endOf(attemptId);
  if (end?.kind !== 'resolved') throw new Error(JSON.stringify(end));
  const parsed = parsePlanDocument(gunzipSync(Buffer.from(end.documentGzip, 'base64')).toString());
  if (!parsed.ok) throw new Error(parsed.why);
  return parsed.document.packages.map(({ cpv }) => cpv);
}

/** A repository of one package, which gets one more version each time. */
async function writeTree(pf: string): Promise<void> {
  const files: Record<string, string> = {
    'profiles/repo_name': 'small\n',
    'profiles/categories': 'lab\n',
    'profiles/arch.list': 'amd64\n',
    'profiles/only/eapi': '8\n',
    'profiles/only/make.defaults':
      'ARCH="amd64"\nACCEPT_KEYWORDS="amd64"\nACCEPT_LICENSE="*"\nCHOST="x86_64-pc-linux-gnu"\n',
    'metadata/layout.conf': 'masters =\ncache-formats = md5-dict\nthin-manifests = true\n',
    [`lab/app/${pf}.ebuild`]: 'EAPI=8\nDESCRIPTION="for a test"\nSLOT="0"\nKEYWORDS="amd64"\nS=$WORKDIR\n',
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(tree, path, '..'), { recursive: true });
    await writeFile(join(tree, path), text);
  }
}
