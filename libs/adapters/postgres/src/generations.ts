import type { Generation, GenerationRepository } from '@swarm/domain-release';
import { z } from 'zod';

import type { Generation as GenerationRow } from './generated/prisma/client.js';
import type { Ledger } from './ledger.js';
import { storeMessages } from './messages.js';
import { isUuid, parsed } from './row.js';

const State = z.enum(['preparing', 'current', 'past']);

/** Generations over Postgres. At most one of a profile is current: an index sees to it. */
export function postgresGenerations({ prisma, source }: Ledger): GenerationRepository {
  return {
    of: async (profile) =>
      (await prisma.generation.findMany({ where: { profile }, orderBy: { number: 'asc' } })).map(
        generationOfRow,
      ),
    ofPlan: async (planId) => {
      if (!isUuid(planId)) return undefined;
      const row = await prisma.generation.findFirst({ where: { planId }, orderBy: { number: 'desc' } });
      return row ? generationOfRow(row) : undefined;
    },
    prepare: async ({ artifacts, ...rest }) => {
      const data = [{ ...rest, artifacts: [...artifacts] }];
      const { count } = await prisma.generation.createMany({ data, skipDuplicates: true });
      return count > 0 ? 'stored' : 'taken';
    },
    promote: (profile, number, outgoing) =>
      prisma.$transaction(async (tx) => {
        // Two promotions at once take turns here, instead of one being refused by the index.
        await tx.$queryRaw`select number from generation where profile = ${profile} order by number for update`;
        await tx.generation.updateMany({
          where: { profile, state: 'current', number: { not: number } },
          data: { state: 'past' },
        });
        const { count } = await tx.generation.updateMany({
          where: { profile, number },
          data: { state: 'current' },
        });
        if (count === 0) throw new Error(`profile ${profile} has no generation ${number}`);
        await storeMessages(tx, source, outgoing);
      }),
  };
}

function generationOfRow(row: GenerationRow): Generation {
  const name = { table: 'generation', id: `${row.profile}/${row.number}` };
  return { ...row, state: parsed(name, State, row.state) };
}
