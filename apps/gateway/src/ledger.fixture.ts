import { randomUUID } from 'node:crypto';

import { openMemoryDatabase, type MemoryDatabase } from '@swarm/adapter-memory';
import { outgoing } from '@swarm/contracts';
import { cpvOf } from '@swarm/domain-ebuild';
import type { Attempt, AttemptId, DroneName, Job, JobCore, JobId, PlanId, Sha256 } from '@swarm/domain-job';
import type { Plan, PlanState } from '@swarm/domain-plan';
import type { Clock, Outgoing } from '@swarm/kernel';

const SHA256 = 'a'.repeat(64) as Sha256;

/** A ledger in memory with the moves that a swarm would make in it. */
export class TestLedger {
  readonly database: MemoryDatabase = openMemoryDatabase({ source: 'test' });
  readonly #ids = new Map<string, JobId>();

  constructor(private readonly clock: Clock) {}

  async profile(name: string, kind: 'portage' | 'synthetic' = 'portage'): Promise<void> {
    await this.database.profiles.put({ name, kind, targets: ['@world'], createdAt: this.clock.now() });
  }

  /** A plan whose jobs each need the ones before them, all waiting; `found` are members that needed no build. */
  async plan(profile: string, cpvs: readonly string[], found: readonly string[] = []): Promise<string> {
    const { plans, profiles } = this.database;
    const synthetic = (await profiles.find(profile))?.kind === 'synthetic';
    const id = randomUUID();
    const plan = {
      id,
      profile,
      targets: ['@world'],
      configuration: (await profiles.current(profile))?.digest ?? null,
      origin: 'operator',
      state: 'building' as const,
      createdAt: this.clock.now(),
      endedAt: null,
      resolveAttempt: 1,
      resolving: null,
      findings: [],
      members: [...cpvs, ...found].map((cpv) => ({ cpv, buildKey: `key-${cpv}` })),
      detail: `${cpvs.length} to build`,
    };
    await plans.create({ ...plan, state: 'resolving' }, []);
    const newJobs = cpvs.map((cpv, index) => this.#job(id, profile, cpv, cpvs.slice(0, index), synthetic));
    await plans.save({ plan, expected: 1, newJobs, at: plan.createdAt, outgoing: [] });
    return id;
  }

  #job(planId: string, profile: string, cpv: string, needs: readonly string[], synthetic: boolean): Job {
    const id = randomUUID() as JobId;
    this.#ids.set(cpv, id);
    return {
      id,
      state: 'waiting',
      attempt: 0,
      failures: 0,
      reclaims: 0,
      failedOn: [],
      spec: {
        planId: planId as PlanId,
        profile,
        cpv: cpvOf(cpv),
        slot: '0/0',
        use: [],
        repository: 'lab',
        buildKey: `key-${cpv}`,
        inputs: null,
        bootstrap: false,
        why: 'new',
        needs: needs.map((need) => ({ buildKey: `key-${need}`, root: 'target' as const })),
        waits: [],
        criticalPath: 1,
        synthetic: synthetic ? { durationMs: 1, fails: 'never', sizeBytes: 1 } : null,
      },
    };
  }

  idOf(cpv: string): JobId {
    const id = this.#ids.get(cpv);
    if (!id) throw new Error(`no job of ${cpv}`);
    return id;
  }

  /** Gives a job to a drone. */
  async delegate(cpv: string, drone: string): Promise<Attempt> {
    const { value, revision } = await this.#find(cpv);
    const attempt: Attempt = {
      id: randomUUID() as AttemptId,
      jobId: value.id,
      number: value.attempt + 1,
      drone: drone as DroneName,
      state: 'running',
      tokenSha256: 'f'.repeat(64),
      offeredAt: this.clock.now(),
      startedAt: this.clock.now(),
      endedAt: null,
      failureClass: null,
      summary: null,
      logTail: null,
      measured: null,
    };
    const given = { state: 'delegated', attemptId: attempt.id, drone: attempt.drone } as const;
    const job: Job = { ...coreOf(value), attempt: attempt.number, ...given };
    const reason = `given to ${drone}`;
    await this.#save(job, revision, reason, [this.#moved(value, job, reason, drone)], attempt);
    return attempt;
  }

  /** Nothing but a free slot is missing. */
  async need(cpv: string): Promise<void> {
    const { value, revision } = await this.#find(cpv);
    const job: Job = { ...coreOf(value), state: 'needed', notBefore: null };
    await this.#save(job, revision, 'needs nothing first', [this.#moved(value, job, 'needs nothing first')]);
  }

  /** Ends the job's attempt well; an attempt is made up where there was none. */
  async publish(cpv: string): Promise<void> {
    const open = await this.#openAttempt(cpv);
    const { value, revision } = await this.#find(cpv);
    const job: Job = { ...coreOf(value), state: 'published', artifact: SHA256 };
    const attempt = { ...open, state: 'succeeded', endedAt: this.clock.now() } as const;
    await this.#save(job, revision, 'in the staging index', [this.#moved(value, job, '')], attempt);
  }

  /** Ends it badly, for good. */
  async quarantine(cpv: string, summary: string): Promise<void> {
    const open = await this.#openAttempt(cpv);
    const { value, revision } = await this.#find(cpv);
    const job: Job = { ...coreOf(value), failures: 1, state: 'quarantined', reason: summary };
    const ended = { state: 'failed', endedAt: this.clock.now(), failureClass: 'compile', summary } as const;
    await this.#save(job, revision, summary, [this.#moved(value, job, summary)], { ...open, ...ended });
  }

  async block(cpv: string, by: string): Promise<void> {
    const { value, revision } = await this.#find(cpv);
    const job: Job = { ...coreOf(value), state: 'blocked', blockedBy: cpvOf(by) };
    await this.#save(job, revision, `needs ${by}`, [this.#moved(value, job, `needs ${by}`)]);
  }

  async endPlan(id: string, state: PlanState, detail: string): Promise<void> {
    const { plans } = this.database;
    const found = await plans.find(id);
    if (!found) throw new Error(`no plan ${id}`);
    const at = this.clock.now();
    const { profile } = found.value;
    const event = outgoing('PlanMoved', randomUUID(), {
      id: randomUUID(),
      at: at.toISOString(),
      planId: id,
      profile,
      state,
      detail,
    });
    const plan = { ...found.value, state, detail, endedAt: at };
    await plans.save({ plan, expected: found.revision, newJobs: [], at, outgoing: [event] });
  }

  /** Findings that Portage reported of a plan. */
  async find(id: string, findings: Plan['findings']): Promise<void> {
    const found = await this.database.plans.find(id);
    if (!found) throw new Error(`no plan ${id}`);
    const plan = { ...found.value, findings };
    const at = this.clock.now();
    await this.database.plans.save({ plan, expected: found.revision, newJobs: [], at, outgoing: [] });
  }

  async release(profile: string, planId: string, packages: number): Promise<void> {
    const artifacts = Array.from({ length: packages }, (_none, index) => String(index).padStart(64, '0'));
    const at = { createdAt: this.clock.now(), state: 'preparing' } as const;
    const number = (await this.database.generations.of(profile)).length + 1;
    await this.database.generations.prepare({ profile, number, planId, artifacts, ...at });
    await this.database.generations.promote(profile, number, []);
  }

  /** A drone that is online and says that it holds these attempts. */
  async drone(name: string, profile: string, holds: readonly Attempt[] = []): Promise<void> {
    const at = this.clock.now();
    const executor = (await this.database.profiles.find(profile))?.kind ?? 'portage';
    const capabilities = {
      profile,
      executor,
      slots: 2,
      cores: 8,
      memoryBytes: 16e9,
      portageVersion: '3.0.82',
    };
    const attempts = holds.map(({ id }) => ({ attemptId: id, phase: 'compile', sinceMs: 61_000 }));
    const incarnation = randomUUID();
    const vitals = { draining: false, load1: 1.5, freeDiskBytes: 80e9, freeMemoryBytes: 8e9 };
    const lastSign = { incarnation, sequence: 1, at, attempts, ...vitals };
    const known = await this.database.drones.find(name);
    const identity = { name, state: 'online' as const, reason: '', incarnation, enrolledAt: at };
    const standing = { grounding: null, badUpload: null, drain: null };
    const drone = { ...identity, ...standing, capabilities, lastSign };
    await this.database.drones.save(drone, known?.revision ?? 0, []);
  }

  async #openAttempt(cpv: string): Promise<Attempt> {
    const { value } = await this.#find(cpv);
    if (value.state !== 'delegated') return this.delegate(cpv, 'drone-1');
    const attempt = await this.database.jobs.findAttempt(value.attemptId);
    if (!attempt) throw new Error(`no attempt for ${cpv}`);
    return attempt;
  }

  async #find(cpv: string): Promise<{ readonly value: Job; readonly revision: number }> {
    const found = await this.database.jobs.find(this.idOf(cpv));
    if (!found) throw new Error(`no job of ${cpv}`);
    return found;
  }

  #moved(before: Job, after: Job, reason: string, drone?: string): Outgoing {
    return outgoing('JobMoved', randomUUID(), {
      id: randomUUID(),
      at: this.clock.now().toISOString(),
      jobId: after.id,
      planId: after.spec.planId,
      cpv: after.spec.cpv,
      from: before.state,
      to: after.state,
      attempt: after.attempt,
      reason,
      ...(drone !== undefined && { drone }),
    });
  }

  async #save(
    job: Job,
    expected: number,
    reason: string,
    messages: readonly Outgoing[],
    attempt?: Attempt,
  ): Promise<void> {
    const change = { job, expected, at: this.clock.now(), reason, outgoing: messages };
    const saved = await this.database.jobs.save({ ...change, ...(attempt && { attempt }) });
    if (saved !== 'saved') throw new Error(`${job.spec.cpv}: ${saved}`);
  }
}

function coreOf({ id, spec, attempt, failures, reclaims, failedOn }: Job): JobCore {
  return { id, spec, attempt, failures, reclaims, failedOn };
}
