import { createHash, randomUUID } from 'node:crypto';

import { cronCalendar } from '@swarm/adapter-cron';
import type { MessageBus } from '@swarm/contracts';
import type { Clock } from '@swarm/kernel';
import { runService, Secret, silentLogger } from '@swarm/platform';

import { GatewayModule } from './gateway.module.js';
import { loadPage } from './http/page-files.js';
import { TestLedger } from './ledger.fixture.js';

export interface TestGatewayOptions {
  readonly bus: MessageBus;
  readonly clock: Clock;
  /** Where the dashboard's files are. */
  readonly dashboardDir: string;
  readonly token?: string;
  /** Another gateway's, for a restart over the same ledger. */
  readonly ledger?: TestLedger;
  readonly port?: number;
}

/** A whole gateway on a real port, over a ledger in memory and a bus of the test's choice. */
export interface TestGateway {
  readonly url: string;
  readonly ledger: TestLedger;
  stop(): Promise<void>;
}

export async function startTestGateway(options: TestGatewayOptions): Promise<TestGateway> {
  const { bus, clock, token, dashboardDir, port = 0, ledger = new TestLedger(clock) } = options;
  const closing = new AbortController();
  const logger = silentLogger();
  const service = await runService({
    name: 'gateway',
    logger,
    port,
    handleSignals: false,
    module: GatewayModule.with({
      ...ledger.database,
      bus,
      calendar: cronCalendar(),
      clock,
      newId: randomUUID,
      sha256: (text) => createHash('sha256').update(text).digest('hex'),
      binhostUrl: 'http://binhost.test/',
      page: await loadPage(dashboardDir),
      token: token === undefined ? undefined : new Secret(token),
      logger,
      closing: closing.signal,
    }),
    readiness: { nats: () => bus.ping(1000) },
    stop: {
      stopTaking: {
        streams: () => {
          closing.abort();
        },
      },
    },
  });
  return { url: service.url, ledger, stop: () => service.stop() };
}
