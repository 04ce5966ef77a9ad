import type { JobDetail, JobStateName, JobSummary } from '@swarm/contracts';
import { packageOf } from '@swarm/domain-ebuild';
import type { Attempt, Job, JobId, PlanId } from '@swarm/domain-job';
import { pausesOver, type Pause } from '@swarm/domain-scheduling';

import type { GatewayPorts } from '../ports.js';
import { ApiRefusal } from './api-refusal.js';
import { latestPlans, RECENT_PLANS } from './latest-plans.js';
import { standing } from './read-pauses.js';
import { attemptView, jobSummary } from './views.js';

/** Most jobs that a search by atom answers with. */
const MAX_FOUND = 200;

type Ports = Pick<GatewayPorts, 'jobs' | 'drones' | 'pauses' | 'clock'>;

/** Reads jobs with what their reasons depend on; made anew for each request. */
export class JobReader {
  private constructor(
    private readonly ports: Ports,
    private readonly openAttempts: ReadonlyMap<string, Attempt>,
    private readonly served: ReadonlySet<string>,
    private readonly pauses: readonly Pause[],
  ) {}

  static async open(ports: Ports): Promise<JobReader> {
    const [attempts, drones, pauses] = await Promise.all([
      ports.jobs.openAttempts(),
      ports.drones.all(),
      standing(ports),
    ]);
    const online = drones.filter(({ value }) => value.state === 'online');
    return new JobReader(
      ports,
      new Map(attempts.map((attempt) => [attempt.jobId, attempt])),
      new Set(online.map(({ value }) => value.capabilities.profile)),
      pauses,
    );
  }

  async rawOfPlan(planId: string): Promise<readonly Job[]> {
    const jobs = await this.ports.jobs.ofPlan(planId as PlanId);
    return jobs.map(({ value }) => value);
  }

  /** `jobs` are all jobs of one plan: their reasons name each other. */
  summaries(jobs: readonly Job[]): JobSummary[] {
    const siblings = new Map<string, Job>(jobs.map((job) => [job.spec.buildKey, job]));
    const now = this.ports.clock.now();
    const plans = jobs.map(({ spec }) => ({ id: spec.planId, profile: spec.profile }));
    const pauseOf = pausesOver(this.pauses, plans, now);
    return jobs.map((job) =>
      jobSummary(job, {
        now,
        siblings,
        hasDrone: this.served.has(job.spec.profile),
        openAttempt: this.openAttempts.get(job.id),
        pause: pauseOf(job.spec.planId),
      }),
    );
  }

  async ofPlan(planId: string): Promise<JobSummary[]> {
    return this.summaries(await this.rawOfPlan(planId));
  }
}

/** Jobs of one plan, or of the latest plan of each profile. */
export async function readJobs(
  ports: GatewayPorts,
  query: {
    readonly plan?: string | undefined;
    readonly state?: JobStateName | undefined;
    readonly limit: number;
  },
): Promise<{ total: number; jobs: JobSummary[] }> {
  const planIds = query.plan === undefined ? await idsOfLatest(ports) : [query.plan];
  if (query.plan !== undefined && !(await ports.plans.find(query.plan))) {
    throw new ApiRefusal(
      'not-found',
      `plan: there is no plan ${query.plan}.`,
      'GET /api/v1/plans lists them.',
    );
  }
  const reader = await JobReader.open(ports);
  const jobs = (await Promise.all(planIds.map((id) => reader.ofPlan(id)))).flat();
  const wanted = jobs.filter(({ state }) => query.state === undefined || state === query.state);
  return { total: wanted.length, jobs: wanted.slice(0, query.limit) };
}

async function idsOfLatest(ports: GatewayPorts): Promise<string[]> {
  return [...(await latestPlans(ports)).values()].map(({ id }) => id);
}

/** Jobs of recent plans by CPV, `category/name` or name; `=` before a CPV is allowed, as in an atom. */
export async function findJobs(ports: GatewayPorts, atom: string): Promise<JobSummary[]> {
  const name = atom.replace(/^=/, '');
  const reader = await JobReader.open(ports);
  const found: JobSummary[] = [];
  for (const { id } of await ports.plans.recent(RECENT_PLANS)) {
    const jobs = await reader.ofPlan(id);
    found.push(...jobs.filter(({ cpv }) => matches(cpv, name)));
    if (found.length >= MAX_FOUND) break;
  }
  return found.slice(0, MAX_FOUND);
}

function matches(cpv: string, name: string): boolean {
  const packageName = packageOf(cpv as Job['spec']['cpv']);
  return cpv === name || packageName === name || packageName.split('/')[1] === name;
}

/** The job, or a refusal that a caller can act on. */
export async function requireJob({ jobs }: Pick<GatewayPorts, 'jobs'>, id: string): Promise<Job> {
  const found = await jobs.find(id as JobId);
  if (found) return found.value;
  throw new ApiRefusal('not-found', `There is no job ${id}.`, 'GET /api/v1/jobs lists them.');
}

export async function readJob(ports: GatewayPorts, id: string): Promise<JobDetail> {
  const job = await requireJob(ports, id);
  const reader = await JobReader.open(ports);
  const [siblings, attempts, history] = await Promise.all([
    reader.ofPlan(job.spec.planId),
    ports.jobs.attemptsOf(job.id),
    ports.jobs.historyOf(job.id),
  ]);
  const summary = siblings.find((sibling) => sibling.id === job.id) ?? reader.summaries([job])[0];
  if (!summary) throw new Error('one job has one summary');
  return {
    ...summary,
    attempts: attempts.map(attemptView),
    history: history.map(({ at, state, attempt, reason }) => ({
      at: at.toISOString(),
      state,
      attempt,
      reason,
    })),
  };
}
