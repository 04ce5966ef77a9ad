import type { Outbox } from '@swarm/contracts';

import type { Ledger } from './ledger.js';
import type { OutboxListener } from './outbox-listener.js';
import { storableText } from './storable.js';

/** The outbox of one service over Postgres. */
export function postgresOutbox({ prisma, source }: Ledger, listener: OutboxListener): Outbox {
  return {
    unsent: (limit) =>
      prisma.outbox.findMany({
        select: { sequence: true, id: true, message: true, payload: true },
        where: { source, sentAt: null, parkedReason: null },
        orderBy: { sequence: 'asc' },
        take: limit,
      }),
    markSent: async (sequences) => {
      await prisma.$executeRaw`
        update outbox set sent_at = now() where sequence = any(${[...sequences]}::bigint[]) and sent_at is null`;
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
