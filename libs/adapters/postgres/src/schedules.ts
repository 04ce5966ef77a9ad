import type { ScheduleRepository } from '@swarm/domain-plan';

import type { Ledger } from './ledger.js';
import { storeMessages } from './messages.js';

/** Schedules and their firings over Postgres. */
export function postgresSchedules({ prisma, source }: Ledger): ScheduleRepository {
  return {
    put: async ({ name, targets, ...schedule }) => {
      const row = { ...schedule, targets: [...targets] };
      await prisma.schedule.upsert({ where: { name }, create: { name, ...row }, update: row });
    },
    all: () => prisma.schedule.findMany({ orderBy: { name: 'asc' } }),
    startRun: (run, outgoing) =>
      prisma.$transaction(async (tx) => {
        await tx.scheduleRun.create({ data: run });
        await storeMessages(tx, source, outgoing);
      }),
    attachPlan: async (runId, planId) => {
      await prisma.scheduleRun.update({ where: { id: runId }, data: { planId } });
    },
    runs: (limit) =>
      prisma.scheduleRun.findMany({ omit: { sequence: true }, orderBy: { sequence: 'desc' }, take: limit }),
  };
}
