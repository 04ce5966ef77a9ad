import { DroneEnrolled, DroneEnrolling, type MessageBus } from '@swarm/contracts';
import { backoffMs, type Logger } from '@swarm/platform';

import type { DroneLimits } from '../limits.js';
import type { Executor } from '../ports/executor.js';
import type { DroneIdentity, Timer } from '../ports/surroundings.js';

export interface EnrolPorts {
  readonly identity: DroneIdentity;
  readonly executor: Pick<Executor, 'kind' | 'portageVersion'>;
  readonly bus: MessageBus;
  /** HMAC-SHA256 in hex under the enrolment key. */
  readonly prove: (text: string) => string;
  readonly timer: Timer;
  readonly limits: DroneLimits;
  readonly logger: Logger;
}

/**
 * Asks to be let in until it is.
 * The monitor may be down, so silence is never final. Neither is a refusal: a person who corrects the key or
 * admits the name finds the drone there, without a supervisor that would have to start it again.
 */
export class Enrol {
  constructor(private readonly ports: EnrolPorts) {}

  /** The monitor's terms; undefined when `signal` came first. */
  async execute(signal: AbortSignal): Promise<{ readonly heartbeatMs: number } | undefined> {
    const { limits, logger, timer } = this.ports;
    const pauses = { attempts: Infinity, firstDelayMs: 500, maxDelayMs: limits.enrolMaxDelayMs };
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        const answer = await this.#ask();
        if (answer.accepted) return { heartbeatMs: answer.heartbeatMs };
        logger.error({ reason: answer.reason, retryMs: limits.enrolRefusedDelayMs }, 'enrolment refused');
        await timer.wait(limits.enrolRefusedDelayMs, signal);
      } catch (error) {
        const delayMs = backoffMs(pauses, Math.min(attempt, 20), Math.random());
        logger.warn({ error, attempt, delayMs }, 'no answer to enrolment');
        await timer.wait(delayMs, signal);
      }
    }
    return undefined;
  }

  async #ask(): Promise<DroneEnrolled> {
    const { identity, executor, bus, prove, limits } = this.ports;
    const { drone, incarnation, profile, slots, cores, memoryBytes } = identity;
    const question = {
      drone,
      incarnation,
      proof: prove(`${drone}:${incarnation}`),
      profile,
      executor: executor.kind,
      slots,
      cores,
      memoryBytes,
      portageVersion: executor.portageVersion,
    };
    return bus.request(DroneEnrolling, question, DroneEnrolled, limits.enrolAnswerMs);
  }
}
