import { type MessageBus, type Subscription, WorkAssigned } from '@swarm/contracts';
import { type Logger, retry } from '@swarm/platform';

import { onWorkAssigned } from './drone.handlers.js';
import { type DroneLimits, WORK_MAX_DELIVER } from './limits.js';
import type { DroneIdentity, Timer } from './ports/surroundings.js';
import type { Enrol } from './use-cases/enrol.js';
import type { HeedStops } from './use-cases/heed-stops.js';
import type { PerformWork } from './use-cases/perform-work.js';
import type { PublishLog } from './use-cases/publish-log.js';
import type { ReportMachine } from './use-cases/report-machine.js';
import type { ResumeUnfinished } from './use-cases/resume-unfinished.js';
import type { SendHeartbeats } from './use-cases/send-heartbeats.js';
import type { Shutdown } from './use-cases/shutdown.js';
import type { WorkInHand } from './use-cases/work-in-hand.js';

export interface AgentPorts {
  readonly identity: DroneIdentity;
  readonly bus: MessageBus;
  readonly enrol: Enrol;
  readonly heartbeats: SendHeartbeats;
  readonly perform: PerformWork;
  readonly resume: ResumeUnfinished;
  readonly stops: HeedStops;
  readonly machine: ReportMachine;
  readonly publishLog: PublishLog;
  readonly hand: WorkInHand;
  readonly shutdown: Shutdown;
  readonly timer: Timer;
  readonly limits: DroneLimits;
  readonly drainLimitMs: number;
  /** After the last sign of work for so long, the work is delivered again. */
  readonly ackWaitMs: number;
  readonly logger: Logger;
}

/** The life of one start of the agent: enrol, take up what was left, work, drain, end (S7). */
export class DroneAgent {
  constructor(private readonly ports: AgentPorts) {}

  /** Resolves when nothing is in hand any more. `ports.shutdown` tells it to stop. */
  async run(): Promise<void> {
    const { enrol, heartbeats, resume, stops, machine, shutdown, logger, identity } = this.ports;
    const enrolled = await enrol.execute(shutdown.draining);
    if (!enrolled) return;
    logger.info({ ...identity, ...enrolled }, 'enrolled');

    const idle = new AbortController();
    const listening = [await stops.start(), await machine.start()];
    const beating = heartbeats.execute(enrolled.heartbeatMs, idle.signal);
    try {
      await resume.execute();
      const subscription = await this.#consume();
      if (subscription) logger.info({ drone: identity.drone }, 'ready');
      await aborted(shutdown.draining);
      subscription?.stop();
      await this.#drain(subscription);
    } finally {
      idle.abort();
      await beating;
      for (const each of listening) each.stop();
    }
  }

  /** A server that is away, or that lost its store, is waited for. */
  async #consume(): Promise<Subscription | undefined> {
    const { bus, identity, perform, shutdown, logger } = this.ports;
    const { drone, slots } = identity;
    const options = {
      where: { drone },
      concurrency: slots,
      ackWaitMs: this.ports.ackWaitMs,
      maxDeliver: WORK_MAX_DELIVER,
    };
    const begin = (): Promise<Subscription> =>
      bus.consume(WorkAssigned, `drone-${drone}`, onWorkAssigned(perform), options);
    try {
      return await retry(begin, {
        attempts: Infinity,
        firstDelayMs: 500,
        maxDelayMs: 15_000,
        signal: shutdown.draining,
        onFailure: ({ error, delayMs }) => logger.warn({ error, delayMs }, 'work cannot be taken yet'),
      });
    } catch (error) {
      if (shutdown.draining.aborted) return undefined;
      throw error;
    }
  }

  async #drain(subscription: Subscription | undefined): Promise<void> {
    const { hand, publishLog, shutdown, timer, limits, drainLimitMs, logger } = this.ports;
    logger.info({ attempts: hand.list() }, 'draining');
    const over = new AbortController();
    const finish = (): void => over.abort();
    const finished = Promise.all([subscription?.finished, hand.idle()]).then(finish, finish);

    await timer.wait(drainLimitMs, AbortSignal.any([over.signal, shutdown.aborted]));
    if (!over.signal.aborted) {
      if (!shutdown.aborted.aborted) shutdown.abort(`the drain limit of ${drainLimitMs} ms has passed`);
      logger.warn({ attempts: hand.list(), reason: shutdown.reason }, 'work in hand is stopped');
      await timer.wait(limits.abortGraceMs, over.signal);
    }
    await Promise.race([publishLog.idle(), timer.wait(limits.logFinishMs, shutdown.ended)]);
    // What cannot be said by now is on disk, and is said by the next start. The waits above end with it.
    shutdown.end();
    await Promise.race([finished, timer.wait(limits.abortGraceMs, over.signal)]);
    if (over.signal.aborted) logger.info({}, 'drained');
    else logger.error({ attempts: hand.list() }, 'work in hand does not end; it is left');
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
