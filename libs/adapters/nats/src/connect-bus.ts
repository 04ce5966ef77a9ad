import { connect, type NatsConnection } from '@nats-io/transport-node';
import { SwarmError } from '@swarm/kernel';
import { retry, type Logger } from '@swarm/platform';

import { JetStreamLink } from './jetstream-link.js';
import { NatsMessageBus } from './nats-message-bus.js';

/** How long a server that is not there yet is waited for, unless said otherwise. */
const CONNECT_LIMIT_MS = 30_000;
const BACKOFF = { firstDelayMs: 50, maxDelayMs: 1_000 } as const;
/** One attempt to connect. */
const ATTEMPT_LIMIT_MS = 5_000;
const RECONNECT_WAIT_MS = 200;
/** Two of these without an answer, and the connection counts as broken. */
const PING_EVERY_MS = 15_000;

export interface ConnectOptions {
  /** `nats://host:port`, or several with commas between them. */
  readonly url: string;
  /** Shown to operators in `nats server report connections`. */
  readonly name: string;
  readonly logger: Logger;
  /** Default 30 s. */
  readonly connectLimitMs?: number;
}

/**
 * Connects, makes the swarm's streams as they should be, and stays connected for ever.
 * Throws SWARM_UNREACHABLE when no server answers in time, SWARM_CONFIG when a stream cannot be as it should.
 */
export async function connectBus(options: ConnectOptions): Promise<NatsMessageBus> {
  const connection = await connectFirst(options);
  const link = await JetStreamLink.open(connection, options.logger);
  try {
    await firstProvision(link, options.connectLimitMs ?? CONNECT_LIMIT_MS);
  } catch (error) {
    await connection.close();
    throw error;
  }
  void reportStatus(connection, options.logger);
  return new NatsMessageBus(link);
}

async function connectFirst({
  url,
  name,
  logger,
  connectLimitMs = CONNECT_LIMIT_MS,
}: ConnectOptions): Promise<NatsConnection> {
  const servers = url.split(',').map((server) => server.trim());
  const deadline = performance.now() + connectLimitMs;
  try {
    return await retry(
      () =>
        connect({
          servers,
          name,
          timeout: Math.min(ATTEMPT_LIMIT_MS, connectLimitMs),
          maxReconnectAttempts: -1,
          reconnectTimeWait: RECONNECT_WAIT_MS,
          ignoreAuthErrorAbort: true,
          pingInterval: PING_EVERY_MS,
          // Else each request makes two errors, with their stacks, only to have them if it fails: a tenth of a publish.
          noAsyncTraces: true,
        }),
      {
        ...BACKOFF,
        attempts: Number.POSITIVE_INFINITY,
        isTransient: () => performance.now() < deadline,
        onFailure: ({ error, attempt }) => {
          logger.debug({ attempt, error }, 'NATS does not answer yet');
        },
      },
    );
  } catch (error) {
    const addresses = servers.map(withoutCredentials).join(', ');
    throw new SwarmError('SWARM_UNREACHABLE', `NATS does not answer at ${addresses}.`, {
      hint: 'Is nats-server running there, and is NATS_URL right?',
      cause: error,
    });
  }
}

/** JetStream answers a little later than the server's port; what it refuses is not tried again. */
async function firstProvision(link: JetStreamLink, limitMs: number): Promise<void> {
  const deadline = performance.now() + limitMs;
  await retry(() => link.provision(), {
    ...BACKOFF,
    attempts: Number.POSITIVE_INFINITY,
    isTransient: (error) => !(error instanceof SwarmError) && performance.now() < deadline,
  });
}

async function reportStatus(connection: NatsConnection, logger: Logger): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type === 'disconnect') logger.warn('NATS connection lost');
    else if (status.type === 'reconnect') logger.info('NATS connection is back');
    else if (status.type === 'error') logger.warn({ error: status.error }, 'NATS server reports an error');
    else logger.debug({ status: status.type }, 'NATS connection status');
  }
}

function withoutCredentials(server: string): string {
  return server.replace(/\/\/[^@/]*@/, '//');
}
