import type {
  CheckRecord,
  DiskReport,
  LeaderHeld,
  MaintenanceRepository,
  OutboxLag,
  PlanProgress,
  SweepRecord,
} from '@swarm/domain-maintenance';
import { z } from 'zod';

import type { MaintenanceCheck as CheckRow } from './generated/prisma/client.js';
import { lockKeySql } from './leader.js';
import type { Ledger } from './ledger.js';
import { storeMessages } from './messages.js';
import { parsed } from './row.js';
import { storableText } from './storable.js';

const Result = z.enum(['ok', 'warning', 'alarm']);

const OUTBOX_LAG = `
  select source,
    count(*) filter (where parked_reason is null)::int as unsent,
    coalesce(extract(epoch from now() - min(stored_at) filter (where parked_reason is null)) * 1000, 0)::float8 as "unsentForMs",
    count(parked_reason)::int as parked
  from outbox where sent_at is null group by source order by source`;

/** Counts no more than the jobs of open plans, by their index. */
const PLAN_PROGRESS = `
  select p.id, p.profile, p.state, p.resolving is not null as "isBeingResolved",
    greatest(p.created_at, max(j.moved_at)) as "movedAt",
    count(*) filter (where j.state = 'needed')::int as needed,
    count(*) filter (where j.state = 'waiting')::int as waiting,
    count(*) filter (where j.state in ('delegated', 'received'))::int as "inWork",
    (array_agg(j.cpv order by j.state <> 'needed', j.position) filter (where j.state in ('needed', 'waiting')))[1] as example
  from plan p left join job j on j.plan_id = p.id
  where p.state in ('resolving', 'building') group by p.id order by p.created_at, p.id`;

/** A lock is held when some session has it, whoever says what. */
const LEADERS = `
  select service, exists (
    select from pg_locks
    where locktype = 'advisory' and granted and objsubid = 1
      and database = (select oid from pg_database where datname = current_database())
      and (classid::bigint << 32 | objid::bigint) = ${lockKeySql("'leader of ' || service")}
  ) as "isHeld"
  from unnest($1::text[]) with ordinality as given (service, place) order by place`;

/** What the maintenance sweep reads and stores, over Postgres. */
export function postgresMaintenance(ledger: Ledger): MaintenanceRepository {
  const { prisma, pool } = ledger;
  return {
    outboxLag: async () => (await pool.query<OutboxLag>(OUTBOX_LAG)).rows,
    planProgress: async () => (await pool.query<PlanProgress>(PLAN_PROGRESS)).rows,
    leaders: async (services) => (await pool.query<LeaderHeld>(LEADERS, [[...services]])).rows,
    disks: async () => {
      const rows = await prisma.diskReport.findMany({ orderBy: { place: 'asc' } });
      return rows.map(({ place, freeBytes, totalBytes, at }) => {
        return { place, freeBytes: Number(freeBytes), totalBytes: Number(totalBytes), at };
      });
    },
    reportDisk: async ({ place, ...report }: DiskReport) => {
      const told = {
        freeBytes: BigInt(report.freeBytes),
        totalBytes: BigInt(report.totalBytes),
        at: report.at,
      };
      await prisma.diskReport.upsert({ where: { place }, create: { place, ...told }, update: told });
    },
    checks: async () => {
      const rows = await prisma.maintenanceCheck.findMany({ orderBy: { name: 'asc' } });
      return rows.map(recordOfRow);
    },
    save: (sweep) => save(ledger, sweep),
  };
}

function save(
  { prisma, source }: Ledger,
  { records, after, outgoing }: SweepRecord,
): Promise<'saved' | 'conflict'> {
  return prisma.$transaction(async (tx) => {
    await tx.$executeRaw`select pg_advisory_xact_lock(hashtext('maintenance_check'), 0)`;
    const { _max } = await tx.maintenanceCheck.aggregate({ _max: { ranAt: true } });
    if (_max.ranAt?.getTime() !== after?.getTime()) return 'conflict';
    await tx.maintenanceCheck.deleteMany();
    const data = records.map((record) => ({ ...record, detail: storableText(record.detail) }));
    await tx.maintenanceCheck.createMany({ data });
    await storeMessages(tx, source, outgoing);
    return 'saved';
  });
}

function recordOfRow({ name, result, detail, ranAt, notOkSince }: CheckRow): CheckRecord {
  return {
    name,
    result: parsed({ table: 'maintenance_check', id: name }, Result, result),
    detail,
    ranAt,
    notOkSince,
  };
}
