import { jobStates, type JobCounts, type PlanNumbers } from '@swarm/contracts';
import type { Job } from '@swarm/domain-job';
import type { Plan } from '@swarm/domain-plan';

/** Jobs by state; their sum is `total`. */
export function countJobs(jobs: readonly Job[]): JobCounts {
  const counts = Object.fromEntries(jobStates.map((state) => [state, 0])) as Omit<JobCounts, 'total'>;
  for (const { state } of jobs) counts[state] += 1;
  return { total: jobs.length, ...counts };
}

/**
 * The honest numbers of a plan. Pure.
 * A quarantined job counts as attempted even where an earlier plan made the attempts, so that it always
 * lowers the success rate (S12).
 */
export function numbersOf(plan: Plan | undefined, jobs: readonly Job[]): PlanNumbers {
  const attempted = jobs.filter((job) => job.attempt > 0 || job.state === 'quarantined');
  const published = attempted.filter((job) => job.state === 'published');
  const planned = new Set<string>(jobs.map((job) => job.spec.buildKey));
  const members = new Set((plan?.members ?? []).map((member) => member.buildKey));
  return {
    jobs: countJobs(jobs),
    alreadyBuilt: [...members].filter((key) => !planned.has(key)).length,
    attempted: attempted.length,
    successRate: attempted.length === 0 ? null : published.length / attempted.length,
  };
}
