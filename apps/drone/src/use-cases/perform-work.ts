import type { WorkAssigned } from '@swarm/contracts';
import type { Logger } from '@swarm/platform';

import { SUMMARY_CHARS } from '../limits.js';
import type { Executor } from '../ports/executor.js';
import type { OutcomeJournal } from '../ports/outcome-journal.js';
import type { OwnerPause } from '../ports/owner-pause.js';
import type { DroneIdentity } from '../ports/surroundings.js';
import { type BuildPackage, isForExecutor } from './build-package.js';
import type { CatchUp } from './catch-up.js';
import { pausedText } from './paused-text.js';
import type { ReportOutcome } from './report-outcome.js';
import type { ResolvePlan } from './resolve-plan.js';
import type { Shutdown } from './shutdown.js';
import { reasonOf, type WorkInHand } from './work-in-hand.js';

export interface PerformPorts {
  readonly identity: DroneIdentity;
  readonly executor: Pick<Executor, 'kind'>;
  readonly journal: OutcomeJournal;
  readonly reports: ReportOutcome;
  readonly hand: WorkInHand;
  readonly shutdown: Shutdown;
  readonly pause: OwnerPause;
  readonly catchUp: CatchUp;
  readonly build: BuildPackage;
  readonly resolve: ResolvePlan;
  readonly logger: Logger;
}

/**
 * Does one piece of work, once: a repetition of what is in hand joins it, and a repetition of what is finished
 * is answered with the outcome that was stored.
 */
export class PerformWork {
  constructor(private readonly ports: PerformPorts) {}

  /** True when the scheduler has been told how it ended; false when that is still to be done. */
  execute(assigned: WorkAssigned): Promise<boolean> {
    return this.ports.hand.run(assigned.attemptId, () => this.#perform(assigned));
  }

  async #perform(assigned: WorkAssigned): Promise<boolean> {
    const { journal, reports, shutdown, pause, build, logger } = this.ports;
    const { attemptId, attempt, work } = assigned;
    const finished = await journal.find(attemptId);
    if (finished) {
      logger.info({ attemptId, attempt, outcome: finished.outcome.kind }, 'finished before; answering again');
      return reports.send(finished);
    }
    const reason = this.#refusal(assigned);
    if (reason !== undefined) {
      logger.warn({ attemptId, attempt, reason }, 'work refused');
      return reports.finish(assigned, { kind: 'refused', reason });
    }
    if (shutdown.draining.aborted) {
      return reports.finish(assigned, {
        kind: 'returned',
        reason: 'the drone drains and begins no other work',
      });
    }
    const delivered = work.kind === 'build' ? await build.takeUp(attemptId) : undefined;
    if (delivered !== undefined) return delivered;
    const paused = await pause.standing();
    if (paused) {
      logger.info({ attemptId, attempt, reason: paused.reason }, 'paused by its owner; work refused');
      return reports.finish(assigned, { kind: 'refused', reason: pausedText(paused) });
    }
    return this.#caughtUp(assigned);
  }

  /** Nobody is to blame for a drone that is behind: it catches up, or says what it lacks (S17). */
  async #caughtUp(assigned: WorkAssigned): Promise<boolean> {
    const { catchUp, build, resolve, reports, hand, logger } = this.ports;
    const { attemptId, attempt, work } = assigned;
    const stop = hand.signalOf(attemptId);
    const ready = await catchUp.execute(assigned, stop);
    if (ready.kind === 'missing') {
      if (stop.aborted) return reports.finish(assigned, { kind: 'returned', reason: reasonOf(stop) });
      logger.error({ attemptId, attempt, reason: ready.reason }, 'not caught up; work refused');
      return reports.finish(assigned, { kind: 'refused', reason: ready.reason.slice(0, SUMMARY_CHARS) });
    }
    try {
      if (work.kind === 'build') return await build.execute({ attemptId, attempt, work }, ready.bench);
      return await resolve.execute(assigned, work, ready.bench);
    } finally {
      ready.done();
    }
  }

  #refusal({ profile, work }: WorkAssigned): string | undefined {
    const { identity, executor } = this.ports;
    if (profile !== identity.profile) {
      return `this drone builds for the profile ${identity.profile}, not for ${profile}`;
    }
    if (work.kind === 'build' && !isForExecutor(work, executor.kind)) {
      const asked = work.synthetic ? 'a synthetic build' : 'a real build';
      return `this is a ${executor.kind} drone; it does not take ${asked}`;
    }
    return undefined;
  }
}
