import { randomUUID } from 'node:crypto';

import { headers, type Msg, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';
import { z } from 'zod';

import { isClosed } from './js-errors.js';
import type { JetStreamLink, Outbound } from './jetstream-link.js';

/**
 * The first server that syncs a batch once. Those since 2.12 know batches too, and sync each of its messages by itself,
 * so that nothing is won. Seen with strace on 2.15.1: each message is written, then one fsync, then the answer.
 */
export const BATCHES_SINCE = '2.15.0';

/** From the first message to the answer. A batch that is not over then is stored late or forgotten, but never halved. */
const BATCH_LIMIT_MS = 5_000;

/** The server's answer to the message that ends a batch. */
const Answer = z.object({
  batch: z.string().optional(),
  count: z.int().optional(),
  error: z.object({ err_code: z.int().optional(), description: z.string() }).optional(),
});

/**
 * Stores messages of one stream in their order, all or none, as one atomic batch (NATS ADR-50). True when the server has
 * synced them. False when they are not known to be stored, whatever the cause; each can be published by itself then,
 * since what the batch stored after all is known by its `Nats-Msg-Id`. Never rejects.
 */
export async function storeBatch(link: JetStreamLink, messages: readonly Outbound[]): Promise<boolean> {
  if (messages.length === 0) return true;
  if (!link.serverIsAtLeast(BATCHES_SINCE) || !messages.every(({ body }) => link.takes(body))) return false;
  const id = randomUUID();
  try {
    const answer = await link.whileConnected(() => sendBatch(link.connection, id, messages));
    const refusal = refusalIn(answer.data, id, messages.length);
    if (refusal === undefined) return true;
    link.logger.info({ batch: id, messages: messages.length, reason: refusal }, 'batch was not taken');
  } catch (error) {
    if (!isClosed(error))
      link.logger.warn({ batch: id, messages: messages.length, error }, 'batch is not known to be stored');
  }
  return false;
}

/** Written to the socket in one go: only the last one is answered, and a gap before it is a refusal. */
function sendBatch(connection: NatsConnection, id: string, messages: readonly Outbound[]): Promise<Msg> {
  const last = messages.length - 1;
  for (const [place, { subject, body, messageId }] of messages.entries()) {
    const fields = batchHeaders(id, place, messageId);
    if (place < last) {
      connection.publish(subject, body, { headers: fields });
      continue;
    }
    fields.set('Nats-Batch-Commit', '1');
    return connection.request(subject, body, { headers: fields, timeout: BATCH_LIMIT_MS });
  }
  throw new Error('a batch without messages');
}

function batchHeaders(id: string, place: number, messageId: string): MsgHdrs {
  const fields = headers();
  fields.set('Nats-Msg-Id', messageId);
  fields.set('Nats-Batch-Id', id);
  fields.set('Nats-Batch-Sequence', String(place + 1));
  return fields;
}

/** Why the batch does not count as stored; undefined when it does. A server that knows no batches answers without naming one. */
function refusalIn(body: Uint8Array, id: string, count: number): string | undefined {
  const answer = Answer.safeParse(parsed(body));
  if (!answer.success) return 'the answer does not parse';
  const { batch, count: stored, error } = answer.data;
  if (error) return error.description;
  if (batch === id && stored === count) return undefined;
  return `${stored ?? 0} of ${count} messages, of batch ${batch ?? 'none'}`;
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}
