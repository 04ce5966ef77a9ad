import type { OpenJob } from '@swarm/domain-job';

/** What choosing a canary depends on beside the jobs. */
export interface CanaryFacts {
  /** True for a package that was built before: its failure would say more of the drone than of the package. */
  readonly isKnownToBuild: (job: OpenJob) => boolean;
  /** How long its build is taken to last, in milliseconds. */
  readonly expectedMs: (job: OpenJob) => number;
}

/**
 * Orders jobs by how well they tell a good drone from a bad one, best first: least trouble so far, known to build, short.
 * Pure, and a total order: equals are told apart by their ids.
 */
export function byCanary({ isKnownToBuild, expectedMs }: CanaryFacts): (a: OpenJob, b: OpenJob) => number {
  // What was forgiven or lost was trouble as well.
  const trouble = ({ failures, reclaims }: OpenJob): number => failures + reclaims;
  const unknown = (job: OpenJob): number => Number(!isKnownToBuild(job));
  return (a, b) =>
    trouble(a) - trouble(b) ||
    unknown(a) - unknown(b) ||
    expectedMs(a) - expectedMs(b) ||
    (a.id < b.id ? -1 : Number(a.id > b.id));
}
