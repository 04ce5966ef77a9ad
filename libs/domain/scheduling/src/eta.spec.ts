import { describe, expect, it } from '@jest/globals';
import type { AttemptId, JobEvent, Sha256 } from '@swarm/domain-job';
import fc from 'fast-check';

import type { BoardJob, NewBoardJob } from './board-job.js';
import { chance, seedOf } from './chance.js';
import { etaOfJob, etaOfPlan, Etas, MAX_ETA_JOBS, type Eta, type Expected } from './eta.js';
import type { FleetDrone } from './fleet.js';
import { place, type PlacementView } from './place.js';
import type { Prediction } from './prediction.js';
import { anyView, asked, facts, fleetDrone, newJob, newPause, start } from './why.arbitrary.js';
import { whyNotBuilding, type WhyView } from './why.js';
import { WorkBoard } from './work-board.js';

const policy = { maxFailures: 3, maxReclaims: 10 };
const after = (ms: number): Date => new Date(start.getTime() + ms);

function eta(expected: Expected): Eta {
  if (expected.eta === null) throw new Error(expected.because);
  return expected.eta;
}

/** Whole numbers below a bound, by seed: the lists that are simulated are always the same. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = seedOf(String(state));
    return state % below;
  };
}

interface List {
  readonly waits: readonly (readonly number[])[];
  readonly medians: readonly number[];
}

/** `jobs` packages, each of which needs up to `needs` of those shortly before it. */
function list(seed: number, jobs: number, needs: number): List {
  const random = numbers(seed);
  const waits = Array.from({ length: jobs }, (_, at) =>
    at === 0
      ? []
      : [...new Set(Array.from({ length: random(needs + 1) }, () => at - 1 - random(Math.min(at, 12))))],
  );
  const medians = waits.map((_, at) => 30_000 * Math.exp(1.2 * chance(seedOf('median'), seed * 1_000 + at)));
  return { waits, medians };
}

function viewOf(lists: readonly List[], fleet: readonly FleetDrone[], sigma = 0.5): PlacementView {
  const medians = new Map(
    lists.flatMap((each, plan) => each.medians.map((ms, at) => [newJob(`plan${plan}`, at).id, ms])),
  );
  const predict = ({ id }: { readonly id: string }): Prediction => ({
    medianMs: medians.get(id as never) ?? 60_000,
    sigma,
  });
  const board = new WorkBoard(policy, predict);
  for (const [index, { waits }] of lists.entries()) {
    const plan = `plan${index}`;
    const jobs = waits.map((each, at): NewBoardJob => ({
      job: newJob(plan, at),
      revision: 1,
      waits: each,
      since: start,
    }));
    board.addPlan(plan, jobs, start);
  }
  return { board, fleet, facts };
}

const jobsOf = ({ board }: PlacementView): BoardJob[] =>
  [...board.plans.values()].flatMap(({ jobs }) => jobs);

interface Coming {
  readonly at: number;
  readonly entry: BoardJob;
  readonly type: 'artifact-received' | 'artifact-published';
}

/** From the end of a build to its place in the index. */
const PUBLISHING_MS = 3_000;

/** Builds everything as the swarm would, each build taking what chance says. When each job was published. */
function simulate(view: PlacementView, seed: number, untilMs = Infinity): Map<string, number> {
  const ends = new Map<string, number>();
  const coming: Coming[] = [];
  const fleet = new Map(view.fleet.map((each) => [each.drone.name, each]));
  for (let nowMs = 0; ;) {
    for (const { jobId, drone } of place(view, after(nowMs))) {
      const entry = view.board.find(jobId);
      const on = fleet.get(drone);
      if (!entry || !on) throw new Error('placed what there is not');
      const { medianMs, sigma } = entry.prediction;
      const tookMs = medianMs * Math.exp(sigma * chance(seedOf(`truth of ${jobId}`), seed));
      coming.push({ entry, at: nowMs + on.overheadMs + tookMs / on.speed, type: 'artifact-received' });
      const attemptId = jobId as string as AttemptId;
      view.board.apply(jobId, { type: 'delegated', attemptId, drone }, '', after(nowMs));
    }
    coming.sort((a, b) => a.at - b.at);
    const next = coming.shift();
    if (!next || next.at > untilMs) return ends;
    nowMs = next.at;
    const { entry, type } = next;
    view.board.apply(entry.job.id, { type, artifact: 'a' as Sha256 }, '', after(nowMs));
    if (type === 'artifact-published') ends.set(entry.job.id, nowMs);
    else coming.push({ entry, at: nowMs + PUBLISHING_MS, type: 'artifact-published' });
  }
}

const speeds = [1, 0.5, 0.85, 1.4];
function fleetOf(drones: number, slots = 1): FleetDrone[] {
  return Array.from({ length: drones }, (_, at) =>
    fleetDrone(`d${at}`, { slots }, { speed: speeds[at % speeds.length] ?? 1, overheadMs: 2_000 }),
  );
}

interface Coverage {
  inside: number;
  earlier: number;
  later: number;
}

/** How often what was expected when `askedMs` had gone by contains what came. */
function coverage(shape: {
  jobs: number;
  needs: number;
  drones: number;
  plans?: number;
  askedMs?: number;
}): Coverage {
  const counts = { inside: 0, earlier: 0, later: 0 };
  for (let seed = 1; seed <= 12; seed += 1) {
    const lists = Array.from({ length: shape.plans ?? 1 }, (_, at) =>
      list(seed + 100 * at, shape.jobs, shape.needs),
    );
    const ends = simulate(viewOf(lists, fleetOf(shape.drones)), seed);
    const view = viewOf(lists, fleetOf(shape.drones));
    const { askedMs = 0 } = shape;
    if (askedMs > 0) simulate(view, seed, askedMs);
    const etas = new Etas(view, after(askedMs));
    for (const entry of jobsOf(view)) {
      if (entry.job.state === 'published') continue;
      const { earliest, latest } = eta(etas.ofJob(entry));
      const end = after(ends.get(entry.job.id) ?? Infinity);
      counts[end < earliest ? 'earlier' : end > latest ? 'later' : 'inside'] += 1;
    }
  }
  return counts;
}

describe('the interval of an ETA', () => {
  it.each([
    ['a chain on one drone', { jobs: 12, needs: 1, drones: 1 }],
    ['few jobs and many drones', { jobs: 24, needs: 2, drones: 16 }],
    ['many jobs on few drones', { jobs: 90, needs: 1, drones: 4 }],
    ['as many chains as drones', { jobs: 60, needs: 2, drones: 6 }],
    ['two plans at once', { jobs: 45, needs: 1, drones: 4, plans: 2 }],
    ['a list in the middle of its work', { jobs: 90, needs: 1, drones: 4, askedMs: 240_000 }],
  ])('has in it about eight of ten of what comes: %s', (_name, shape) => {
    const { inside, earlier, later } = coverage(shape);
    const all = inside + earlier + later;
    expect(all).toBeGreaterThan(100);
    expect(inside / all).toBeGreaterThan(0.6);
    expect(inside / all).toBeLessThan(0.95);
  });
});

describe('an ETA', () => {
  it('is in order, and never before now; where there is none, it says why (Q11)', () => {
    fc.assert(
      fc.property(anyView, (view) => {
        const etas = new Etas(view, asked);
        for (const entry of jobsOf(view)) {
          const expected = etas.ofJob(entry);
          if (expected.eta === null) {
            expect(expected.because).not.toBe('');
            // A reason that passes by itself has an end; for one that does not, none is made up.
            const { kind } = whyNotBuilding(view, entry, asked);
            expect(['next', 'building', 'received', 'no-free-slot', 'waits-for']).not.toContain(kind);
          } else {
            const { at, earliest, latest } = expected.eta;
            expect([earliest > asked, earliest <= at, at <= latest]).toEqual([true, true, true]);
          }
        }
      }),
      { numRuns: 100, endOnFailure: true },
    );
  });

  it('of a job is later than that of what it waits for, and of a plan is that of its last job', () => {
    const view = viewOf([list(3, 40, 2)], fleetOf(3));
    const etas = new Etas(view, start);
    const of = (entry: BoardJob): number => eta(etas.ofJob(entry)).at.getTime();
    for (const entry of jobsOf(view))
      for (const needed of entry.waits) expect(of(needed)).toBeLessThan(of(entry));
    const last = Math.max(...jobsOf(view).map(of));
    expect(eta(etas.ofPlan('plan0')).at.getTime()).toBeGreaterThanOrEqual(last);
    expect(etaOfPlan(view, 'plan0', start)).toEqual(etas.ofPlan('plan0'));
  });

  it('is sooner with more drones, and later with another plan beside it', () => {
    const plan = list(5, 60, 1);
    const ofPlan = (lists: readonly List[], drones: number): number =>
      eta(etaOfPlan(viewOf(lists, fleetOf(drones)), 'plan0', start)).at.getTime();
    expect(ofPlan([plan], 8)).toBeLessThan(ofPlan([plan], 4) - 60_000);
    expect(ofPlan([plan, list(6, 60, 1)], 4)).toBeGreaterThan(ofPlan([plan], 4) + 60_000);
  });

  it('waits for the end of a pause and of a delay (S19)', () => {
    const plan = { waits: [[], [0]], medians: [60_000, 60_000] };
    const until = after(3_600_000);
    const pause = newPause({ until });
    const view: WhyView = { ...viewOf([plan], fleetOf(1)), pauseOf: () => pause };
    const [first] = jobsOf(view);
    if (!first) throw new Error('no job');
    expect(eta(etaOfJob(view, first, start)).earliest > until).toBe(true);
    expect(eta(etaOfJob({ ...view, pauseOf: () => undefined }, first, start)).latest < until).toBe(true);
  });

  it('there is none without a drone, and none behind what is quarantined (Q11)', () => {
    const view = viewOf([{ waits: [[], [0]], medians: [60_000, 60_000] }], []);
    const [first, second] = jobsOf(view);
    if (!first || !second) throw new Error('no jobs');
    expect(etaOfJob(view, first, start)).toEqual({
      eta: null,
      because: 'no drone can build for profile lab',
    });
    view.board.apply(first.job.id, { type: 'quarantined-by-hand', reason: 'x' }, '', start);
    expect(etaOfJob(view, first, start)).toEqual({ eta: null, because: 'it is quarantined' });
    expect(etaOfJob(view, second, start)).toEqual({ eta: null, because: 'it is blocked' });
    expect(etaOfPlan(view, 'plan0', start).eta).toBeNull();
  });

  it('of what was released from quarantine does not wait for what is not built', () => {
    const view = viewOf([{ waits: [[], [0]], medians: [60_000, 60_000] }], fleetOf(1));
    const [first, second] = jobsOf(view);
    if (!first || !second) throw new Error('no jobs');
    const take = (entry: BoardJob, event: JobEvent): unknown =>
      view.board.apply(entry.job.id, event, '', start);
    take(second, { type: 'quarantined-by-hand', reason: 'x' });
    take(second, { type: 'quarantine-released' });
    take(first, { type: 'quarantined-by-hand', reason: 'x' });
    if (second.job.state === 'needed') expect(etaOfJob(view, second, start).eta).not.toBeNull();
    else expect(etaOfJob(view, second, start).eta).toBeNull();
  });

  it('is not looked for on a board that is too large for that', () => {
    const jobs = Array.from({ length: MAX_ETA_JOBS + 1 }, (): number[] => []);
    const view = viewOf([{ waits: jobs, medians: [] }], fleetOf(1));
    expect(etaOfPlan(view, 'plan0', start)).toEqual({
      ...{ eta: null, because: 'more than 60000 jobs of profile lab are on the board' },
    });
  });

  it('is the same whenever it is asked of the same board', () => {
    const view = viewOf([list(7, 30, 2)], fleetOf(2));
    expect(etaOfPlan(view, 'plan0', start)).toEqual(etaOfPlan(view, 'plan0', start));
  });
});
