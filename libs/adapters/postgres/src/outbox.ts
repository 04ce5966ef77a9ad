import type { Outbox } from '@swarm/contracts';

import type { Ledger } from './ledger.js';
import type { OutboxListener } from './outbox-listener.js';
import { storableText } from './storable.js';

const UNSENT = `
  select sequence, id, message, payload from outbox
  where source = $1 and sequence > $3 and sent_at is null and parked_reason is null order by sequence limit $2`;

const MARK_SENT = 'update outbox set sent_at = now() where sequence = any($1::bigint[]) and sent_at is null';

interface UnsentRow {
  /** A bigint, as text. */
  readonly sequence: string;
  readonly id: string;
  readonly message: string;
  readonly payload: unknown;
}

/** The outbox of one service over Postgres. */
export function postgresOutbox({ prisma, pool, source }: Ledger, listener: OutboxListener): Outbox {
  return {
    unsent: async (limit, after = 0n) => {
      const { rows } = await pool.query<UnsentRow>({
        ...{ name: 'unsent', text: UNSENT, values: [source, limit, after] },
      });
      return rows.map((row) => ({ ...row, sequence: BigInt(row.sequence) }));
    },
    markSent: async (sequences) => {
      await pool.query({ name: 'mark-sent', text: MARK_SENT, values: [[...sequences]] });
    },
    park: async (sequence, reason) => {
      await prisma.outbox.updateMany({ where: { sequence }, data: { parkedReason: storableText(reason) } });
    },
    prune: (olderThanMs, limit) => prisma.$executeRaw`
      delete from outbox where sequence in (
        select sequence from outbox
        where source = ${source} and sent_at < now() - make_interval(secs => ${olderThanMs / 1000}::double precision)
        order by sent_at limit ${limit}
      )`,
    wait: (maxWaitMs) => listener.wait(maxWaitMs),
  };
}
