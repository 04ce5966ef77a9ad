import { silenceMs, type Drone } from '@swarm/domain-drone';
import { mayResume, type Attempt, type AttemptId } from '@swarm/domain-job';

import type { SchedulerPorts } from '../scheduler.ports.js';
import type { MoveJob } from './move-job.js';
import { FRESH_SIGN_MS } from './reclaim-attempts.js';

type Ports = Pick<SchedulerPorts, 'jobs' | 'clock' | 'log'>;

/** In these states a drone finishes what it has; in the others it is not believed to, or is to do something else. */
const FINISHES: ReadonlySet<Drone['state']> = new Set(['online', 'draining']);

/**
 * A drone that was taken for lost and is there again keeps what it builds, if nobody was given it meanwhile: no build of
 * hours dies for a short gap (S24, DESIGN 5). The attempt is open again under its own number, so all that the drone
 * says of it counts as before.
 */
export class KeepHeld {
  constructor(
    private readonly ports: Ports,
    private readonly move: Pick<MoveJob, 'execute' | 'find'>,
  ) {}

  /** Resolves to the number of attempts that go on. Costs a look at each that a drone names and was not left to it. */
  async execute(drones: readonly Drone[]): Promise<number> {
    const now = this.ports.clock.now();
    const there = drones.filter(
      (drone) =>
        FINISHES.has(drone.state) &&
        drone.lastSign.attempts.length > 0 &&
        silenceMs(drone, now) < FRESH_SIGN_MS,
    );
    if (there.length === 0) return 0;
    const open = new Set((await this.ports.jobs.openAttempts()).map(({ id }) => id as string));
    let kept = 0;
    for (const { name, lastSign } of there) {
      for (const { attemptId } of lastSign.attempts) {
        if (open.has(attemptId)) continue;
        const attempt = await this.ports.jobs.findAttempt(attemptId as AttemptId);
        if (attempt?.drone === name && (await this.#resume(attempt))) kept += 1;
      }
    }
    return kept;
  }

  async #resume(attempt: Attempt): Promise<boolean> {
    const { id: attemptId, jobId, number, drone } = attempt;
    const job = await this.move.find(jobId);
    if (!job || !mayResume(attempt, job)) return false;
    const moved = await this.move.execute(
      jobId,
      { type: 'attempt-resumed', attempt: number, attemptId, drone },
      {
        reason: `${drone} is there again and still builds it`,
        attempt: () => ({ ...attempt, state: 'running', endedAt: null, summary: null }),
      },
    );
    if (moved.kind === 'moved') this.ports.log.info({ jobId, attempt: number, drone }, 'attempt goes on');
    return moved.kind === 'moved';
  }
}
