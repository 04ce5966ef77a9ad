import { createHash, randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';

import { cronCalendar } from '@swarm/adapter-cron';
import { openMemoryDatabase, type MemoryDatabase } from '@swarm/adapter-memory';
import { PLAN_SCHEMA, PlanDocument, type WorkAssigned, type WorkOutcome } from '@swarm/contracts';
import { defaultGrounding, type Drone } from '@swarm/domain-drone';
import type { Job, JobRepository, PlanId } from '@swarm/domain-job';
import type { Artifact } from '@swarm/domain-release';
import { silentLogger } from '@swarm/platform';
import { ManualClock } from '@swarm/testing';

import { compose, type UseCases } from './compose.js';
import { documentOf } from './plan-document.reader.js';
import type { MakePlan } from './use-cases/make-plan.js';
import type { RecordReport } from './use-cases/record-report.js';
import type { RunRound } from './use-cases/run-round.js';

export const PROFILE = 'small';
export const policy = {
  retry: { maxFailures: 3, maxReclaims: 10 },
  retryDelayMs: 60_000,
  grounding: defaultGrounding,
  buildTimeoutMs: 1_000,
  silenceMs: 1_000,
  unclaimedAfterMs: 30_000,
};
export const measured = { wallMs: 1, dependenciesMs: 0, buildMs: 1, uploadMs: 0 };

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
export class Ground {
  readonly clock = new ManualClock(new Date('2026-01-01T00:00:00Z'));
  readonly scheduler: UseCases;
  readonly record: RecordReport;
  readonly round: RunRound;
  readonly make: MakePlan;
  planId = '';

  /** Give it the ledger of another one to have a scheduler that starts again. `store` is where it writes its moves. */
  constructor(
    readonly db: MemoryDatabase = openMemoryDatabase({ source: 'scheduler' }),
    store: Pick<JobRepository, 'save'> = db.jobs,
  ) {
    const ports = {
      ...this.db,
      calendar: cronCalendar(),
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
    this.scheduler = compose(ports, store);
    this.record = this.scheduler.record;
    this.round = this.scheduler.round;
    this.make = this.scheduler.makePlan;
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
        memoryBytes: 16 * 1024 ** 3,
        portageVersion: '3',
      },
      lastSign: sign,
      grounding: null,
      badUpload: null,
    drain: null,
    };
    await this.db.drones.save(drone, 0, []);
  }

  /** A plan of the document, resolved, with one drone and one round made. */
  async start(planned: PlanDocument = document): Promise<void> {
    await this.db.profiles.put({
      name: PROFILE,
      kind: 'portage',
      targets: ['@world'],
      createdAt: this.clock.now(),
    });
    await this.hear('drone-1');
    await this.plan(planned);
  }

  /** One more plan of the profile, resolved, with one round made. */
  async plan(planned: PlanDocument): Promise<void> {
    const asked = { requestId: randomUUID(), profile: PROFILE, targets: [], origin: 'operator' };
    this.planId = (await this.make.execute(asked)).planId ?? '';
    await this.resolved(planned);
  }

  /** A drone is asked for the document of the newest plan, and answers with this one; one round is made. */
  async resolved(planned: PlanDocument): Promise<void> {
    await this.round.execute();
    await this.report((await this.assigned()).at(-1), {
      kind: 'resolved',
      documentGzip: gzipSync(JSON.stringify(planned)).toString('base64'),
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

  async jobs(): Promise<readonly Job[]> {
    return (await this.db.jobs.ofPlan(this.planId as PlanId)).map(({ value }) => value);
  }

  async job(name: string): Promise<Job> {
    const found = (await this.jobs()).find(({ spec }) => spec.cpv === `app-small/${name}-1`);
    if (!found) throw new Error(`no job of ${name}`);
    return found;
  }

  /** The newest assignment is built, published and taken in. */
  async finish(abi: Artifact['abi'] = null): Promise<Job> {
    const work = (await this.assigned()).at(-1);
    if (work?.work.kind !== 'build') throw new Error('no build was assigned');
    const { jobId } = work.work;
    const job = (await this.jobs()).find(({ id }) => id === jobId);
    if (!job) throw new Error(`no job ${jobId}`);
    await this.store(work, job, abi);
    await this.round.execute();
    return job;
  }

  /** As the binhost does when it has verified, stored and indexed an upload. */
  async publish(work: WorkAssigned | undefined, name: string, event = { isTold: true }): Promise<void> {
    await this.store(work, await this.job(name), null, event);
  }

  /** The same for whatever the assignment was about. */
  async storeBuild(work: WorkAssigned, event = { isTold: true }): Promise<void> {
    const jobId = work.work.kind === 'build' ? work.work.jobId : '';
    const job = (await this.jobs()).find(({ id }) => id === jobId);
    if (!job) throw new Error(`no job ${jobId}`);
    await this.store(work, job, null, event);
  }

  /** Assignments of builds whose attempts are open. */
  async openBuilds(): Promise<WorkAssigned[]> {
    const ids = new Set<string>((await this.db.jobs.openAttempts()).map(({ id }) => id));
    return (await this.assigned()).filter(({ attemptId }) => ids.has(attemptId));
  }

  /** Nobody wants the newest plan any more. */
  async cancel(): Promise<void> {
    await this.scheduler.cancelPlan.execute(this.planId, 'nobody wants it');
  }

  /** `isTold`: the event that the scheduler is told by comes, too. */
  async store(
    work: WorkAssigned | undefined,
    { id, spec }: Job,
    abi: Artifact['abi'],
    { isTold } = { isTold: true },
  ): Promise<void> {
    const sha256 = createHash('sha256').update(id).digest('hex');
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
        abi,
      },
      [],
    );
    await this.db.artifacts.publish([{ jobId: id, path: `${spec.cpv}-${id}.gpkg.tar` }], []);
    if (isTold) this.scheduler.artifacts.note(id);
  }
}
