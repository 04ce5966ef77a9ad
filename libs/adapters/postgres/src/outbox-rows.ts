import {
  MAX_BATCH_BYTES,
  MAX_BATCH_MESSAGES,
  messageNamed,
  subjectOf,
  type Carrier,
  type OutboxRow,
  type Publication,
} from '@swarm/contracts';
import { err, ok, type Result } from '@swarm/kernel';

/** A row that can be sent. */
export interface Sendable extends Publication {
  readonly row: OutboxRow;
  /** Rows of one lane are stored one after the other: each when the one before it is, or in one batch. */
  readonly lane: string;
  readonly body: Uint8Array;
}

/** The message of a row; or why no try can ever send it, which is not the bus's fault and must not look like it. */
export function sendableOf(row: OutboxRow, maxBytes: number): Result<Sendable, string> {
  const message = messageNamed(row.message);
  if (!message) return err(`no message is called ${row.message}`);
  const parsed = message.schema.safeParse(row.payload);
  if (!parsed.success) return err(parsed.error.message);
  const payload = parsed.data;
  const body = Buffer.from(JSON.stringify(payload));
  if (body.length > maxBytes) return err(`${body.length} bytes; NATS takes ${maxBytes}`);
  try {
    const lane = `${subjectOf(message, payload)} ${message.about?.(payload) ?? ''}`;
    return ok({ row, message, payload, messageId: row.id, lane, body });
  } catch (error) {
    return err(String(error));
  }
}

/** Rows by where their messages are stored. Each keeps its order. Pure. */
export function byCarrier(sendables: readonly Sendable[]): ReadonlyMap<Carrier, readonly Sendable[]> {
  return grouped(sendables, ({ message }) => message.carrier);
}

/** Rows by what they must keep their order among. Pure. */
export function byLane(sendables: readonly Sendable[]): ReadonlyMap<string, readonly Sendable[]> {
  return grouped(sendables, ({ lane }) => lane);
}

/** Rows in their order, in pieces that can be batches; one that is larger than a batch is a piece by itself. Pure. */
export function batchesOf(sendables: readonly Sendable[]): readonly (readonly Sendable[])[] {
  const batches: Sendable[][] = [];
  let sizeBytes = 0;
  for (const sendable of sendables) {
    const current = batches.at(-1);
    sizeBytes += sendable.body.length;
    if (current && current.length < MAX_BATCH_MESSAGES && sizeBytes <= MAX_BATCH_BYTES) {
      current.push(sendable);
    } else {
      batches.push([sendable]);
      sizeBytes = sendable.body.length;
    }
  }
  return batches;
}

function grouped<K>(sendables: readonly Sendable[], keyOf: (sendable: Sendable) => K): Map<K, Sendable[]> {
  const groups = new Map<K, Sendable[]>();
  for (const sendable of sendables) {
    const group = groups.get(keyOf(sendable));
    if (group) group.push(sendable);
    else groups.set(keyOf(sendable), [sendable]);
  }
  return groups;
}
