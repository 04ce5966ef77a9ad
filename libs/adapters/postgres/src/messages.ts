import { messageNamed, type EventLog, type StoredEvent } from '@swarm/contracts';
import type { Outgoing } from '@swarm/kernel';
import { z } from 'zod';

import type { Ledger, Tx } from './ledger.js';
import { storableJson } from './storable.js';

/** Every event bears the instant at which it became true. */
const Stamp = z.object({ at: z.iso.datetime() });

/**
 * Stores messages with the change that they tell of: in the outbox, and events in the history too. A message that is
 * there already, by name and id, is the same fact and is not stored again. Always the last step of a transaction:
 * from here to the commit, readers of the event history wait.
 */
export async function storeMessages(tx: Tx, source: string, outgoing: readonly Outgoing[]): Promise<void> {
  if (outgoing.length === 0) return;
  const rows = outgoing.map(({ id, message, payload }) => ({
    id,
    message,
    source,
    payload: storableJson(payload),
  }));
  const events = rows.flatMap((row) => {
    const definition = messageNamed(row.message);
    if (!definition) throw new Error(`no message is called ${row.message}`);
    return definition.carrier === 'EVENTS' ? [{ ...row, at: new Date(Stamp.parse(row.payload).at) }] : [];
  });
  await tx.outbox.createMany({ data: rows, skipDuplicates: true });
  if (events.length > 0) await tx.event.createMany({ data: events, skipDuplicates: true });
}

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
