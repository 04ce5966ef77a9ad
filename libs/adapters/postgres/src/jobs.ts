import { isOpen, type Attempt, type Job, type JobRepository, type PlanId } from '@swarm/domain-job';
import type { Versioned } from '@swarm/kernel';

import { attemptOfRow, openStates, progressOfAttempt } from './attempt-row.js';
import type { Job as JobRow } from './generated/prisma/client.js';
import { jobOfRow, moveOfRow, specOfRow, type JobStateRow } from './job-row.js';
import { builtAttempts } from './built-attempts.js';
import type { Ledger } from './ledger.js';
import { openJobs, openRevisions } from './open-jobs.js';
import { PlanSpecs } from './plan-specs.js';
import { isUuid } from './row.js';
import { saveJobs } from './save-jobs.js';

/** Jobs, attempts and their history over Postgres. */
export function postgresJobs(ledger: Ledger): JobRepository {
  const { prisma } = ledger;
  const specs = new PlanSpecs(ledger);
  return {
    find: async (id) => {
      if (!isUuid(id)) return undefined;
      const row = await prisma.job.findUnique({ where: { id } });
      return row ? versioned(row) : undefined;
    },
    findAll: async (ids) => {
      const rows = await prisma.job.findMany({ where: { id: { in: ids.filter(isUuid) } } });
      return rows.map(versioned);
    },
    openJobs: (planId) => openJobs(ledger, planId),
    openRevisions: () => openRevisions(ledger),
    ofPlan: async (planId) => {
      if (!isUuid(planId)) return [];
      return jobsOfPlan(ledger, specs, planId);
    },
    quarantined: async (profile) => {
      const rows = await prisma.job.findMany({
        where: { profile, state: 'quarantined' },
        distinct: ['buildKey'],
        orderBy: [{ buildKey: 'asc' }, { movedAt: 'desc' }],
      });
      return rows.map((row) => versioned(row).value);
    },
    save: async (...changes) => {
      const [saved] = await saveJobs(ledger, [changes]);
      return saved === 'saved' ? saved : 'conflict';
    },
    saveAll: (all, fence) => saveJobs(ledger, all, fence),
    findAttempt: async (id) => {
      if (!isUuid(id)) return undefined;
      const row = await prisma.attempt.findUnique({ where: { id } });
      return row ? attemptOfRow(row) : undefined;
    },
    attemptsOf: async (jobId) => {
      if (!isUuid(jobId)) return [];
      const rows = await prisma.attempt.findMany({ where: { jobId }, orderBy: { number: 'asc' } });
      return rows.map(attemptOfRow);
    },
    openAttempts: async () => {
      const rows = await prisma.attempt.findMany({
        where: { state: { in: [...openStates] } },
        orderBy: [{ offeredAt: 'asc' }, { id: 'asc' }],
      });
      return rows.map(attemptOfRow);
    },
    builtAttempts: (limit) => builtAttempts(ledger, limit),
    saveAttempt: (attempt) => saveAttempt(ledger, attempt),
    historyOf: async (jobId) => {
      if (!isUuid(jobId)) return [];
      const rows = await prisma.jobMove.findMany({ where: { jobId }, orderBy: { sequence: 'asc' } });
      return rows.map(moveOfRow);
    },
  };
}

/** Jobs of a plan: what changes is read each time, the specifications once. Schedulers ask this all the time. */
async function jobsOfPlan(
  { pool }: Ledger,
  specs: PlanSpecs,
  planId: PlanId,
): Promise<readonly Versioned<Job>[]> {
  const { rows } = await pool.query<JobStateRow>(
    `select id, revision, state, attempt, failures, reclaims, failed_on as "failedOn", not_before as "notBefore",
       attempt_id as "attemptId", drone, artifact, blocked_by as "blockedBy", reason
     from job where plan_id = $1 order by position`,
    [planId],
  );
  const specOf = await specs.of(
    planId,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => ({ value: jobOfRow(row, specOf(row.id)), revision: row.revision }));
}

function versioned(row: JobRow): Versioned<Job> {
  return { value: jobOfRow(row, specOfRow(row)), revision: row.revision };
}

/** News that an attempt is open never reopens one that has ended: messages come late. */
async function saveAttempt({ prisma }: Ledger, attempt: Attempt): Promise<void> {
  const { count } = await prisma.attempt.updateMany({
    where: { id: attempt.id, ...(isOpen(attempt.state) && { state: { in: [...openStates] } }) },
    data: progressOfAttempt(attempt),
  });
  if (count > 0 || (await prisma.attempt.findUnique({ where: { id: attempt.id }, select: { id: true } })))
    return;
  throw new Error(`there is no attempt ${attempt.id}`);
}
