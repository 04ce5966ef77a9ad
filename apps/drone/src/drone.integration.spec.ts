import 'reflect-metadata';

import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { describe, expect, it } from '@jest/globals';
import { WorkAssigned } from '@swarm/contracts';
import { defaultBinpkgLimits, verifyGpkg } from '@swarm/domain-binpkg';
import { silentLogger } from '@swarm/platform';
import { waitFor } from '@swarm/testing';

import type { DronePorts } from './drone.module.js';
import { FileOutcomeJournal } from './files/file-outcome-journal.js';
import { type LogLine, quickLimits, runDrone, type RunningDrone } from './testing/run-drone.js';
import { binhost, control, drone, nats, state, useSurroundings } from './testing/surroundings.js';
import { buildAssigned, TEST_PROFILE, TEST_TOKEN } from './testing/test-work.js';

const running: RunningDrone[] = [];

useSurroundings('drone', stopDrones);

describe('a drone', () => {
  it('enrols with a proof of the key, then beats with what it holds', async () => {
    await startDrone();
    const asked = await waitFor(() => control.enrolling.find((question) => question.drone === drone));
    expect(asked).toMatchObject({ profile: TEST_PROFILE, executor: 'synthetic', slots: 1 });
    const work = buildAssigned(drone, binhost.url, { durationMs: 300 });
    await control.bus.publish(WorkAssigned, work);
    await waitFor(() => control.isIn(drone, work.attemptId, 'building'));
    await waitFor(() => control.endOf(work.attemptId)?.kind === 'built');
    const beats = control.beats.filter((beat) => beat.drone === drone);
    expect(new Set(beats.map((beat) => beat.incarnation))).toEqual(new Set([asked.incarnation]));
    expect(beats.map(({ sequence }) => sequence)).toEqual(beats.map((_beat, index) => index));
  });

  it('asks again until it is let in, and takes no work before', async () => {
    const usual = control.answer;
    let asked = 0;
    control.answer = (question) =>
      question.drone === drone && ++asked < 3
        ? { accepted: false, reason: 'not admitted yet', heartbeatMs: 50 }
        : usual(question);
    const lines = await startDrone();
    await waitFor(() => lines.find(({ msg }) => msg === 'enrolled'));
    control.answer = usual;
    const refused = lines.filter(({ msg }) => msg === 'enrolment refused');
    expect(refused.map((line) => line['reason'])).toEqual(['not admitted yet', 'not admitted yet']);
  });

  it('builds, uploads with the token and the digest, and reports what it cost', async () => {
    await startDrone();
    const work = buildAssigned(drone, binhost.url, { sizeBytes: 100_000 });
    await control.bus.publish(WorkAssigned, work);
    const built = await waitFor(() => control.endOf(work.attemptId));
    const [upload] = binhost.uploadsOf(work.attemptId);
    expect(built).toMatchObject({ kind: 'built', sha256: upload?.sha256, sizeBytes: upload?.body.length });
    expect(upload).toMatchObject({ authorization: `Bearer ${TEST_TOKEN}`, declaredSha256: upload?.sha256 });
    expect(control.outcomesOf(work.attemptId).map(({ kind }) => kind)).toEqual(['started', 'built']);
    const checked = verified(upload?.body);
    expect(checked).toMatchObject({ cpv: 'lab-libs/greet-1.0-r1', synthetic: true });
    expect(checked.metadata.get('USE')).toBe('nls');
  });

  it('streams the log in chunks that join without a gap', async () => {
    await startDrone({ limits: { ...quickLimits, logChunkBytes: 16 } });
    const work = buildAssigned(drone, binhost.url, { durationMs: 100 });
    await control.bus.publish(WorkAssigned, work);
    await waitFor(() => control.endOf(work.attemptId));
    const text = await waitFor(() => control.logOf(work.work.jobId));
    expect(text).toMatch(/^>>> Synthetic build of lab-libs\/greet-1.0-r1/);
    expect(text).toMatch(/marked as synthetic\n$/);
    expect(control.logs.filter(({ job }) => job === work.work.jobId).length).toBeGreaterThan(5);
  });

  it('reports a failure with its class and the end of the log', async () => {
    await startDrone();
    const work = buildAssigned(drone, binhost.url, { fails: 'first-attempt' });
    await control.bus.publish(WorkAssigned, work);
    const failed = await waitFor(() => control.endOf(work.attemptId));
    expect(failed).toMatchObject({ kind: 'failed', class: 'compile', phase: 'compile' });
    expect(failed).toHaveProperty('logTail', expect.stringContaining('failed (compile phase)'));

    const second = { ...buildAssigned(drone, binhost.url, { fails: 'first-attempt' }), attempt: 2 };
    await control.bus.publish(WorkAssigned, second);
    await waitFor(() => control.endOf(second.attemptId)?.kind === 'built');
  });

  it('resolves a plan from the graph of its trace', async () => {
    const graph = { packages: [{ cpv: 'lab-libs/greet-1.0-r1', synthetic: { durationMs: 5 } }], edges: [] };
    await writeFile(join(state.path, 'graph.json'), JSON.stringify(graph));
    await startDrone();
    const attemptId = randomUUID();
    const work = { kind: 'resolve' as const, planId: randomUUID(), targets: ['@world'] };
    await control.bus.publish(WorkAssigned, { drone, attemptId, attempt: 1, profile: TEST_PROFILE, work });
    const resolved = await waitFor(() => control.endOf(attemptId));
    if (resolved.kind !== 'resolved') throw new Error(`it was ${resolved.kind}`);
    expect(JSON.parse(gunzipSync(Buffer.from(resolved.documentGzip, 'base64')).toString())).toEqual(graph);
  });

  it('refuses work for another profile, and real work on a synthetic drone', async () => {
    await startDrone();
    const other = { ...buildAssigned(drone, binhost.url), profile: 'desktop' };
    const { synthetic: _synthetic, ...real } = buildAssigned(drone, binhost.url).work;
    const unfit = { ...buildAssigned(drone, binhost.url), work: real };
    await control.bus.publish(WorkAssigned, other);
    await control.bus.publish(WorkAssigned, unfit);
    const reason = 'this drone builds for the profile lab, not for desktop';
    expect(await waitFor(() => control.endOf(other.attemptId))).toEqual({ kind: 'refused', reason });
    expect(await waitFor(() => control.endOf(unfit.attemptId))).toMatchObject({ kind: 'refused' });
  });

  it('answers a repeated attempt from memory instead of building it again', async () => {
    await startDrone();
    const work = buildAssigned(drone, binhost.url);
    await control.bus.publish(WorkAssigned, work);
    const first = await waitFor(() => control.endOf(work.attemptId));
    await restartDrone();
    await control.bus.publish(WorkAssigned, work, randomUUID());
    await waitFor(
      () => control.outcomesOf(work.attemptId).filter(({ kind }) => kind === 'built').length === 2,
    );
    expect(control.outcomesOf(work.attemptId).at(-1)).toEqual(first);
    expect(binhost.uploadsOf(work.attemptId)).toHaveLength(1);
  });
});

describe('the way of an artifact', () => {
  it('S15, S22: the artifact stays on the drone until the server has answered 201, through a 500 before it', async () => {
    const work = buildAssigned(drone, binhost.url);
    const thereWhen: [status: number, isThere: boolean][] = [];
    binhost.script = (_upload, tries) => {
      const status = tries === 1 ? 500 : 201;
      thereWhen.push([status, existsSync(spooled(work.attemptId))]);
      return { status };
    };
    await startDrone();
    await control.bus.publish(WorkAssigned, work);
    await waitFor(() => control.endOf(work.attemptId)?.kind === 'built');
    expect(thereWhen).toEqual([
      [500, true],
      [201, true],
    ]);
    expect(existsSync(spooled(work.attemptId))).toBe(false);
  });

  it('a refused artifact is logged with its reason, reported as failed, and kept for a person', async () => {
    const body = { reason: 'wrong-cpv', message: 'expected lab-libs/other-1, got lab-libs/greet-1.0-r1' };
    binhost.script = () => ({ status: 422, body });
    const lines = await startDrone();
    const work = buildAssigned(drone, binhost.url);
    await control.bus.publish(WorkAssigned, work);
    const failed = await waitFor(() => control.endOf(work.attemptId));
    expect(failed).toMatchObject({ kind: 'failed', class: 'upload' });
    expect(failed).toHaveProperty('summary', expect.stringContaining('wrong-cpv'));
    expect(lines.find(({ msg }) => msg === 'artifact refused')).toMatchObject({
      ...body,
      level: 'error',
      status: 422,
    });
    expect(binhost.uploadsOf(work.attemptId)).toHaveLength(1);
    expect(await readdir(join(state.path, 'spool', 'refused'))).toHaveLength(1);
  });

  it('S16: an upload that no answer comes to is broken off and tried again', async () => {
    const work = buildAssigned(drone, binhost.url);
    binhost.script = (_upload, tries) => (tries === 1 ? undefined : { status: 200 });
    const lines = await startDrone();
    await control.bus.publish(WorkAssigned, work);
    await waitFor(() => control.endOf(work.attemptId)?.kind === 'built');
    const failure = lines.find(({ msg }) => msg === 'upload failed');
    expect(failure).toMatchObject({ reason: 'no byte moved for 300 ms' });
  });

  it('S22: a binhost that stays away fails the path, not the package, and the next start delivers', async () => {
    const work = buildAssigned(drone, binhost.url);
    binhost.script = () => ({ status: 503 });
    await startDrone({ limits: { ...quickLimits, uploadPatienceMs: 200 } });
    await control.bus.publish(WorkAssigned, work);
    const failed = await waitFor(() => control.endOf(work.attemptId));
    expect(failed).toMatchObject({ kind: 'failed', class: 'upload' });
    expect(existsSync(spooled(work.attemptId))).toBe(true);
    binhost.script = () => ({ status: 201 });
    await restartDrone();
    await waitFor(() => control.outcomesOf(work.attemptId).at(-1)?.kind === 'built');
    expect(existsSync(spooled(work.attemptId))).toBe(false);
  });

  it('a result that could not be reported is reported by the next start', async () => {
    const work = buildAssigned(drone, binhost.url);
    const journal = await FileOutcomeJournal.at(join(state.path, 'outcomes'), quickLimits, silentLogger());
    const outcome = { kind: 'refused', reason: 'said while nobody heard' } as const;
    await journal.record({ attemptId: work.attemptId, attempt: 1, at: new Date().toISOString(), outcome });
    await startDrone();
    expect(await waitFor(() => control.endOf(work.attemptId))).toEqual(outcome);
    await waitFor(async () => (await journal.unreported()).length === 0);
  });

  it('a result waits for NATS, and is reported when it is back', async () => {
    await startDrone();
    const work = buildAssigned(drone, binhost.url, { durationMs: 1000 });
    await control.bus.publish(WorkAssigned, work);
    await waitFor(() => control.isIn(drone, work.attemptId, 'building'));
    await nats.stop();
    await waitFor(() => binhost.uploadsOf(work.attemptId).length > 0, { timeoutMs: 30_000 });
    await nats.start();
    const built = await waitFor(() => control.endOf(work.attemptId), { timeoutMs: 30_000 });
    expect(built.kind).toBe('built');
    expect(binhost.uploadsOf(work.attemptId)).toHaveLength(1);
    await control.rereadLogs(work.work.jobId);
    const text = await waitFor(() => control.logOf(work.work.jobId), { timeoutMs: 30_000 });
    expect(text).toMatch(/marked as synthetic\n$/);
  });

  it('S7: an aborted drone gives its attempt back', async () => {
    await startDrone();
    const work = buildAssigned(drone, binhost.url, { durationMs: 60_000 });
    await control.bus.publish(WorkAssigned, work);
    await waitFor(() => control.isIn(drone, work.attemptId, 'building'));
    const [only] = running;
    only?.shutdown.drain();
    await waitFor(() => control.beats.findLast((beat) => beat.drone === drone)?.draining);
    only?.shutdown.abort('told twice');
    await only?.done;
    expect(await waitFor(() => control.endOf(work.attemptId))).toEqual({
      kind: 'returned',
      reason: 'told twice',
    });
  });

  it('S7: the drain limit gives the attempt back too', async () => {
    await startDrone({ drainLimitMs: 50 });
    const work = buildAssigned(drone, binhost.url, { durationMs: 60_000 });
    await control.bus.publish(WorkAssigned, work);
    await waitFor(() => control.isIn(drone, work.attemptId, 'building'));
    running[0]?.shutdown.drain();
    const returned = await waitFor(() => control.endOf(work.attemptId));
    expect(returned).toEqual({ kind: 'returned', reason: 'the drain limit of 50 ms has passed' });
  });
});

/** Gives its log lines as they come. */
async function startDrone(given: Partial<DronePorts> = {}): Promise<readonly LogLine[]> {
  const started = await runDrone({ drone, natsUrl: nats.url, stateDir: state.path }, given);
  running.push(started);
  return started.lines;
}

async function stopDrones(): Promise<void> {
  for (const each of running.splice(0)) await each.stop();
}

async function restartDrone(): Promise<void> {
  await stopDrones();
  await startDrone();
}

function spooled(attemptId: string): string {
  return join(state.path, 'spool', `${attemptId}.binpkg`);
}

function verified(body: Uint8Array | undefined): {
  cpv: string;
  synthetic: boolean;
  metadata: ReadonlyMap<string, string>;
} {
  const names = { SHA512: 'sha512', BLAKE2B: 'blake2b512' } as const;
  const checked = verifyGpkg(body ?? new Uint8Array(), {
    digestOf: (algorithm, bytes) => createHash(names[algorithm]).update(bytes).digest('hex'),
    decompress: (_compression, bytes) => ({ ok: true, value: gunzipSync(bytes) }),
    limits: defaultBinpkgLimits,
  });
  if (!checked.ok) throw new Error(checked.error.message);
  return checked.value;
}
