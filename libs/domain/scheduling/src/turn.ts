import type { BoardJob } from './board-job.js';
import type { PlacementPolicy } from './place.js';
import { ReadyWalk, urgencyOf } from './ready-queue.js';
import type { WorkBoard } from './work-board.js';

/**
 * How many needed jobs of the same profile a round looks at before this one: the more urgent ones of its plan, and of
 * other plans what their fair share comes to by then. `isOut` leaves out what does not stand in the way.
 */
export function jobsAhead(
  board: WorkBoard,
  entry: BoardJob,
  policy: PlacementPolicy,
  isOut: (other: BoardJob) => boolean,
): number {
  const urgency = (other: BoardJob): number => urgencyOf(other, policy.ageing);
  const counts = (other: BoardJob): boolean =>
    other.job.spec.profile === entry.job.spec.profile && !isOut(other);
  let ahead = 0;
  let turnMs = board.plans.get(entry.plan)?.servedMs ?? 0;
  for (const other of board.plans.get(entry.plan)?.ready ?? []) {
    if (!counts(other) || !isBefore(other, entry, urgency)) continue;
    ahead += 1;
    turnMs += other.expectedMs;
  }
  for (const lane of board.plans.values()) {
    if (lane.plan === entry.plan) continue;
    const ready = new ReadyWalk(lane.queue(policy.ageing));
    let { servedMs } = lane;
    for (let next = ready.next(); next && servedMs < turnMs; next = ready.next()) {
      if (!counts(next)) continue;
      ahead += 1;
      servedMs += next.expectedMs;
    }
  }
  return ahead;
}

function isBefore(a: BoardJob, b: BoardJob, urgency: (entry: BoardJob) => number): boolean {
  const difference = urgency(a) - urgency(b);
  return difference === 0 ? a.job.id < b.job.id : difference > 0;
}
