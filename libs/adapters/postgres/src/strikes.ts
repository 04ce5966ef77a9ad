import type { Strike, StrikeRepository } from '@swarm/domain-drone';
import { z } from 'zod';

import type { DroneStrike as StrikeRow } from './generated/prisma/client.js';
import type { Ledger } from './ledger.js';
import { isUuid, parsed } from './row.js';

const Ended = z.enum(['success', 'taken-back', 'grounded']).nullable();

/** Strikes against drones, over Postgres. */
export function postgresStrikes({ prisma }: Ledger): StrikeRepository {
  const oldestFirst = { orderBy: { sequence: 'asc' } } as const;
  return {
    add: async (strike) => {
      const data = [{ ...strike, endedAt: strike.ended === null ? null : strike.at }];
      await prisma.droneStrike.createMany({ data, skipDuplicates: true });
    },
    standing: async () =>
      (await prisma.droneStrike.findMany({ ...oldestFirst, where: { ended: null } })).map(strikeOfRow),
    ofJob: async (jobId) =>
      isUuid(jobId)
        ? (await prisma.droneStrike.findMany({ ...oldestFirst, where: { jobId } })).map(strikeOfRow)
        : [],
    end: async (attemptIds, how, at) => {
      await prisma.droneStrike.updateMany({
        where: { attemptId: { in: [...attemptIds] }, ended: null },
        data: { ended: how, endedAt: at },
      });
    },
  };
}

function strikeOfRow({ sequence, endedAt: _endedAt, ended, ...row }: StrikeRow): Strike {
  return { ...row, ended: parsed({ table: 'drone_strike', id: String(sequence) }, Ended, ended) };
}
