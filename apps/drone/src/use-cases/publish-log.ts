import { LogWritten, type MessageBus } from '@swarm/contracts';
import { backoffMs, type Logger } from '@swarm/platform';

import type { BuildLog, LogChunk } from '../ports/build-log.js';
import type { DroneIdentity, Timer } from '../ports/surroundings.js';

export interface PublishLogPorts {
  readonly identity: DroneIdentity;
  readonly bus: MessageBus;
  readonly timer: Timer;
  readonly logger: Logger;
  readonly flushMs: number;
}

const pauses = { attempts: Infinity, firstDelayMs: 500, maxDelayMs: 5000 };

/** Publishes a log while it grows. One chunk is in memory at a time; the log itself waits on disk (S6). */
export class PublishLog {
  readonly #running = new Set<Promise<void>>();

  constructor(
    private readonly ports: PublishLogPorts,
    private readonly ended: AbortSignal,
  ) {}

  /** Resolves when the last chunk is on the stream, or at the end of the agent. Never rejects. */
  follow(log: BuildLog): Promise<void> {
    const running = this.#follow(log)
      .catch((error: unknown) => {
        this.ports.logger.warn({ ...log.owner, error }, 'log is not published any further');
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
    return running;
  }

  /** Resolves when no log is being published. */
  async idle(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #follow(log: BuildLog): Promise<void> {
    const { timer, flushMs } = this.ports;
    const { ended } = this;
    try {
      while (!ended.aborted) {
        const chunk = await log.next();
        if (chunk && (await this.#publish(log, chunk))) {
          await log.advance();
          if (chunk.end) return;
        }
        if (!log.hasFullChunk && !log.sealed.aborted) {
          await timer.wait(flushMs, AbortSignal.any([ended, log.sealed]));
        }
      }
    } finally {
      await log.close();
    }
  }

  /** True when the stream has it; false only at the end of the agent. */
  async #publish({ owner }: BuildLog, chunk: LogChunk): Promise<boolean> {
    const { identity, bus, timer, logger } = this.ports;
    const { jobId, attempt } = owner;
    for (let tries = 1; !this.ended.aborted; tries++) {
      try {
        const payload = { job: jobId, attempt: String(attempt), drone: identity.drone, ...chunk };
        await bus.publish(LogWritten, payload);
        return true;
      } catch (error) {
        const delayMs = backoffMs(pauses, Math.min(tries, 20), Math.random());
        logger.debug(
          { jobId, attempt, offsetBytes: chunk.offsetBytes, error, delayMs },
          'log chunk not stored',
        );
        await timer.wait(delayMs, this.ended);
      }
    }
    return false;
  }
}
