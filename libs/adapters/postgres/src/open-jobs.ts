import { cpvOf } from '@swarm/domain-ebuild';
import type { JobId, JobOutline, PlanId, StandingJob } from '@swarm/domain-job';
import { directWaits } from '@swarm/domain-plan';
import type pg from 'pg';

import { jobOfRow, needsOfRow, type JobStateRow } from './job-row.js';
import type { Ledger } from './ledger.js';
import { inTransaction } from './pool.js';

/** Jobs in one answer: few round trips, and never a whole plan's rows as text in memory beside its jobs. */
const READ_BATCH = 10_000;

/** All plans and jobs as one moment saw them. */
const ONE_MOMENT = 'set transaction isolation level repeatable read, read only';

/** Lists come as text: where JSON would be, the driver's parser of arrays takes longer than all the rest. */
const READ_JOBS = `
  select id, revision, state, attempt, failures, reclaims, failed_on as "failedOn", not_before as "notBefore",
    attempt_id as "attemptId", drone, artifact, blocked_by as "blockedBy", reason, profile, cpv, slot,
    to_json(use)::text as use, repository, build_key as "buildKey", bootstrap, why, to_json(waits)::text as waits,
    critical_path as "criticalPath", moved_at as "movedAt"
  from job where plan_id = $1 and position >= $2 and position < $3 order by position`;

interface OpenRow extends JobStateRow, Omit<JobOutline, 'planId' | 'use' | 'waits'> {
  readonly use: string;
  /** Null for a plan that was made before jobs had them. */
  readonly waits: string | null;
  readonly movedAt: Date;
}

type Waits = (position: number) => readonly number[];

/** See `JobRepository.openJobs`. */
export async function openJobs({ pool }: Ledger, planId?: PlanId): Promise<readonly StandingJob[]> {
  return inTransaction(pool, async (client) => {
    await client.query(ONE_MOMENT);
    const { rows: plans } = await client.query<{ id: string; jobs: number; isOld: boolean }>(
      `select plan.id, coalesce(max(job.position) + 1, 0)::integer as jobs, coalesce(bool_or(job.waits is null), false) as "isOld"
       from plan left join job on job.plan_id = plan.id
       where plan.state = 'building' and ($1::uuid is null or plan.id = $1)
       group by plan.id order by plan.created_at, plan.id`,
      [planId ?? null],
    );
    const jobs: StandingJob[] = [];
    const same = interner();
    for (const plan of plans) {
      const waits = plan.isOld ? await waitsOfOldPlan(client, plan.id) : undefined;
      for (let first = 0; first < plan.jobs; first += READ_BATCH) {
        const { rows } = await client.query<OpenRow>({
          ...{ name: 'open-jobs', text: READ_JOBS, values: [plan.id, first, first + READ_BATCH] },
        });
        for (const [i, row] of rows.entries()) {
          const found = waits?.(first + i) ?? (JSON.parse(row.waits ?? '[]') as number[]);
          jobs.push(standingJob(row, { planId: plan.id as PlanId, waits: found, same }));
        }
      }
    }
    return jobs;
  });
}

/** See `JobRepository.openRevisions`. */
export async function openRevisions({ pool }: Ledger): Promise<ReadonlyMap<JobId, number>> {
  const { rows } = await pool.query<[JobId, number]>({
    text: `select job.id, job.revision from job join plan on plan.id = job.plan_id where plan.state = 'building'`,
    rowMode: 'array',
  });
  return new Map(rows);
}

function standingJob(
  row: OpenRow,
  { planId, waits, same }: { planId: PlanId; waits: readonly number[]; same: (text: string) => string },
): StandingJob {
  const outline: JobOutline = {
    planId,
    profile: same(row.profile),
    cpv: cpvOf(row.cpv),
    slot: same(row.slot),
    use: JSON.parse(row.use) as string[],
    repository: same(row.repository),
    buildKey: row.buildKey,
    bootstrap: row.bootstrap,
    why: same(row.why),
    waits,
    criticalPath: row.criticalPath,
  };
  return { value: jobOfRow(row, outline), revision: row.revision, since: row.movedAt };
}

/** What a plan's jobs wait for, from all their needs: plans that were made before waits were stored. */
async function waitsOfOldPlan(client: pg.PoolClient, planId: string): Promise<Waits> {
  const { rows } = await client.query<{ id: string; buildKey: string; needs: unknown }>(
    'select id, build_key as "buildKey", needs from job where plan_id = $1 order by position',
    [planId],
  );
  const waits = directWaits(rows.map((row) => ({ buildKey: row.buildKey, needs: needsOfRow(row) })));
  return (position) => waits[position] ?? [];
}

/** One text for all that are equal: a hundred thousand jobs have a few profiles, slots and reasons. */
function interner(): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const first = known.get(text);
    if (first === undefined) known.set(text, text);
    return first ?? text;
  };
}
