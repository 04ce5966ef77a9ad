import { isLost, type BoardJob } from './board-job.js';
import type { WorkBoard } from './work-board.js';

/**
 * Jobs that stand in a state which what they wait for does not bear out: one that waits for nothing any more, is blocked
 * by nothing, or is ready too early. There are none, unless a wake-up was lost (Q21). Looks at every job of the board.
 */
export function overlooked(board: WorkBoard): readonly BoardJob[] {
  return [...board.plans.values()].flatMap(({ jobs }) => jobs.filter((entry) => !isBorneOut(entry)));
}

function isBorneOut({ job, waits }: BoardJob): boolean {
  switch (job.state) {
    case 'waiting':
      return waits.some((each) => !isPublished(each)) && !waits.some((each) => isLost(each.job));
    case 'blocked':
      return waits.some((each) => isLost(each.job) && causeOf(each) === job.blockedBy);
    case 'needed':
      return waits.every(isPublished);
    case 'delegated':
    case 'received':
    case 'published':
    case 'quarantined':
    case 'superseded':
    case 'cancelled':
      return true;
  }
}

function isPublished({ job }: BoardJob): boolean {
  return job.state === 'published';
}

function causeOf({ job }: BoardJob): string {
  return job.state === 'blocked' ? job.blockedBy : job.spec.cpv;
}
