import type { Pause, PauseChange, PauseRecord, PauseRepository, PauseScope } from '@swarm/domain-scheduling';
import { z } from 'zod';

import type { Pause as PauseRow } from './generated/prisma/client.js';
import type { Ledger } from './ledger.js';
import { storeMessages } from './messages.js';
import { isUuid, parsed, required } from './row.js';
import { storableText } from './storable.js';

const Scope = z.enum(['swarm', 'profile', 'plan']);
const How = z.enum(['over', 'resumed', 'replaced']);

/** Ends a transaction that came too late for what it was decided from. */
class Outrun extends Error {}

/** Pauses over Postgres. */
export function postgresPauses(ledger: Ledger): PauseRepository {
  const { prisma } = ledger;
  return {
    open: async () => {
      const rows = await prisma.pause.findMany({ where: { endedHow: null }, orderBy: { sequence: 'asc' } });
      return rows.map(pauseOfRow);
    },
    find: async (id) => {
      const row = isUuid(id) ? await prisma.pause.findUnique({ where: { id } }) : null;
      return row ? recordOfRow(row) : undefined;
    },
    store: async (change) => {
      try {
        await store(ledger, change);
        return 'saved';
      } catch (error) {
        if (error instanceof Outrun) return 'conflict';
        throw error;
      }
    },
  };
}

async function store({ prisma, source }: Ledger, { begun, ended, outgoing }: PauseChange): Promise<void> {
  await prisma.$transaction(async (tx) => {
    for (const { pause, end } of ended) {
      const endedBy = end.by === null ? null : storableText(end.by);
      const { count } = await tx.pause.updateMany({
        where: { id: pause.id, endedHow: null },
        data: { endedHow: end.how, endedAt: end.at, endedBy },
      });
      if (count === 0) throw new Outrun();
    }
    if (begun) {
      // Skipped where the id is known, or another one of its scope is open: the indexes say so, whoever races.
      const { count } = await tx.pause.createMany({ data: [columnsOf(begun)], skipDuplicates: true });
      if (count === 0) throw new Outrun();
    }
    await storeMessages(tx, source, outgoing);
  });
}

function columnsOf({ id, scope, author, reason, since, until }: Pause): Omit<PauseRow, keyof Unset> {
  const subject = subjectOf(scope);
  return {
    id,
    scope: scope.kind,
    subject,
    author: storableText(author),
    reason: storableText(reason),
    since,
    until,
  };
}

type Unset = Pick<PauseRow, 'sequence' | 'endedHow' | 'endedAt' | 'endedBy'>;

function subjectOf(scope: PauseScope): string {
  switch (scope.kind) {
    case 'swarm':
      return '';
    case 'profile':
      return scope.profile;
    case 'plan':
      return scope.plan;
  }
}

function recordOfRow(row: PauseRow): PauseRecord {
  const pause = pauseOfRow(row);
  if (row.endedHow === null) return { pause, end: null };
  const name = { table: 'pause', id: row.id };
  const how = parsed(name, How, row.endedHow);
  return { pause, end: { how, at: required(name, 'ended_at', row.endedAt), by: row.endedBy } };
}

function pauseOfRow({ id, scope, subject, author, reason, since, until }: PauseRow): Pause {
  return {
    id,
    scope: scopeOf(parsed({ table: 'pause', id }, Scope, scope), subject),
    author,
    reason,
    since,
    until,
  };
}

function scopeOf(kind: PauseScope['kind'], subject: string): PauseScope {
  switch (kind) {
    case 'swarm':
      return { kind };
    case 'profile':
      return { kind, profile: subject };
    case 'plan':
      return { kind, plan: subject };
  }
}
