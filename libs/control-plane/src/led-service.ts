import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

import type { DynamicModule, Type } from '@nestjs/common';

import { connectBus } from '@swarm/adapter-nats';
import {
  migrate,
  openDatabase,
  OutboxRelay,
  type Database,
  type Leader,
  type Leadership,
} from '@swarm/adapter-postgres';
import type { MessageBus } from '@swarm/contracts';
import { CrashPoints, retry, runService, type Logger, type RunningService } from '@swarm/platform';

/** One round trip of a readiness check. */
const ROUND_TRIP_LIMIT_MS = 2_000;
/** How long Postgres is waited for at a start; NATS is waited for as long by its adapter. */
const POSTGRES_WAIT = { attempts: 60, firstDelayMs: 100, maxDelayMs: 2_000 } as const;

/** Pause before leading is tried again, after it ended for whatever reason. */
const LEAD_AGAIN_MS = 500;

/** The part of a leadership that a duty may use. */
export type Leading = Pick<Leadership, 'fence' | 'abandon'>;

/** What only the leader of a service does: its consumers and its rounds. */
export interface Duty {
  /** `leadership` has the fence for what only a leader may write, and is abandoned by one whose write was fenced. */
  start(leadership: Leading): Promise<void>;
  /** Takes no more, and finishes what is in hand. */
  stop(): Promise<void>;
}

export interface LedServiceOptions {
  /** Name of the service: of its lock, its outbox rows, its connections and its log lines. */
  readonly name: string;
  readonly logger: Logger;
  readonly databaseUrl: string;
  readonly natsUrl: string;
  readonly host: string;
  readonly port: number;
  /** The service's Nest module over its ports, and what it does while it leads. */
  readonly compose: (
    database: Database,
    bus: MessageBus,
  ) => { readonly module: DynamicModule | Type; readonly duty: Duty };
}

/**
 * Runs one service of the control plane: brings the ledger up to date, connects, serves `/healthz` and `/readyz`,
 * sends its outbox, and does its duty while it leads. A second process of the same name waits until it may lead.
 */
export async function runLedService(options: LedServiceOptions): Promise<RunningService> {
  const { name, logger } = options;
  await retry(() => migrate(options.databaseUrl), POSTGRES_WAIT);
  const crash = CrashPoints.ofService(name, process.env);
  const realDatabase = openDatabase({
    url: options.databaseUrl,
    source: name,
    onConnectionLost: (error) => {
      logger.warn({ error: error.message }, 'connection to Postgres lost');
    },
  });
  const realBus = await connectBus({ url: options.natsUrl, name, logger }).catch(async (error: unknown) => {
    await realDatabase.close();
    throw error;
  });
  const database = crash?.around('database', realDatabase) ?? realDatabase;
  const bus = crash?.around('bus', realBus) ?? realBus;
  const relay = new OutboxRelay({
    outbox: database.outbox,
    bus,
    onParked: ({ id, message }, reason) => {
      logger.error({ id, message, reason }, 'outbox row parked');
    },
    onFailure: ({ error, delayMs }) => {
      logger.warn({ error: String(error), delayMs }, 'outbox cannot be sent');
    },
  });
  const { module, duty } = options.compose(database, bus);
  const leading = new AbortController();
  relay.start();
  const led = lead(database, duty, options, leading.signal);

  return runService({
    name,
    logger,
    host: options.host,
    port: options.port,
    module,
    readiness: {
      postgres: () => database.ping(ROUND_TRIP_LIMIT_MS),
      nats: () => bus.ping(ROUND_TRIP_LIMIT_MS),
    },
    stop: {
      stopTaking: {
        duty: async () => {
          leading.abort();
          await led;
        },
      },
      drain: {
        relay: () => relay.stop(),
      },
      release: {
        bus: () => bus.close(),
        postgres: () => database.close(),
      },
    },
  });
}

/** Does the duty whenever this process leads, until it is told to stop. Never rejects. */
async function lead(
  database: Database,
  duty: Duty,
  { name, logger }: LedServiceOptions,
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    await leadOnce(database.leader(name), duty, logger, stop).catch((error: unknown) => {
      if (!stop.aborted) logger.error({ error: String(error) }, 'leading failed, and is tried again');
    });
    await delay(LEAD_AGAIN_MS, undefined, { signal: stop }).catch(() => undefined);
  }
}

async function leadOnce(leader: Leader, duty: Duty, logger: Logger, stop: AbortSignal): Promise<void> {
  await using leadership = await leader.acquire(stop);
  logger.info({ epoch: String(leadership.epoch) }, 'leading');
  try {
    await duty.start(leadership);
    const over = AbortSignal.any([stop, leadership.lost]);
    if (!over.aborted) await once(over, 'abort');
    if (leadership.lost.aborted) logger.warn({ reason: String(leadership.lost.reason) }, 'leadership lost');
  } finally {
    await duty.stop();
  }
}
