import type { OpenJob } from '@swarm/domain-job';

import type { BoardJob, NewBoardJob } from './board-job.js';
import { meanMs, type Prediction } from './prediction.js';
import { NOT_QUEUED } from './ready-queue.js';

/**
 * The jobs of a plan, bound to what they wait for and to what waits for them. Throws where one waits for a job that
 * does not come before it: such a plan would never end.
 */
export function entriesOf(
  plan: string,
  jobs: readonly NewBoardJob[],
  predict: (job: OpenJob) => Prediction,
): BoardJob[] {
  const entries: BoardJob[] = [];
  const dependents: BoardJob[][] = jobs.map(() => []);
  for (const [position, given] of jobs.entries()) {
    const waits = given.waits.map((needs) => {
      const other = entries[needs];
      if (!other)
        throw new Error(`job ${position} of plan ${plan} waits for one that does not come before it`);
      return other;
    });
    const entry = entryOf(given, predict(given.job), {
      plan,
      position,
      waits,
      dependents: dependents[position] ?? [],
    });
    for (const needs of given.waits) dependents[needs]?.push(entry);
    entries.push(entry);
  }
  return entries;
}

/** One plain literal: objects that are put together by spreading take several times the memory and the time. */
function entryOf(
  { job, revision, since }: NewBoardJob,
  prediction: Prediction,
  { plan, position, waits, dependents }: Pick<BoardJob, 'plan' | 'position' | 'waits' | 'dependents'>,
): BoardJob {
  const expectedMs = meanMs(prediction);
  return {
    job,
    revision,
    since,
    plan,
    position,
    waits,
    dependents,
    unmet: waits.reduce((count, { job: { state } }) => count + (state === 'published' ? 0 : 1), 0),
    prediction,
    expectedMs,
    rankMs: expectedMs,
    heapAt: NOT_QUEUED,
  };
}
