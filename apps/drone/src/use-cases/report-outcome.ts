import { type MessageBus, type WorkOutcome, WorkReported } from '@swarm/contracts';
import type { Clock } from '@swarm/kernel';
import { type Logger, retry } from '@swarm/platform';

import type { FinishedAttempt, OutcomeJournal } from '../ports/outcome-journal.js';
import type { DroneIdentity } from '../ports/surroundings.js';

export interface ReportPorts {
  readonly identity: DroneIdentity;
  readonly bus: MessageBus;
  readonly journal: OutcomeJournal;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What a report is about. */
export interface Attempted {
  readonly attemptId: string;
  readonly attempt: number;
}

const pauses = { attempts: Infinity, firstDelayMs: 200, maxDelayMs: 5000 };

/** Tells the scheduler how an attempt ended: on disk first, then on the stream, so that no result is lost. */
export class ReportOutcome {
  constructor(
    private readonly ports: ReportPorts,
    /** Gives up on sending; what was not sent is sent by the next start. */
    private readonly ended: AbortSignal,
  ) {}

  /** The attempt is over. True when the report is on the stream. */
  async finish(work: Attempted, outcome: WorkOutcome): Promise<boolean> {
    return this.send(await this.record(work, outcome));
  }

  /** The durable half of `finish`. */
  async record({ attemptId, attempt }: Attempted, outcome: WorkOutcome): Promise<FinishedAttempt> {
    const finished = { attemptId, attempt, at: this.#now(), outcome };
    try {
      await this.ports.journal.record(finished);
    } catch (error) {
      // A full disk must not silence the drone: the report itself may still get through.
      this.ports.logger.error({ attemptId, outcome: outcome.kind, error }, 'result not written to disk');
    }
    return finished;
  }

  /** Says it, again if it was said before: the scheduler settles on the first. */
  async send(finished: FinishedAttempt): Promise<boolean> {
    const { journal, logger } = this.ports;
    const { attemptId, attempt, outcome } = finished;
    const fields = { attemptId, attempt, outcome: outcome.kind };
    try {
      await this.#publish(finished, this.ended);
    } catch (error) {
      logger.error({ ...fields, error }, 'result not reported; it waits on disk for the next start');
      return false;
    }
    logger.info(fields, 'result reported');
    await journal.markReported(attemptId).catch((error: unknown) => {
      // It will be reported once more, which changes nothing.
      logger.warn({ ...fields, error }, 'report not marked as sent');
    });
    return true;
  }

  /** A passing word (`started`) that no later one depends on: tried until `signal`, never awaited. */
  mention({ attemptId, attempt }: Attempted, outcome: WorkOutcome, signal: AbortSignal): void {
    const word = { attemptId, attempt, at: this.#now(), outcome };
    this.#publish(word, AbortSignal.any([signal, this.ended])).catch((error: unknown) => {
      this.ports.logger.debug({ attemptId, attempt, error }, 'start of work not reported');
    });
  }

  async #publish(finished: FinishedAttempt, signal: AbortSignal): Promise<void> {
    const { identity, bus, logger } = this.ports;
    const report: WorkReported = {
      drone: identity.drone,
      // Whoever sends it vouches for it: after a restart that is the new incarnation.
      incarnation: identity.incarnation,
      ...finished,
    };
    await retry(() => bus.publish(WorkReported, report), {
      ...pauses,
      signal,
      onFailure: ({ error, attempt, delayMs }) => {
        logger.warn({ attemptId: finished.attemptId, error, tries: attempt, delayMs }, 'report not stored');
      },
    });
  }

  #now(): string {
    return this.ports.clock.now().toISOString();
  }
}
