import type { WorkAssigned } from '@swarm/contracts';
import type { Clock } from '@swarm/kernel';
import { backoffMs, type Logger } from '@swarm/platform';

import type { DroneLimits } from '../limits.js';
import type { ConfigurationSource, Missing } from '../ports/configuration-source.js';
import type { Executor, Readiness } from '../ports/executor.js';
import type { Timer } from '../ports/surroundings.js';
import type { WorkInHand } from './work-in-hand.js';

export interface CatchUpPorts {
  readonly executor: Executor;
  readonly configurations: ConfigurationSource;
  readonly hand: WorkInHand;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly limits: Pick<DroneLimits, 'syncPatienceMs' | 'syncFirstDelayMs' | 'syncMaxDelayMs'>;
  readonly logger: Logger;
}

/** A shorter pause follows no more failures than this; the power of two would leave the range of numbers. */
const MOST_DOUBLINGS = 20;
/** Enough of a digest to find it by. */
const SHOWN_DIGITS = 12;

/**
 * Brings the drone to the configuration and the repository revisions that its work names, and no others (S17).
 * A drone that is behind fetches what it lacks, and waits a while for what cannot be had yet.
 */
export class CatchUp {
  constructor(private readonly ports: CatchUpPorts) {}

  /** Where the work can be done; or what is missing, which is nobody's failure. */
  async execute(work: WorkAssigned, signal: AbortSignal): Promise<Readiness> {
    const { executor, hand, clock, timer, limits, logger } = this.ports;
    const { attemptId, configuration } = work;
    if (!configuration) return { kind: 'ready', bench: executor, done: () => undefined };
    hand.enter(attemptId, 'syncing');
    const pauses = {
      attempts: Infinity,
      firstDelayMs: limits.syncFirstDelayMs,
      maxDelayMs: limits.syncMaxDelayMs,
    };
    const deadlineMs = clock.now().getTime() + limits.syncPatienceMs;
    for (let tries = 1; ; tries++) {
      const readiness = await this.#try(configuration, signal);
      if (readiness.kind === 'ready') return readiness;
      const { reason, mayPass } = readiness;
      const delayMs = backoffMs(pauses, Math.min(tries, MOST_DOUBLINGS), Math.random());
      const isLast = !mayPass || signal.aborted || clock.now().getTime() + delayMs >= deadlineMs;
      const digest = configuration.digest.slice(0, SHOWN_DIGITS);
      if (isLast) {
        return { ...readiness, reason: `this drone cannot work with configuration ${digest}: ${reason}` };
      }
      logger.warn({ attemptId, digest, reason, tries, delayMs }, 'not caught up yet');
      await timer.wait(delayMs, signal);
    }
  }

  async #try(ref: NonNullable<WorkAssigned['configuration']>, signal: AbortSignal): Promise<Readiness> {
    const { executor, configurations } = this.ports;
    const obtained = await configurations.obtain(ref, signal);
    if (obtained.kind === 'missing') return obtained;
    const { configuration } = obtained;
    return executor.configured({ digest: ref.digest, configuration }, signal).catch(brokenOff);
  }
}

/** The drone's disk, its processes, a bug: none of it is the package's. */
function brokenOff(error: unknown): Missing {
  return { kind: 'missing', reason: error instanceof Error ? error.message : String(error), mayPass: true };
}
