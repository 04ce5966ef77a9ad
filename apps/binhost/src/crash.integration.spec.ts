import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { connectBus } from '@swarm/adapter-nats';
import { type MessageBus, PlanMoved } from '@swarm/contracts';
import { type RunningService, silentLogger } from '@swarm/platform';
import { repositoryRoot, waitFor } from '@swarm/testing';

import { eventsOf, gpkg, Planner, sha256Of, textAt, upload, type Work } from './binhost.fixture.js';
import { Ground } from './ground.contract.js';

const root = repositoryRoot();
const program = join(root, '.cache', 'specs', `crashing-binhost-${process.pid}.mjs`);

let ground: Ground;
let bus: MessageBus;
let child: ChildProcess | undefined;
let service: RunningService | undefined;

beforeAll(async () => {
  ground = await Ground.lay();
  bus = await connectBus({ url: ground.nats.url, name: 'spec', logger: silentLogger() });
  ground.defer(() => bus.close());
  await promisify(execFile)(join(root, 'node_modules', '.bin', 'esbuild'), [
    ...[
      join(import.meta.dirname, 'crashing-binhost.contract.ts'),
      '--bundle',
      '--platform=node',
      '--target=node20',
    ],
    ...['--format=esm', '--packages=external', '--log-level=warning', `--outfile=${program}`],
    `--tsconfig=${join(root, 'tsconfig.base.json')}`,
  ]);
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await service?.stop();
  service = undefined;
});
afterAll(async () => {
  await rm(program, { force: true });
  await ground[Symbol.asyncDispose]();
});

/** Starts the process that dies after a call; gives its URL. */
async function startDying(after: string): Promise<{ readonly url: string; readonly died: Promise<unknown> }> {
  const environment = {
    ...{ DATABASE_URL: ground.databaseUrl, NATS_URL: ground.nats.url, SWARM_BINHOST_DIR: ground.directory },
    ...{ SWARM_BINHOST_PORT: '0', SWARM_BINHOST_SCAN_MS: '600000', CRASH_AFTER: after },
  };
  const started = spawn(process.execPath, [program], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child = started;
  const died = once(started, 'exit');
  for await (const line of createInterface(started.stdout)) {
    const said = JSON.parse(line) as { readonly msg?: string; readonly url?: string };
    if (said.msg !== 'ready' || said.url === undefined) continue;
    started.stdout.resume();
    return { url: said.url, died };
  }
  throw new Error('the process ended before it was ready');
}

/** Until the profile is reconciled, its artifacts are published by that, and not by the step that is to crash. */
async function untilReconciled(url: string, { profile }: Planner): Promise<void> {
  await waitFor(() => textAt(`${url}/staging/${profile}/Packages`), { what: 'an index' });
}

async function restart(): Promise<RunningService> {
  service = await ground.start();
  return service;
}

async function oneJob(cpv: string): Promise<{ readonly planner: Planner; readonly work: Work }> {
  const planner = new Planner(ground.db);
  const [work] = await planner.plan([cpv]);
  if (work === undefined) throw new Error('no job');
  return { planner, work };
}

async function expectPublishedOnce({ profile }: Planner, { jobId, cpv }: Work, url: string): Promise<void> {
  await waitFor(async () => (await ground.db.artifacts.ofJob(jobId))?.state === 'published', {
    what: 'a publication',
  });
  const index = await textAt(`${url}/staging/${profile}/Packages`);
  expect(index?.match(/^CPV: .+$/gm)).toEqual([`CPV: ${cpv}`]);
  expect(await eventsOf(ground.db, 'ArtifactReceived', jobId)).toHaveLength(1);
  expect(await eventsOf(ground.db, 'ArtifactPublished', jobId)).toHaveLength(1);
}

describe('S15: a binhost that is killed while it receives', () => {
  const cpv = 'lab-apps/greet-1.0';
  const bytes = gpkg(cpv);

  it.each([
    ['store.receive', 'nothing', 201],
    ['store.inspect', 'nothing', 201],
    ['store.commit', 'nothing', 201],
    ['artifacts.receive', 'everything', 200],
  ] as const)('after %s has stored %s, and takes the same upload again', async (after, stored, status) => {
    const { planner, work } = await oneJob(cpv);
    const { url, died } = await startDying(after);
    await expect(upload(url, work, bytes)).rejects.toThrow();
    await died;
    expect((await ground.db.artifacts.ofJob(work.jobId)) !== undefined).toBe(stored === 'everything');

    const restarted = await restart();
    expect(await readdir(join(ground.directory, 'incoming'))).toEqual([]);
    expect(await upload(restarted.url, work, bytes)).toEqual({ status, body: { sha256: sha256Of(bytes) } });
    await expectPublishedOnce(planner, work, restarted.url);
  });

  it('in the middle of a body has stored nothing', async () => {
    const { planner, work } = await oneJob(cpv);
    const { url, died } = await startDying('nothing');
    const headers = {
      authorization: `Bearer ${work.token}`,
      'content-length': bytes.length,
      'x-swarm-sha256': sha256Of(bytes),
    };
    const sent = request(`${url}/upload/${work.attemptId}`, { method: 'PUT', headers, agent: false });
    const broken = once(sent, 'response').catch((error: unknown) => error);
    sent.write(bytes.subarray(0, bytes.length / 2));
    await waitFor(async () => (await readdir(join(ground.directory, 'incoming'))).length === 1, {
      what: 'an upload in hand',
    });
    child?.kill('SIGKILL');
    await died;
    expect(await broken).toMatchObject({ code: 'ECONNRESET' });

    const restarted = await restart();
    expect(await ground.db.artifacts.ofJob(work.jobId)).toBeUndefined();
    expect(await readdir(join(ground.directory, 'incoming'))).toEqual([]);
    expect((await upload(restarted.url, work, bytes)).status).toBe(201);
    await expectPublishedOnce(planner, work, restarted.url);
  });
});

describe('S20: a binhost that is killed while it publishes', () => {
  it.each(['store.stage', 'artifacts.publish'])('after %s ends where it would have ended', async (after) => {
    const { planner, work } = await oneJob('lab-libs/half-1.0');
    const { url, died } = await startDying(after);
    await untilReconciled(url, planner);
    // It may die before its answer is out; a drone would send it again.
    await upload(url, work, gpkg(work.cpv)).catch(() => undefined);
    await died;
    const restarted = await restart();
    expect((await upload(restarted.url, work, gpkg(work.cpv))).status).toBe(200);
    await expectPublishedOnce(planner, work, restarted.url);
  });
});

describe('a binhost that is killed while it makes a release', () => {
  it.each(['generations.prepare', 'store.promote', 'generations.promote'])(
    'after %s makes exactly one',
    async (after) => {
      const { planner, work } = await oneJob('lab-libs/release-1.0');
      const { url, died } = await startDying(after);
      await untilReconciled(url, planner);
      expect((await upload(url, work, gpkg(work.cpv))).status).toBe(201);
      await expectPublishedOnce(planner, work, url);
      await planner.complete(work.planId);
      const { planId } = work;
      const moved = {
        at: new Date().toISOString(),
        planId,
        profile: planner.profile,
        state: 'complete',
        detail: '',
      } as const;
      await bus.publish(PlanMoved, { id: planId, ...moved });
      await died;

      const restarted = await restart();
      const [generation] = await waitFor(async () => {
        const made = await ground.db.generations.of(planner.profile);
        return made.every(({ state }) => state === 'current') && made.length === 1 && made;
      });
      expect(generation).toMatchObject({ number: 1, planId, artifacts: [sha256Of(gpkg(work.cpv))] });
      expect(await textAt(`${restarted.url}/${planner.profile}/Packages`)).toContain(`CPV: ${work.cpv}\n`);
      expect(await eventsOf(ground.db, 'ReleasePromoted', planId)).toHaveLength(1);
    },
  );
});
