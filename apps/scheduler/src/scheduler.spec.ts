import { createHash, randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';

import { beforeEach, describe, expect, it } from '@jest/globals';

import { openMemoryDatabase, type MemoryDatabase } from '@swarm/adapter-memory';
import { PLAN_SCHEMA, PlanDocument, type WorkAssigned, type WorkOutcome } from '@swarm/contracts';
import type { Drone } from '@swarm/domain-drone';
import type { Job, PlanId } from '@swarm/domain-job';
import { silentLogger } from '@swarm/platform';
import { ManualClock } from '@swarm/testing';

import { documentOf } from './plan-document.reader.js';
import { AdvanceJobs } from './use-cases/advance-jobs.js';
import { DelegateJob } from './use-cases/delegate-job.js';
import { MakePlan } from './use-cases/make-plan.js';
import { MoveJob } from './use-cases/move-job.js';
import { ReclaimAttempts } from './use-cases/reclaim-attempts.js';
import { RecordReport } from './use-cases/record-report.js';
import { ResolvePlans } from './use-cases/resolve-plans.js';
import { RunRound } from './use-cases/run-round.js';

const PROFILE = 'small';
const policy = {
  retry: { maxFailures: 3, maxReclaims: 10 },
  retryDelayMs: 60_000,
  buildTimeoutMs: 1_000,
  silenceMs: 1_000,
  unclaimedAfterMs: 30_000,
};
const measured = { wallMs: 1, dependenciesMs: 0, buildMs: 1, uploadMs: 0 };

/** `b` needs `a` before it is built. */
const document = PlanDocument.parse({
  schema: PLAN_SCHEMA.name,
  schemaVersion: PLAN_SCHEMA.version,
  portage: '3.0.82',
  ok: true,
  packages: ['a', 'b'].map((name) => ({
    cpv: `app-small/${name}-1`,
    slot: '0',
    subslot: '0',
    repository: 'small',
    root: 'target',
    use: [],
    dependencies: {},
  })),
  edges: [{ parent: 1, child: 0, kinds: ['buildtime'] }],
});

/** The scheduler's use cases over a ledger in memory, with a clock that the test moves. */
class Ground {
  readonly clock = new ManualClock(new Date('2026-01-01T00:00:00Z'));
  readonly db: MemoryDatabase = openMemoryDatabase({ source: 'scheduler' });
  readonly record: RecordReport;
  readonly round: RunRound;
  readonly make: MakePlan;
  planId = '';

  constructor() {
    const ports = {
      ...this.db,
      clock: this.clock,
      entropy: {
        id: () => randomUUID(),
        token: () => randomUUID(),
        sha256: (text: string) => createHash('sha256').update(text).digest('hex'),
      },
      log: silentLogger(),
      policy,
      readDocument: documentOf,
      binhostUrl: 'http://127.0.0.1:1',
    };
    const move = new MoveJob(ports);
    const resolve = new ResolvePlans(ports);
    this.make = new MakePlan(ports);
    this.record = new RecordReport(ports, move, resolve);
    this.round = new RunRound(ports, {
      resolve,
      advance: new AdvanceJobs(ports, move),
      reclaim: new ReclaimAttempts(ports, move),
      delegate: new DelegateJob(ports, move),
    });
  }

  async hear(name: string, attempts: readonly string[] = []): Promise<void> {
    const found = await this.db.drones.find(name);
    const sign = {
      incarnation: `${name}-1`,
      sequence: (found?.value.lastSign.sequence ?? 0) + 1,
      at: this.clock.now(),
      attempts: attempts.map((attemptId) => ({ attemptId, phase: 'build', sinceMs: 0 })),
      draining: false,
      load1: 0,
      freeDiskBytes: 1,
      freeMemoryBytes: 1,
    };
    if (found) {
      await this.db.drones.recordSign(name, sign);
      return;
    }
    const drone: Drone = {
      name,
      state: 'online',
      reason: '',
      incarnation: sign.incarnation,
      enrolledAt: sign.at,
      capabilities: {
        profile: PROFILE,
        executor: 'portage',
        slots: 1,
        cores: 2,
        memoryBytes: 1,
        portageVersion: '3',
      },
      lastSign: sign,
    };
    await this.db.drones.save(drone, 0, []);
  }

  /** A plan of the document, resolved, with one drone and one round made. */
  async start(): Promise<void> {
    await this.db.profiles.put({
      name: PROFILE,
      kind: 'portage',
      targets: ['@world'],
      createdAt: this.clock.now(),
    });
    await this.hear('drone-1');
    const asked = { requestId: randomUUID(), profile: PROFILE, targets: [], origin: 'operator' };
    this.planId = (await this.make.execute(asked)).planId ?? '';
    await this.round.execute();
    await this.report((await this.assigned()).at(-1), {
      kind: 'resolved',
      documentGzip: gzipSync(JSON.stringify(document)).toString('base64'),
    });
    await this.round.execute();
  }

  async assigned(): Promise<WorkAssigned[]> {
    const rows = await this.db.outbox.unsent(1000);
    return rows
      .filter(({ message }) => message === 'WorkAssigned')
      .map(({ payload }) => payload as WorkAssigned);
  }

  async report(
    work: WorkAssigned | undefined,
    outcome: WorkOutcome,
    drone = work?.drone ?? '',
  ): Promise<string> {
    if (!work) throw new Error('nothing was assigned');
    const { attemptId, attempt } = work;
    const at = this.clock.now().toISOString();
    return (await this.record.execute({ drone, incarnation: randomUUID(), attemptId, attempt, at, outcome }))
      .kind;
  }

  async job(name: string): Promise<Job> {
    const jobs = await this.db.jobs.ofPlan(this.planId as PlanId);
    const found = jobs.find(({ value }) => value.spec.cpv === `app-small/${name}-1`);
    if (!found) throw new Error(`no job of ${name}`);
    return found.value;
  }

  /** As the binhost does when it has verified, stored and indexed an upload. */
  async publish(work: WorkAssigned | undefined, name: string): Promise<void> {
    const { id, spec } = await this.job(name);
    const sha256 = createHash('sha256').update(name).digest('hex');
    await this.db.artifacts.receive(
      {
        sha256,
        profile: PROFILE,
        jobId: id,
        attemptId: work?.attemptId ?? '',
        buildKey: spec.buildKey,
        cpv: spec.cpv,
        state: 'received',
        sizeBytes: 1,
        md5: '',
        sha1: '',
        path: null,
        receivedAt: this.clock.now(),
        metadata: {},
        synthetic: false,
        abi: null,
      },
      [],
    );
    await this.db.artifacts.publish([{ jobId: id, path: `app-small/${name}/${name}-1-1.gpkg.tar` }], []);
  }
}

const failed = (failure: 'compile' | 'upload' | 'masked'): WorkOutcome => ({
  kind: 'failed',
  class: failure,
  summary: 'it went wrong',
  logTail: '',
  measured,
});

let ground: Ground;
beforeEach(async () => {
  ground = new Ground();
  await ground.start();
});

describe('a plan', () => {
  it('writes STARTED before anything else (S1)', async () => {
    const [first] = await ground.db.events.after(0n, 1);
    expect(first?.message).toBe('RunStarted');
  });

  it('is made once, however often it is asked for with one request', async () => {
    const asked = { requestId: ground.planId, profile: PROFILE, targets: [], origin: 'operator' };
    expect(await ground.make.execute(asked)).toEqual({
      requestId: ground.planId,
      planId: ground.planId,
      reason: '',
    });
    expect(await ground.db.plans.recent(10)).toHaveLength(1);
  });

  it('names what is wrong with what was asked for', async () => {
    const answer = await ground.make.execute({
      requestId: randomUUID(),
      profile: 'desk',
      targets: [],
      origin: 'me',
    });
    expect(answer).toMatchObject({ planId: null, reason: 'there is no profile "desk"; known: small' });
  });
});

describe('a job', () => {
  it('is not handed out before what it needs can be downloaded (Q22)', async () => {
    expect(await ground.job('b')).toMatchObject({ state: 'waiting' });
    const [, work] = await ground.assigned();
    await ground.report(work, { kind: 'built', sha256: '0'.repeat(64), sizeBytes: 1, measured });
    await ground.round.execute();
    expect(await ground.job('b')).toMatchObject({ state: 'waiting' });

    await ground.publish(work, 'a');
    await ground.round.execute();
    await ground.round.execute();
    expect(await ground.job('a')).toMatchObject({ state: 'published' });
    expect(await ground.job('b')).toMatchObject({ state: 'delegated' });
    const given = (await ground.assigned()).at(-1)?.work;
    expect(given).toMatchObject({ kind: 'build', dependencies: [{ cpv: 'app-small/a-1' }] });
  });

  it('says who built it, though the artifact comes before the report of the drone', async () => {
    const [, work] = await ground.assigned();
    await ground.publish(work, 'a');
    await ground.round.execute();
    const attempt = { number: 1, drone: 'drone-1', state: 'succeeded' };
    expect(await ground.db.jobs.attemptsOf((await ground.job('a')).id)).toMatchObject([attempt]);
    await ground.report(work, { kind: 'built', sha256: '0'.repeat(64), sizeBytes: 1, measured });
    expect(await ground.db.jobs.attemptsOf((await ground.job('a')).id)).toMatchObject([
      { ...attempt, measured },
    ]);
  });

  it('is moved by nobody but the drone that was given it (Q20)', async () => {
    const [, work] = await ground.assigned();
    expect(await ground.report(work, failed('compile'), 'drone-9')).toBe('done');
    expect(await ground.job('a')).toMatchObject({ state: 'delegated', failures: 0 });
  });

  it('is quarantined after three failures and no more, and blocks what needs it (S5)', async () => {
    for (let tries = 0; tries < 10; tries += 1) {
      await ground.report((await ground.assigned()).at(-1), failed('compile'));
      await ground.round.execute();
      await ground.round.execute();
    }
    expect(await ground.job('a')).toMatchObject({ state: 'quarantined', attempt: 3, failures: 3 });
    expect(await ground.job('b')).toMatchObject({ state: 'blocked', blockedBy: 'app-small/a-1' });
    expect((await ground.db.plans.find(ground.planId))?.value).toMatchObject({
      state: 'complete',
      detail: '0 of 2 built, 1 quarantined, 1 blocked',
    });
  });

  it('is not blamed for the way to the binhost (S22)', async () => {
    const [, work] = await ground.assigned();
    await ground.report(work, failed('upload'));
    expect(await ground.job('a')).toMatchObject({ state: 'needed', failures: 0, reclaims: 1 });
  });

  it('is tried no second time for a cause that no drone can change', async () => {
    const [, work] = await ground.assigned();
    await ground.report(work, failed('masked'));
    expect(await ground.job('a')).toMatchObject({ state: 'quarantined', attempt: 1 });
  });

  it('counts late news of a reclaimed attempt as nothing, and uses its artifact (S18)', async () => {
    const [, work] = await ground.assigned();
    await ground.report(work, { kind: 'returned', reason: 'the drone stops' });
    await ground.round.execute();
    const before = await ground.job('a');
    expect(before).toMatchObject({ state: 'delegated', attempt: 2 });
    await ground.report(work, failed('compile'));
    expect(await ground.job('a')).toEqual(before);

    await ground.publish(work, 'a');
    await ground.round.execute();
    expect(await ground.job('a')).toMatchObject({ state: 'published' });
    expect(await ground.db.jobs.openAttempts()).toEqual(
      expect.not.arrayContaining([expect.objectContaining({ jobId: before.id })]),
    );
  });

  it('is taken back from a living drone that does not hold it, but only after a while (S3)', async () => {
    await ground.hear('drone-1');
    await ground.round.execute();
    ground.clock.advance(policy.unclaimedAfterMs - 1);
    await ground.hear('drone-1');
    await ground.round.execute();
    expect(await ground.job('a')).toMatchObject({ state: 'delegated', attempt: 1 });
    ground.clock.advance(1);
    await ground.hear('drone-1');
    await ground.round.execute();
    expect(await ground.job('a')).toMatchObject({ attempt: 2, reclaims: 1 });
  });

  it('stays with a drone that names it, however long it takes (S21)', async () => {
    const [, work] = await ground.assigned();
    for (let hours = 0; hours < 9; hours += 1) {
      ground.clock.advance(3_600_000);
      await ground.hear('drone-1', [work?.attemptId ?? '']);
      await ground.round.execute();
    }
    expect(await ground.job('a')).toMatchObject({ state: 'delegated', attempt: 1 });
  });
});
