import { messageNamed, type EventLog, type StoredEvent } from '@swarm/contracts';
import type { Outgoing } from '@swarm/kernel';
import { z } from 'zod';

import type { Ledger, Tx } from './ledger.js';
import { storableJsonText } from './storable.js';

/** Every event bears the instant at which it became true. */
const Stamp = z.object({ at: z.iso.datetime() });

/** Runs one statement of a transaction. */
type Execute = (sql: string, values: readonly unknown[]) => Promise<unknown>;

/**
 * Stores messages with the change that they tell of: in the outbox, and events in the history too. A message that is
 * there already, by name and id, is the same fact and is not stored again. Always the last step of a transaction:
 * from here to the commit, readers of the event history wait.
 */
export async function storeMessages(tx: Tx, source: string, outgoing: readonly Outgoing[]): Promise<void> {
  await insertMessages((sql, values) => tx.$executeRawUnsafe(sql, ...values), source, outgoing);
}

/** The same, for transactions that are not Prisma's. */
export async function insertMessages(
  execute: Execute,
  source: string,
  outgoing: readonly Outgoing[],
): Promise<void> {
  if (outgoing.length === 0) return;
  const rows = outgoing.map(messageRow);
  const values = [source, storableJsonText(rows)];
  await execute(INSERT_OUTBOX, values);
  if (rows.some(({ at }) => at !== null)) await execute(INSERT_EVENTS, values);
}

/** A message with the instant at which it became true, or null when it is no event. Throws for an unknown one. */
export function messageRow({ id, message, payload }: Outgoing): Outgoing & { readonly at: string | null } {
  const definition = messageNamed(message);
  if (!definition) throw new Error(`no message is called ${message}`);
  const at = definition.carrier === 'EVENTS' ? Stamp.parse(payload).at : null;
  return { id, message, payload, at };
}

const INSERT_OUTBOX = `
  insert into outbox (id, source, message, payload)
  select id, $1, message, payload
  from jsonb_to_recordset($2::jsonb) as given (id text, message text, payload jsonb)
  on conflict (message, id) do nothing`;

const INSERT_EVENTS = `
  insert into event (id, at, source, message, payload)
  select id, at, $1, message, payload
  from jsonb_to_recordset($2::jsonb) as given (id text, message text, payload jsonb, at timestamptz)
  where at is not null
  on conflict (message, id) do nothing`;

/** The event history over Postgres. */
export function postgresEvents({ prisma }: Ledger): EventLog {
  /** Waits for the writers in hand, so that no number smaller than one seen can appear later. */
  const settled = (read: (tx: Tx) => Promise<StoredEvent[]>): Promise<StoredEvent[]> =>
    prisma.$transaction(async (tx) => {
      await tx.$executeRaw`select pg_advisory_xact_lock(hashtext('event'), 0)`;
      return read(tx);
    });
  const select = { sequence: true, id: true, at: true, message: true, payload: true } as const;
  return {
    after: (sequence, limit) =>
      settled((tx) =>
        tx.event.findMany({
          select,
          where: { sequence: { gt: sequence } },
          orderBy: { sequence: 'asc' },
          take: limit,
        }),
      ),
    latest: async (limit) => {
      const newestFirst = await settled((tx) =>
        tx.event.findMany({ select, orderBy: { sequence: 'desc' }, take: limit }),
      );
      return newestFirst.reverse();
    },
  };
}
