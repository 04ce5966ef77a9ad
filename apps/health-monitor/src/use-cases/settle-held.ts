import { outgoing, WorkStopped, type MessageBus } from '@swarm/contracts';
import { silenceMs, type Drone, type DroneRepository } from '@swarm/domain-drone';
import { judgeHeld, type AttemptId, type HeldVerdict, type JobRepository } from '@swarm/domain-job';
import type { PlanRepository } from '@swarm/domain-plan';
import type { Clock, Log } from '@swarm/kernel';

/** How often what drones say they hold is compared with the ledger. */
export const SETTLE_EVERY_MS = 15_000;
/** A difference counts when it has lasted so long: a sign of life may be older than the end of the work. */
export const DIFFERENCE_LASTS_MS = 15_000;
/** A sign of life older than this says nothing of what a drone holds now. */
const FRESH_SIGN_MS = 15_000;
/** What is built already is not stopped: a valid artifact is never thrown away (DESIGN 5). */
const DONE_BUILDING: ReadonlySet<string> = new Set(['uploading', 'reporting']);

export interface SettlePorts {
  readonly drones: Pick<DroneRepository, 'all' | 'tell'>;
  readonly jobs: Pick<JobRepository, 'openAttempts' | 'findAttempt' | 'find'>;
  readonly plans: Pick<PlanRepository<never>, 'open'>;
  readonly bus: Pick<MessageBus, 'publish'>;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly log: Log;
}

interface Difference {
  readonly since: Date;
  /** Told as an event, once. */
  told: boolean;
}

/**
 * The half of the split-brain audit that drones must hear of: what they work on and the ledger did not leave to them
 * (S3, Q24). The other half, what they should hold and do not, is the scheduler's.
 */
export class SettleHeld {
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  /** By drone and attempt; forgotten on restart, which only delays. */
  readonly #differences = new Map<string, Difference>();

  constructor(private readonly ports: SettlePorts) {}

  /** Never rejects: drones are judged whatever is wrong here. */
  async execute(): Promise<void> {
    const now = this.ports.clock.now();
    const sinceMs = now.getTime() - this.#lookedAtMs;
    if (sinceMs >= 0 && sinceMs < SETTLE_EVERY_MS) return;
    this.#lookedAtMs = now.getTime();
    try {
      await this.#compare(now);
    } catch (error) {
      const reason = error instanceof Error ? error.message : error;
      this.ports.log.error({ error: reason }, 'what drones hold was not compared with the ledger');
    }
  }

  async #compare(now: Date): Promise<void> {
    const drones = (await this.ports.drones.all()).map(({ value }) => value);
    const given = await this.#given();
    const seen = new Set<string>();
    for (const drone of drones) {
      if (silenceMs(drone, now) >= FRESH_SIGN_MS) continue;
      for (const { attemptId, phase } of drone.lastSign.attempts) {
        const isGiven = given.has(`${drone.name} ${attemptId}`) && drone.state !== 'retired';
        if (isGiven || DONE_BUILDING.has(phase)) continue;
        const verdict = await this.#judge(drone, attemptId);
        if (verdict.kind !== 'disowned') continue;
        seen.add(`${drone.name} ${attemptId}`);
        await this.#settle(drone, attemptId, verdict);
      }
    }
    for (const key of this.#differences.keys()) if (!seen.has(key)) this.#differences.delete(key);
  }

  /** What each drone holds rightly: its open attempts, and the plan that it resolves. */
  async #given(): Promise<ReadonlySet<string>> {
    const open = (await this.ports.jobs.openAttempts()).map(({ drone, id }) => `${drone} ${id}`);
    const resolving = (await this.ports.plans.open()).flatMap(({ value }) =>
      value.resolving ? [`${value.resolving.drone} ${value.resolving.attemptId}`] : [],
    );
    return new Set([...open, ...resolving]);
  }

  async #judge(drone: Drone, attemptId: string): Promise<HeldVerdict & { readonly jobId?: string }> {
    if (drone.state === 'retired') return { kind: 'disowned', because: 'the drone is retired' };
    const { jobs } = this.ports;
    const attempt = await jobs.findAttempt(attemptId as AttemptId);
    if (!attempt) return { kind: 'disowned', because: 'the ledger does not know it' };
    const job = (await jobs.find(attempt.jobId))?.value;
    const current = job?.state === 'delegated' ? await jobs.findAttempt(job.attemptId) : undefined;
    return {
      ...judgeHeld({ drone: drone.name as typeof attempt.drone, attempt, job, current }),
      jobId: attempt.jobId,
    };
  }

  async #settle(
    { name, incarnation }: Drone,
    attemptId: string,
    { because: reason, jobId = null }: { readonly because: string; readonly jobId?: string | null },
  ): Promise<void> {
    const { bus, clock, drones, newId, log } = this.ports;
    const now = clock.now();
    const key = `${name} ${attemptId}`;
    const difference = this.#differences.get(key) ?? { since: now, told: false };
    this.#differences.set(key, difference);
    if (now.getTime() - difference.since.getTime() < DIFFERENCE_LASTS_MS) return;
    if (!difference.told) {
      const id = newId();
      const event = { id, at: now.toISOString(), drone: name, attemptId, jobId, reason };
      await drones.tell([outgoing('WorkDisowned', id, event)]);
      log.warn({ drone: name, attemptId, reason }, 'a drone works on what is not left to it');
      difference.told = true;
    }
    await bus.publish(WorkStopped, { drone: name, incarnation, attemptId, reason });
  }
}
