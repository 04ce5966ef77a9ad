import type { NatsConnection } from '@nats-io/transport-node';
import { withTimeLimit } from '@swarm/platform';

const FLUSH_LIMIT_MS = 500;

/** Resolves when everything that the server had sent so far has arrived, or soon after when it does not answer. Never rejects. */
export async function flushed(connection: NatsConnection): Promise<void> {
  await withTimeLimit(connection.flush(), FLUSH_LIMIT_MS, 'flush').catch(() => undefined);
}
