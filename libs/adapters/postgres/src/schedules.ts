import type { Schedule, ScheduleRepository, Settlement } from '@swarm/domain-schedule';
import type { Saved } from '@swarm/kernel';

import type { Ledger, Tx } from './ledger.js';
import { storeMessages } from './messages.js';
import { isUuid } from './row.js';
import { columnsOfRun, columnsOfSchedule, runOfRow, scheduleOfRow, versionedRun } from './schedule-row.js';

/** Ends a transaction whose rows have other revisions than were expected. */
class Outrun extends Error {}

/** Schedules and their firings over Postgres. */
export function postgresSchedules(ledger: Ledger): ScheduleRepository {
  const { prisma, source } = ledger;
  return {
    add: async (schedule) => {
      const data = [{ name: schedule.name, revision: 1, ...columnsOfSchedule(schedule) }];
      const { count } = await prisma.schedule.createMany({ data, skipDuplicates: true });
      return count > 0 ? 'stored' : 'taken';
    },
    find: async (name) => {
      const row = await prisma.schedule.findUnique({ where: { name } });
      return row ? { value: scheduleOfRow(row), revision: row.revision } : undefined;
    },
    all: async () => {
      const rows = await prisma.schedule.findMany({ orderBy: { name: 'asc' } });
      return rows.map((row) => ({ value: scheduleOfRow(row), revision: row.revision }));
    },
    save: (schedule, expected) => saveSchedule(prisma, schedule, expected),
    remove: async (name) => (await prisma.schedule.deleteMany({ where: { name } })).count > 0,
    settle: (settlement) => settle(ledger, settlement),
    startRun: (run, outgoing) =>
      prisma.$transaction(async (tx) => {
        const data = [{ id: run.id, ...columnsOfRun(run) }];
        const { count } = await tx.scheduleRun.createMany({ data, skipDuplicates: true });
        if (count === 0) return 'known';
        await storeMessages(tx, source, outgoing);
        return 'stored';
      }),
    openRuns: async () => {
      const where = { state: { not: 'ended' } };
      const rows = await prisma.scheduleRun.findMany({ where, orderBy: { sequence: 'asc' } });
      return rows.map(versionedRun);
    },
    findRun: async (id) => {
      if (!isUuid(id)) return undefined;
      const row = await prisma.scheduleRun.findUnique({ where: { id } });
      return row ? versionedRun(row) : undefined;
    },
    saveRun: (run, expected, outgoing) =>
      prisma.$transaction(async (tx) => {
        const { count } = await tx.scheduleRun.updateMany({
          where: { id: run.id, revision: expected },
          data: { ...columnsOfRun(run), revision: expected + 1 },
        });
        if (count === 0) return 'conflict';
        await storeMessages(tx, source, outgoing);
        return 'saved';
      }),
    runs: async (limit, schedule) => {
      const rows = await prisma.scheduleRun.findMany({
        where: schedule === undefined ? {} : { schedule },
        orderBy: { sequence: 'desc' },
        take: limit,
      });
      return rows.map(runOfRow);
    },
    raise: (outgoing) => prisma.$transaction((tx) => storeMessages(tx, source, outgoing)),
  };
}

async function saveSchedule(tx: Tx, schedule: Schedule, expected: number): Promise<Saved> {
  const { count } = await tx.schedule.updateMany({
    where: { name: schedule.name, revision: expected },
    data: { ...columnsOfSchedule(schedule), revision: expected + 1 },
  });
  return count > 0 ? 'saved' : 'conflict';
}

async function settle({ prisma, source }: Ledger, settlement: Settlement): Promise<Saved> {
  const { schedule, expected, newRuns, changedRuns, outgoing } = settlement;
  try {
    await prisma.$transaction(async (tx) => {
      if ((await saveSchedule(tx, schedule, expected)) === 'conflict') throw new Outrun();
      for (const { value, revision } of changedRuns) {
        const { count } = await tx.scheduleRun.updateMany({
          where: { id: value.id, revision },
          data: { ...columnsOfRun(value), revision: revision + 1 },
        });
        if (count === 0) throw new Outrun();
      }
      const data = newRuns.map((run) => ({ id: run.id, ...columnsOfRun(run) }));
      if (data.length > 0) await tx.scheduleRun.createMany({ data, skipDuplicates: true });
      await storeMessages(tx, source, outgoing);
    });
    return 'saved';
  } catch (error) {
    if (error instanceof Outrun) return 'conflict';
    throw error;
  }
}
