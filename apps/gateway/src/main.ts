import { hash } from 'node:crypto';
import { fileURLToPath } from 'node:url';

import { cronCalendar } from '@swarm/adapter-cron';
import { connectBus } from '@swarm/adapter-nats';
import { migrate, openDatabase, OutboxRelay, type Database } from '@swarm/adapter-postgres';
import type { MessageBus } from '@swarm/contracts';
import {
  createLogger,
  newId,
  readConfig,
  retry,
  runMain,
  runService,
  systemClock,
  type Logger,
} from '@swarm/platform';

import { GatewayConfig } from './config.js';
import { GatewayModule } from './gateway.module.js';
import { loadPage } from './http/page-files.js';

const SERVICE = 'gateway';
const READINESS_LIMIT_MS = 2_000;
/** How long Postgres is waited for at a start; NATS is waited for as long by its adapter. */
const POSTGRES_WAIT = { attempts: 60, firstDelayMs: 100, maxDelayMs: 2_000 } as const;
/** Both applications are bundled beside each other. */
const DASHBOARD_DIR = fileURLToPath(new URL('../dashboard/assets', import.meta.url));
const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

async function main(config: GatewayConfig, logger: Logger): Promise<void> {
  const url = config.DATABASE_URL.reveal();
  const page = await loadPage(config.SWARM_DASHBOARD_DIR ?? DASHBOARD_DIR);
  const host = config.SWARM_GATEWAY_HOST;
  const token = config.SWARM_API_TOKEN;
  if (token === undefined && !LOOPBACK.includes(host)) {
    logger.warn({ host }, 'everyone who reaches this address may ask for plans: set SWARM_API_TOKEN');
  }
  await retry(() => migrate(url), POSTGRES_WAIT);
  const database = openDatabase({
    url,
    source: SERVICE,
    onConnectionLost: (error) => {
      logger.warn({ error: error.message }, 'connection to Postgres lost');
    },
  });
  const bus = await connectBus({ url: config.NATS_URL, name: SERVICE, logger }).catch(
    async (error: unknown) => {
      await database.close();
      throw error;
    },
  );
  const relay = relayOf(database, bus, logger);
  relay.start();
  const closing = new AbortController();
  await runService({
    name: SERVICE,
    logger,
    host,
    port: config.SWARM_GATEWAY_PORT,
    module: GatewayModule.with({
      ...database,
      bus,
      calendar: cronCalendar(),
      clock: systemClock,
      newId,
      sha256: (text) => hash('sha256', text),
      binhostUrl: config.SWARM_BINHOST_URL,
      page,
      token,
      logger,
      closing: closing.signal,
    }),
    readiness: {
      postgres: () => database.ping(READINESS_LIMIT_MS),
      nats: () => bus.ping(READINESS_LIMIT_MS),
    },
    stop: {
      stopTaking: {
        streams: () => {
          closing.abort();
        },
      },
      drain: { outbox: () => relay.stop() },
      release: { bus: () => bus.close(), postgres: () => database.close() },
    },
  });
}

/** Sends the news of what was pushed; two gateways do no harm to each other. */
function relayOf({ outbox }: Database, bus: MessageBus, logger: Logger): OutboxRelay {
  return new OutboxRelay({
    outbox,
    bus,
    onParked: ({ id, message }, reason) => {
      logger.error({ id, message, reason }, 'message cannot be sent');
    },
    onFailure: ({ error, delayMs }) => {
      logger.warn({ error, delayMs }, 'message could not be sent yet');
    },
  });
}

const bootLogger = createLogger({ service: SERVICE });
await runMain(bootLogger, async () => {
  const config = readConfig(GatewayConfig, process.env, SERVICE);
  await main(config, createLogger({ service: SERVICE, level: config.SWARM_LOG_LEVEL }));
});
