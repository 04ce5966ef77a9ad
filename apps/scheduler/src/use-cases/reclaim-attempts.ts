import { silenceMs, type Drone } from '@swarm/domain-drone';
import type { AttemptId, JobId, OpenJob } from '@swarm/domain-job';

import type { SchedulerPorts } from '../scheduler.ports.js';
import type { MoveJob } from './move-job.js';

type Ports = Pick<SchedulerPorts, 'jobs' | 'clock' | 'log' | 'policy'>;

export type DelegatedJob = Extract<OpenJob, { state: 'delegated' }>;

/** A sign of life older than this says nothing of what a drone holds now. */
export const FRESH_SIGN_MS = 15_000;

/**
 * Takes work back: what the healer asks for, and what a living drone does not hold.
 * Fenced by the attempt's number: what has moved on since is left alone.
 */
export class ReclaimAttempts {
  /** Since when each attempt has been missing from its drone's signs; forgotten on restart, which only delays. */
  readonly #missingSince = new Map<AttemptId, Date>();

  constructor(
    private readonly ports: Ports,
    private readonly move: MoveJob,
  ) {}

  /** Resolves to the number of attempts that really were taken back. */
  async byId(attemptIds: readonly string[], reason: string): Promise<number> {
    let reclaimed = 0;
    for (const id of attemptIds) {
      const attempt = await this.ports.jobs.findAttempt(id as AttemptId);
      if (attempt && (await this.#reclaim(attempt.jobId, attempt.number, reason))) reclaimed += 1;
    }
    return reclaimed;
  }

  /** Compares what the ledger says is delegated with what the drones say they hold (S3). */
  async audit(delegated: readonly DelegatedJob[], drones: readonly Drone[]): Promise<void> {
    const now = this.ports.clock.now();
    const current = new Set(delegated.map(({ attemptId }) => attemptId));
    for (const id of this.#missingSince.keys()) if (!current.has(id)) this.#missingSince.delete(id);

    const byName = new Map(drones.map((drone) => [drone.name, drone]));
    for (const job of delegated) {
      const drone = byName.get(job.drone);
      if (!drone || !this.#isMissing(job, drone, now)) continue;
      const since = this.#missingSince.get(job.attemptId) ?? now;
      this.#missingSince.set(job.attemptId, since);
      if (now.getTime() - since.getTime() < this.ports.policy.unclaimedAfterMs) continue;
      await this.#reclaim(job.id, job.attempt, `${drone.name} does not hold it`);
    }
  }

  /** True when a drone that is surely alive does not name the attempt. Silence is the healer's business, not ours. */
  #isMissing(job: DelegatedJob, drone: Drone, now: Date): boolean {
    const holds = drone.lastSign.attempts.some(({ attemptId }) => attemptId === job.attemptId);
    const isFresh = silenceMs(drone, now) < FRESH_SIGN_MS;
    if (holds) this.#missingSince.delete(job.attemptId);
    return isFresh && !holds;
  }

  async #reclaim(jobId: JobId, attempt: number, reason: string): Promise<boolean> {
    const moved = await this.move.execute(jobId, { type: 'attempt-reclaimed', attempt, reason }, { reason });
    if (moved.kind === 'moved') this.ports.log.warn({ jobId, attempt, reason }, 'attempt reclaimed');
    return moved.kind === 'moved';
  }
}
