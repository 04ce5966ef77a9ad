import { describe, expect, it } from '@jest/globals';
import { owesCanary, workLimit } from '@swarm/domain-drone';
import type { AttemptId, DroneName, JobEvent } from '@swarm/domain-job';
import fc from 'fast-check';

import type { BoardJob, NewBoardJob } from './board-job.js';
import { nothingKnown, type FleetDrone } from './fleet.js';
import { shortage } from './obstacle.js';
import { defaultPlacement, explainRound, place, type Placement, type PlacementView } from './place.js';
import { anyRush, exhaustivePlace } from './place.arbitrary.js';
import { anyView, asked, facts, fleetDrone, newJob, start } from './why.arbitrary.js';
import { WorkBoard } from './work-board.js';

function entriesOf({ board }: PlacementView): BoardJob[] {
  return [...board.plans.values()].flatMap(({ jobs }) => jobs);
}

function foundBy(view: PlacementView, { jobId, drone }: Placement): { entry: BoardJob; on: FleetDrone } {
  const entry = view.board.find(jobId);
  const on = view.fleet.find((each) => each.drone.name === drone);
  if (!entry || !on) throw new Error(`${jobId} or ${drone} is not known`);
  return { entry, on };
}

describe('a round', () => {
  it('decides what comparing every job with every drone decides (Q12)', () => {
    fc.assert(
      fc.property(fc.oneof(anyRush, anyView), (view) => {
        expect(place(view, asked)).toEqual(exhaustivePlace(view, asked));
      }),
      { numRuns: 2_000 },
    );
  });

  it('leaves the board as it was, and decides the same again', () => {
    fc.assert(
      fc.property(anyRush, (view) => {
        const ready = entriesOf(view).filter(({ job }) => job.state === 'needed');
        const first = place(view, asked);
        expect(place(view, asked)).toEqual(first);
        expect(entriesOf(view).filter(({ job }) => job.state === 'needed')).toEqual(ready);
      }),
    );
  });

  it('gives no drone more than its slots, one on probation one job, and one that is grounded, busy or unfit none (S2, S22, S23)', () => {
    fc.assert(
      fc.property(anyRush, (view) => {
        const placements = place(view, asked);
        for (const { drone, otherWork } of view.fleet) {
          const given = placements.filter((each) => each.drone === drone.name).length;
          const { atMost } = workLimit(drone, asked);
          const room = Math.max(0, atMost - view.board.heldBy(drone.name).size - otherWork);
          expect([drone.name, given <= room]).toEqual([drone.name, true]);
          if (owesCanary(drone)) expect(given).toBeLessThanOrEqual(1);
        }
        expect(new Set(placements.map(({ jobId }) => jobId)).size).toBe(placements.length);
        for (const placement of placements) {
          const { entry, on } = foundBy(view, placement);
          expect(on.drone.capabilities.profile).toBe(entry.job.spec.profile);
          const isDelayed = entry.job.state === 'needed' && (entry.job.notBefore ?? start) > asked;
          expect([entry.job.state, isDelayed]).toEqual(['needed', false]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is never wider than the cores, nor than the memory, and narrower after each time without memory (Q10)', () => {
    fc.assert(
      fc.property(anyRush, (view) => {
        for (const placement of place(view, asked)) {
          const { entry, on } = foundBy(view, placement);
          const { cores, slots, memoryBytes } = on.drone.capabilities;
          const byMemory = Math.floor(memoryBytes / slots / defaultPlacement.bytesPerMakeJob);
          const most = Math.max(1, Math.min(cores, byMemory));
          const halvings = 2 ** view.facts.needOf(entry.job).timesOutOfMemory;
          expect(placement.makeJobs).toBeGreaterThanOrEqual(1);
          expect(placement.makeJobs).toBeLessThanOrEqual(Math.max(1, most / halvings));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('gives a job to a drone that failed it, or lacks what it needs, only where no other could have it (S26, Q10)', () => {
    fc.assert(
      fc.property(anyRush, (view) => {
        for (const placement of place(view, asked)) {
          const { entry, on } = foundBy(view, placement);
          if (owesCanary(on.drone)) continue;
          const { failedOn } = entry.job;
          const need = view.facts.needOf(entry.job);
          const able = view.fleet.filter(
            ({ drone }) =>
              workLimit(drone, asked).atMost > 0 &&
              drone.capabilities.profile === entry.job.spec.profile &&
              view.facts.refusalOf(drone.name, '') === undefined,
          );
          const ample = able.filter((each) => shortage(each, need) === undefined);
          if (ample.length > 0) expect(ample).toContain(on);
          const untried = (ample.length > 0 ? ample : able).filter(
            ({ drone }) => !failedOn.includes(drone.name as DroneName),
          );
          if (untried.length > 0) expect(untried).toContain(on);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is asked about fleets and boards in which everything occurs that decides it', () => {
    const seen = { waits: 0, canary: 0, failed: 0, warm: 0, short: 0, ties: 0, full: 0 };
    for (const view of fc.sample(anyRush, { numRuns: 500, seed: 5 })) {
      const cold = { ...view, facts: { ...view.facts, builtOn: () => new Set<string>() } };
      const poor = { ...view, facts: { ...view.facts, needOf: () => nothingKnown } };
      const { placements, of } = explainRound(view, asked);
      const reasons = entriesOf(view)
        .filter(({ job }) => job.state === 'needed')
        .map(of);
      const found = placements.map((each) => foundBy(view, each));
      seen.waits += Number(reasons.some((why) => 'kind' in why && why.kind === 'waits-for'));
      seen.full += Number(reasons.some((why) => 'kind' in why && why.kind === 'no-free-slot'));
      seen.canary += Number(found.some(({ on }) => owesCanary(on.drone)));
      seen.failed += Number(found.some(({ entry }) => entry.job.failedOn.length > 0));
      seen.warm += Number(JSON.stringify(place(cold, asked)) !== JSON.stringify(placements));
      seen.short += Number(drones(place(poor, asked)) !== drones(placements));
      seen.ties += Number(new Set(view.fleet.map(({ speed }) => speed)).size < view.fleet.length);
    }
    for (const [what, count] of Object.entries(seen)) expect([what, count >= 10]).toEqual([what, true]);
  });
});

function drones(placements: readonly Placement[]): string {
  return placements.map(({ jobId, drone }) => `${jobId} ${drone}`).join();
}

/** Plans of jobs that wait for nothing and take so many minutes, over a fleet. */
function viewOf(
  plans: Readonly<Record<string, readonly number[]>>,
  fleet: readonly FleetDrone[],
): PlacementView {
  const board = new WorkBoard({ maxFailures: 3, maxReclaims: 3 }, ({ id }) => {
    const [plan = '', at = ''] = id.split('-');
    return { medianMs: 60_000 * (plans[plan]?.[Number(at)] ?? 1), sigma: 0.001 };
  });
  for (const [plan, minutes] of Object.entries(plans)) {
    const jobs = minutes.map((_each, at): NewBoardJob => {
      return { job: newJob(plan, at), revision: 1, waits: [], since: start };
    });
    board.addPlan(plan, jobs, start);
  }
  return { board, fleet, facts };
}

function move({ board }: PlacementView, plan: string, at: number, event: JobEvent, now = start): void {
  const moved = board.apply(newJob(plan, at).id, event, '', now);
  if (!moved.ok) throw new Error(moved.error.kind);
}

function give(view: PlacementView, plan: string, at: number, drone: string): void {
  const attemptId = `${plan}-${at}` as AttemptId;
  move(view, plan, at, { type: 'delegated', attemptId, drone: drone as DroneName });
}

function placedIn(view: PlacementView, now = start): string[] {
  return place(view, now).map(({ jobId, drone }) => `${jobId} on ${drone}`);
}

describe('who is served', () => {
  it('is the plan that was given least so far, however much another one has to do (Q8, Q9)', () => {
    const fleet = ['d1', 'd2', 'd3', 'd4'].map((name) => fleetDrone(name));
    const view = viewOf({ mass: [60, 60, 60, 60, 60, 60], small: [1, 1, 1] }, fleet);
    expect(placedIn(view)).toEqual([
      'mass-0000 on d1',
      'small-0000 on d2',
      'small-0001 on d3',
      'small-0002 on d4',
    ]);
    give(view, 'mass', 0, 'd1');
    expect(placedIn(view).filter((each) => each.startsWith('mass'))).toEqual([]);
  });

  it('is the job with the longest chain behind it; a long wait makes up for a little of that, and no more (Q8)', () => {
    const view = viewOf({ p: [10, 9, 1] }, [fleetDrone('d1')]);
    expect(placedIn(view)).toEqual(['p-0000 on d1']);
    const again = (minutes: number): string[] => {
      const aged = viewOf({ p: [10, 9, 1] }, [fleetDrone('d1')]);
      const late = new Date(start.getTime() + minutes * 60_000);
      give(aged, 'p', 0, 'gone');
      move(aged, 'p', 0, { type: 'attempt-reclaimed', attempt: 1, reason: 'lost' }, late);
      return placedIn(aged, late);
    };
    // One hundredth of a minute for each minute: after 100 minutes as much as the one that is missing.
    expect(again(99)).toEqual(['p-0000 on d1']);
    expect(again(102)).toEqual(['p-0001 on d1']);
  });

  it('is nobody but the drone that ends a giant first, be it busy; something else takes the free slot (S23)', () => {
    const fleet = [fleetDrone('fast', {}, { speed: 4 }), fleetDrone('slow', {}, { speed: 0.5 })];
    const view = viewOf({ p: [210, 6, 4] }, fleet);
    give(view, 'p', 2, 'fast');
    expect(placedIn(view)).toEqual(['p-0001 on slow']);
    // Nothing is handed to the busy one: the giant stays where it is, and goes there when it is free.
    expect(view.board.find(newJob('p', 0).id)?.job.state).toBe('needed');
    move(view, 'p', 2, { type: 'attempt-reclaimed', attempt: 1, reason: 'lost' });
    expect(placedIn(view)[0]).toBe('p-0000 on fast');
  });

  it('is never a drone that failed the job while there is another, be that busy; a fleet of one is asked again (S26)', () => {
    const fail = (view: PlacementView): void => {
      give(view, 'p', 0, 'd1');
      const event = { type: 'attempt-failed', attempt: 1, drone: 'd1' as DroneName } as const;
      move(view, 'p', 0, { ...event, reason: 'x', retryAt: start, counts: true });
    };
    const two = viewOf({ p: [10, 1] }, [fleetDrone('d1', {}, { speed: 4 }), fleetDrone('d2')]);
    fail(two);
    expect(placedIn(two)).toContain('p-0000 on d2');
    give(two, 'p', 1, 'd2');
    expect(placedIn(two)).toEqual([]);
    const one = viewOf({ p: [10] }, [fleetDrone('d1')]);
    fail(one);
    expect(placedIn(one)).toEqual(['p-0000 on d1']);
  });

  it('does not keep others waiting for a profile whose drones are all taken (Q9)', () => {
    const fleet = [fleetDrone('d1', { profile: 'other' }), fleetDrone('d2')];
    const view = viewOf({ p: [9, 8, 7], q: [1, 1] }, fleet);
    view.board.addPlan('o', [{ job: newJob('o', 0, 'other'), revision: 1, waits: [], since: start }], start);
    const given = placedIn(view);
    expect(given).toHaveLength(2);
    expect(given).toContain('o-0000 on d1');
  });
});
