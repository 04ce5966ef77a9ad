import { judge, strikeBook } from '@swarm/domain-blame';
import { defaultGrounding, defaultLiveness, workLimit } from '@swarm/domain-drone';
import type { DroneName } from '@swarm/domain-job';
import { place, type BoardJob, type Placement, type PlacementView } from '@swarm/domain-scheduling';

import type { CoreRules } from './scheduler-core.js';

/** The rules of the swarm, with the numbers of DESIGN 9. */
export const swarmRules: CoreRules = {
  place: (view, now) => place(view, now),
  judge,
  book: strikeBook,
  retry: { maxFailures: 3, maxReclaims: 10 },
  retryDelayMs: 60_000,
  grounding: defaultGrounding,
  liveness: defaultLiveness,
};

/** Peers of our placement: what one gets for nothing. */
export const policies = {
  swarm: swarmRules.place,
  /** In the order of the plan, whatever slot is free. */
  fifo: (view: PlacementView, now: Date) => inTurn(view, now, (a, b) => a.position - b.position),
  /** The longest chain first, to the fastest free drone: a list as in the textbook. */
  list: (view: PlacementView, now: Date) => inTurn(view, now, (a, b) => b.rankMs - a.rankMs),
} as const satisfies Readonly<Record<string, CoreRules['place']>>;

export type PolicyName = keyof typeof policies;

function inTurn(
  { board, fleet }: PlacementView,
  now: Date,
  order: (a: BoardJob, b: BoardJob) => number,
): readonly Placement[] {
  const slots = [...fleet]
    .sort((a, b) => b.speed - a.speed)
    .flatMap(({ drone, otherWork }) => {
      const free = workLimit(drone, now).atMost - board.heldBy(drone.name).size - otherWork;
      return Array.from({ length: Math.max(0, free) }, () => drone.name as DroneName);
    });
  const ready = [...board.plans.values()]
    .flatMap((lane) => [...lane.ready])
    .filter(({ job }) => job.state === 'needed' && (job.notBefore === null || job.notBefore <= now))
    .sort(order);
  return ready.slice(0, slots.length).flatMap(({ job }, at): Placement[] => {
    const drone = slots[at];
    return drone === undefined ? [] : [{ jobId: job.id, drone, makeJobs: 1 }];
  });
}
