/** A job of a plan, by the key of its build and the keys of all that it needs. */
export interface WaitingJob {
  readonly buildKey: string;
  readonly needs: readonly { readonly buildKey: string }[];
}

/**
 * For each job of a plan the positions of those that it waits for directly, in descending order. `jobs` has each after
 * all that it needs; needs that are no jobs of the plan are built already, and nobody waits for them.
 *
 * A need is left out when another need has it among its own needs: who waits for the one waits for both. So the jobs
 * that are reached through waits are exactly those that are reached through needs, over a small part of the edges:
 * needs are closures, of hundreds, where a job directly waits for a few. Memory is one number for each need.
 * Throws for a job that needs itself or one after it.
 */
export function directWaits(jobs: readonly WaitingJob[]): readonly (readonly number[])[] {
  const positionOf = new Map<string, number>();
  // Of two jobs of one build the first one serves.
  for (const [position, { buildKey }] of jobs.entries()) {
    if (!positionOf.has(buildKey)) positionOf.set(buildKey, position);
  }
  const needed: Int32Array[] = [];
  /** For each job the last one found to be waiting for it. */
  const impliedFor = new Int32Array(jobs.length).fill(-1);
  return jobs.map((job, position) => {
    const positions = neededBy(job, position, positionOf);
    needed.push(positions);
    const waits: number[] = [];
    // Nothing needs what comes after it, so from the last one on each is judged after all that could imply it.
    for (let i = positions.length - 1; i >= 0; i -= 1) {
      const need = positions[i] ?? 0;
      if (impliedFor[need] === position) continue;
      impliedFor[need] = position;
      waits.push(need);
      for (const other of needed[need] ?? []) impliedFor[other] = position;
    }
    return waits;
  });
}

/** In ascending order; a need that is there twice, for two roots, stays there twice. */
function neededBy(
  { buildKey, needs }: WaitingJob,
  position: number,
  positionOf: ReadonlyMap<string, number>,
): Int32Array {
  const positions: number[] = [];
  for (const need of needs) {
    const found = positionOf.get(need.buildKey);
    if (found !== undefined) positions.push(found);
  }
  const late = positions.find((need) => need >= position);
  if (late !== undefined) {
    throw new Error(
      `job ${position} (${buildKey}) needs job ${late} of its plan, which does not come before it`,
    );
  }
  return Int32Array.from(positions).sort();
}
