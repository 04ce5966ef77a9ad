import type { Job } from '@swarm/domain-job';
import type { Plan, PlanChange, PlanOutline, PlanRepository } from '@swarm/domain-plan';
import type { Saved, Versioned } from '@swarm/kernel';
import { z } from 'zod';

import { Prisma, type Plan as PlanRow } from './generated/prisma/client.js';
import { rowOfNewJob } from './job-row.js';
import type { Ledger, Tx } from './ledger.js';
import { storeMessages } from './messages.js';
import { isUuid, parsed } from './row.js';
import { storableJson, storableJsonText, storableText } from './storable.js';

/** Jobs in one statement: a plan may have thousands, each with hundreds of needs. */
const INSERT_BATCH = 1_000;

const openStates = ['resolving', 'building'] as const;
const State = z.enum([...openStates, 'complete', 'failed', 'cancelled']);
const Resolving = z.object({
  attemptId: z.string(),
  attempt: z.int(),
  drone: z.string(),
  since: z.iso.datetime().transform((text) => new Date(text)),
});
/** The defaults are for rows of plans that were made before findings had more than words. */
const Findings = z.array(
  z.object({
    id: z.string().default(''),
    kind: z.string(),
    text: z.string(),
    packages: z.array(z.string()).default([]),
    parents: z.array(z.object({ cpv: z.string(), atom: z.string() })).default([]),
    remedies: z.array(z.object({ file: z.string(), line: z.string() })).default([]),
  }),
);
const Members = z.array(z.object({ cpv: z.string(), buildKey: z.string() }));

/** Plans over Postgres. */
export function postgresPlans(ledger: Ledger): PlanRepository<Job> {
  const { prisma, source } = ledger;
  const versioned = (row: PlanRow): Versioned<Plan> => ({ value: planOfRow(row), revision: row.revision });
  return {
    create: (plan, outgoing) =>
      prisma.$transaction(async (tx) => {
        await tx.plan.create({ data: { id: plan.id, revision: 1, ...columnsOf(plan) } });
        await storeMessages(tx, source, outgoing);
      }),
    find: async (id) => {
      if (!isUuid(id)) return undefined;
      const row = await prisma.plan.findUnique({ where: { id } });
      return row ? versioned(row) : undefined;
    },
    open: async () => {
      const rows = await prisma.plan.findMany({
        where: { state: { in: [...openStates] } },
        orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
        omit: { findings: true, members: true },
      });
      return rows.map((row) => ({ value: outlineOfRow(row), revision: row.revision }));
    },
    recent: async (limit) => {
      const rows = await prisma.plan.findMany({
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        take: limit,
      });
      return rows.map(planOfRow);
    },
    save: (change) => savePlan(ledger, change),
  };
}

async function savePlan({ prisma, source }: Ledger, change: PlanChange<Job>): Promise<Saved> {
  const { plan, expected, newJobs, at, outgoing } = change;
  return prisma.$transaction(async (tx) => {
    const { count } = await tx.plan.updateMany({
      where: { id: plan.id, revision: expected },
      data: { ...columnsOf(plan), revision: expected + 1 },
    });
    if (count === 0) return 'conflict';
    if (newJobs.length > 0) await addJobs(tx, plan.id, newJobs, at);
    await storeMessages(tx, source, outgoing);
    return 'saved';
  });
}

async function addJobs(tx: Tx, planId: string, jobs: readonly Job[], at: Date): Promise<void> {
  const stranger = jobs.find(({ spec }) => spec.planId !== planId);
  if (stranger) throw new Error(`job ${stranger.id} is of another plan than ${planId}`);
  const first = await tx.job.count({ where: { planId } });
  for (let i = 0; i < jobs.length; i += INSERT_BATCH) {
    const batch = jobs.slice(i, i + INSERT_BATCH);
    const rows = batch.map((job, j) => rowOfNewJob(job, first + i + j, at));
    await tx.$executeRaw`
      insert into job select * from jsonb_populate_recordset(null::job, ${storableJsonText(rows)}::jsonb)`;
  }
  await tx.$executeRaw`
    insert into job_move (job_id, at, state, attempt, reason)
    select id, moved_at, state, attempt, 'planned' from job
    where plan_id = ${planId}::uuid and position >= ${first} order by position`;
}

function columnsOf(plan: Plan): Omit<Prisma.PlanUncheckedCreateInput, 'id' | 'revision'> {
  return {
    profile: plan.profile,
    targets: [...plan.targets],
    configuration: plan.configuration,
    origin: plan.origin,
    state: plan.state,
    createdAt: plan.createdAt,
    endedAt: plan.endedAt,
    resolveAttempt: plan.resolveAttempt,
    resolving: plan.resolving === null ? Prisma.DbNull : storableJson(plan.resolving),
    findings: storableJson(plan.findings),
    members: storableJson(plan.members),
    detail: storableText(plan.detail),
  };
}

function planOfRow(row: PlanRow): Plan {
  const name = { table: 'plan', id: row.id };
  return {
    ...outlineOfRow(row),
    findings: parsed(name, Findings, row.findings),
    members: parsed(name, Members, row.members),
  };
}

function outlineOfRow(row: Omit<PlanRow, 'findings' | 'members'>): PlanOutline {
  const name = { table: 'plan', id: row.id };
  return {
    id: row.id,
    profile: row.profile,
    targets: row.targets,
    configuration: row.configuration,
    origin: row.origin,
    state: parsed(name, State, row.state),
    createdAt: row.createdAt,
    endedAt: row.endedAt,
    resolveAttempt: row.resolveAttempt,
    resolving: row.resolving === null ? null : parsed(name, Resolving, row.resolving),
    detail: row.detail,
  };
}
