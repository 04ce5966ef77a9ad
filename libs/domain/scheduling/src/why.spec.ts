import { describe, expect, it } from '@jest/globals';
import { workLimit } from '@swarm/domain-drone';
import type { AttemptId, DroneName, JobEvent, JobId, Sha256 } from '@swarm/domain-job';
import fc from 'fast-check';

import { isLost, type BoardJob } from './board-job.js';
import { place, type PlacementView } from './place.js';
import { asked, anyView, facts, fleetDrone, newJob, newPause, start } from './why.arbitrary.js';
import { Reasons, whyNotBuilding, type Reason, type ReasonKind, type ReasonOf } from './why.js';
import { sentenceOf, unblocksOf } from './why-text.js';
import { WorkBoard } from './work-board.js';

type Placements = ReturnType<typeof place>;

function entriesOf({ board }: PlacementView): BoardJob[] {
  return [...board.plans.values()].flatMap(({ jobs }) => jobs);
}

const stateOf: Readonly<Partial<Record<ReasonKind, BoardJob['job']['state']>>> = {
  published: 'published',
  received: 'received',
  building: 'delegated',
  waiting: 'waiting',
  blocked: 'blocked',
  quarantined: 'quarantined',
  superseded: 'superseded',
  cancelled: 'cancelled',
};

/** What a reason is checked against: the board, and what placing does, and not how it was found. */
interface Scene {
  readonly view: PlacementView;
  readonly entry: BoardJob;
  readonly placed: Placements;
  readonly named: (cpv: string) => BoardJob;
}

const checks: { readonly [K in ReasonKind]?: (scene: Scene, reason: ReasonOf<K>) => void } = {
  next: ({ placed, entry }, { drone }) =>
    expect(placed).toContainEqual(expect.objectContaining({ jobId: entry.job.id, drone })),
  waiting: ({ entry, named }, reason) => checkWaiting(entry, reason, named),
  blocked: ({ entry, named }, { by }) => {
    expect(by.length).toBeGreaterThan(0);
    for (const { cpv, state } of by) {
      expect(['quarantined', 'cancelled', 'superseded']).toContain(named(cpv).job.state);
      expect([state, needs(entry, named(cpv))]).toEqual([named(cpv).job.state, true]);
    }
  },
  delayed: (_scene, { until }) => expect(until > asked).toBe(true),
  'no-drone': ({ view }, { excluded }) =>
    // Nobody is left out: each drone has something that excludes it.
    expect(excluded.map(({ drone }) => drone).sort()).toEqual(
      view.fleet.map(({ drone }) => drone.name).sort(),
    ),
  'no-free-slot': checkSlots,
  'waits-for': ({ view, placed }, { drone, instead, savesMs }) => {
    expect(room(view, drone, placed)).toBeLessThanOrEqual(0);
    expect([savesMs > 0, drone === instead]).toEqual([true, false]);
  },
};

/** Whether a reason is true. */
function check(scene: Scene, reason: Reason): void {
  const { entry, placed } = scene;
  expect(entry.job.state).toBe(stateOf[reason.kind] ?? 'needed');
  const isPlaced = placed.some(({ jobId }) => jobId === entry.job.id);
  expect([entry.job.id, reason.kind === 'next']).toEqual([entry.job.id, isPlaced]);
  const checkIt = checks[reason.kind] as ((given: Scene, found: Reason) => void) | undefined;
  checkIt?.(scene, reason);
}

function checkWaiting(
  entry: BoardJob,
  { holdups }: ReasonOf<'waiting'>,
  named: (cpv: string) => BoardJob,
): void {
  const missing = entry.waits.filter(({ job }) => job.state !== 'published');
  expect(holdups.map(({ cpv }) => cpv)).toEqual(missing.map(({ job }) => job.spec.cpv));
  expect(missing.some(({ job }) => isLost(job))).toBe(false);
  // Q21: a job that has everything does not go on waiting.
  expect(holdups.length).toBeGreaterThan(0);
  for (const { cpv, root } of holdups) {
    const cause = named(root.cpv);
    expect(cause === named(cpv) || needs(named(cpv), cause)).toBe(true);
    expect(['needed', 'delegated', 'received']).toContain(cause.job.state);
  }
}

function checkSlots({ view, placed }: Scene, reason: ReasonOf<'no-free-slot'>): void {
  expect(reason.drones.length).toBeGreaterThan(0);
  for (const drone of reason.drones) expect(room(view, drone, placed)).toBeLessThanOrEqual(0);
  for (const { drone, cpv } of reason.taken) {
    const job = entriesOf(view).find((each) => each.job.spec.cpv === cpv);
    const isHeld = job?.job.state === 'delegated' && job.job.drone === drone;
    const isGiven = placed.some((each) => each.drone === drone && each.jobId === job?.job.id);
    expect([cpv, isHeld || isGiven]).toEqual([cpv, true]);
  }
  const ready = entriesOf(view).filter(({ job }) => job.state === 'needed');
  expect(reason.ahead).toBeLessThan(ready.length - placed.length);
  expect(reason.excluded.some(({ drone }) => reason.drones.includes(drone))).toBe(false);
}

/** Slots of a drone that are left after a round. */
function room(view: PlacementView, name: string, placed: Placements): number {
  const found = view.fleet.find(({ drone }) => drone.name === name);
  if (!found) throw new Error(`no drone ${name}`);
  const given = placed.filter(({ drone }) => drone === name).length;
  return workLimit(found.drone, asked).atMost - found.otherWork - view.board.heldBy(name).size - given;
}

function needs(entry: BoardJob, wanted: BoardJob): boolean {
  return entry.waits.some((each) => each === wanted || needs(each, wanted));
}

describe('why a job is not built', () => {
  it('always has an answer, which is true (Q11)', () => {
    fc.assert(
      fc.property(anyView, (view) => {
        const reasons = new Reasons(view, asked);
        const placed = place(view, asked);
        const jobs = new Map(entriesOf(view).map((entry) => [entry.job.spec.cpv as string, entry]));
        const named = (cpv: string): BoardJob => {
          const found = jobs.get(cpv);
          if (!found) throw new Error(`${cpv} is no job`);
          return found;
        };
        for (const entry of jobs.values()) {
          const reason = reasons.of(entry);
          check({ view, entry, placed, named }, reason);
          expect(sentenceOf(reason)).toMatch(/^(?:is|was|has|waits) \S/);
          expect(sentenceOf(reason)).not.toMatch(/undefined|null|NaN|Infinity/);
          expect(unblocksOf(reason) === '').toBe(reason.kind === 'published');
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is asked about boards on which every kind of it occurs (Q11)', () => {
    const seen = new Map<ReasonKind, number>();
    for (const view of fc.sample(anyView, { numRuns: 600, seed: 4 })) {
      const reasons = new Reasons(view, asked);
      for (const entry of entriesOf(view)) {
        const { kind } = reasons.of(entry);
        seen.set(kind, (seen.get(kind) ?? 0) + 1);
      }
    }
    const kinds: ReasonKind[] = ['building', 'received', 'waiting', 'blocked', 'quarantined', 'delayed'];
    kinds.push('no-drone', 'no-free-slot', 'waits-for', 'next', 'superseded', 'cancelled', 'published');
    for (const kind of kinds) expect([kind, (seen.get(kind) ?? 0) >= 10]).toEqual([kind, true]);
  });

  it('is the pause, and nothing else, for what a paused plan could give out (S19)', () => {
    const pause = newPause({ until: new Date(asked.getTime() + 1) });
    fc.assert(
      fc.property(anyView, (view) => {
        const reasons = new Reasons(
          { ...view, pauseOf: (plan) => (plan === 'plan0' ? pause : undefined) },
          asked,
        );
        for (const entry of entriesOf(view)) {
          const isPaused = entry.plan === 'plan0' && entry.job.state === 'needed';
          expect(reasons.of(entry).kind === 'paused').toBe(isPaused);
        }
      }),
    );
  });
});

/** Plan `p` with these dependencies, over a fleet. */
function viewOf(waits: readonly (readonly number[])[], fleet: PlacementView['fleet'] = []): PlacementView {
  const board = new WorkBoard({ maxFailures: 2, maxReclaims: 3 }, () => ({ medianMs: 240_000, sigma: 0.3 }));
  board.addPlan(
    'p',
    waits.map((each, at) => ({ job: newJob('p', at), revision: 1, waits: each, since: start })),
    start,
  );
  return { board, fleet, facts };
}

function jobAt({ board }: PlacementView, at: number): BoardJob {
  const found = board.plans.get('p')?.jobs[at];
  if (!found) throw new Error(`no job ${at}`);
  return found;
}

function move(view: PlacementView, at: number, event: JobEvent, now = start): void {
  const moved = view.board.apply(jobAt(view, at).job.id, event, '', now);
  if (!moved.ok) throw new Error(moved.error.kind);
}

function give(view: PlacementView, at: number, drone: string, now = start): void {
  move(view, at, { type: 'delegated', attemptId: `a${at}` as AttemptId, drone: drone as DroneName }, now);
}

function say(view: Parameters<typeof whyNotBuilding>[0], at: number, now = asked): string {
  return sentenceOf(whyNotBuilding(view, jobAt(view, at), now));
}

describe('what it says', () => {
  it('names what a dependency of a dependency is doing (Q11)', () => {
    const view = viewOf([[], [0], [1], [0, 2]], [fleetDrone('d1')]);
    give(view, 0, 'd1', asked);
    expect(say(view, 1)).toBe('waits for p/job0-1 (is being built on d1, about 4 min more)');
    expect(say(view, 3)).toBe(
      'waits for p/job0-1 (is being built on d1, about 4 min more), p/job2-1 (which waits for p/job0-1, which is being built on d1, about 4 min more); 3 jobs come before it',
    );
    expect(unblocksOf(whyNotBuilding(view, jobAt(view, 3), asked))).toBe('p/job0-1, once published');
  });

  it('names the quarantined package that blocks it, however far away (Q11)', () => {
    const view = viewOf([[], [0], [1]]);
    move(view, 0, { type: 'quarantined-by-hand', reason: 'breaks X' });
    expect(say(view, 2)).toBe('is blocked: needs p/job0-1, which is quarantined: breaks X');
    expect(unblocksOf(whyNotBuilding(view, jobAt(view, 2), asked))).toContain(
      'swarm quarantine release p/job0-1',
    );
  });

  it('names what excludes each drone, those with the same together (Q11)', () => {
    const away = ['d1', 'd2', 'd3', 'd4', 'd5'].map((name) => fleetDrone(name, { state: 'offline' }));
    const view = viewOf([[]], [...away, fleetDrone('d6', { profile: 'arm' })]);
    expect(say(view, 0)).toBe(
      'waits for a drone: none can build it for profile lab; d1, d2, d3 and 2 more: is offline; d6: builds for arm',
    );
    expect(say(viewOf([[]]), 0)).toBe('waits for a drone: none has enrolled for profile lab');
  });

  it('names what is in the slots, when the first is free, and how many are ahead (Q2)', () => {
    const view = viewOf([[], [], [], [2]], [fleetDrone('d1', {}, { overheadMs: 0 })]);
    give(view, 0, 'd1', asked);
    // Something waits for the third one, so the second comes after it.
    expect(say(view, 1)).toBe(
      'waits for a slot: those of d1 are taken by p/job0-1 on d1, the first is free in about 4 min; 1 job ahead of it',
    );
    expect(say(view, 2)).toContain('it is the next');
  });

  it('is the faster drone, where waiting for that pays', () => {
    const fleet = [fleetDrone('fast', {}, { speed: 4 }), fleetDrone('slow', {}, { speed: 0.1 })];
    const view = viewOf([[], []], fleet);
    give(view, 0, 'fast', asked);
    expect(say(view, 1)).toMatch(
      /^waits for fast, which is free in about 1 min and ends the build about \d+ min sooner than slow$/,
    );
  });

  it('is a pause with its author and its end, until then (S19)', () => {
    const pause = newPause({ until: new Date('2026-01-01T01:00:00Z') });
    const view = { ...viewOf([[], [0]], [fleetDrone('d1')]), pauseOf: () => pause };
    const sentence = 'is paused by anna until 2026-01-01T01:00:00.000Z: the mirror moves';
    expect(say(view, 0)).toBe(sentence);
    expect(say(view, 1)).toBe(`waits for p/job0-1 (${sentence})`);
    expect(say(view, 0, pause.until)).toBe('is given to d1 next');
  });

  it('says of a build what its drone is, and how long it is overdue (Q3)', () => {
    const attempts = [{ attemptId: 'a0', phase: 'compile', sinceMs: 1 }];
    const sign = { ...fleetDrone('d1').drone.lastSign, attempts };
    const view = viewOf(
      [[], []],
      [fleetDrone('d1', { lastSign: sign, slots: 2 }), fleetDrone('d2', { state: 'offline' })],
    );
    give(view, 0, 'd1');
    give(view, 1, 'd2');
    expect(say(view, 0, start)).toBe('is being built on d1, phase compile, about 4 min more');
    expect(say(view, 0, new Date('2026-01-01T00:30:00Z'))).toContain('longer than 99 of 100 builds like it');
    expect(say(view, 1)).toBe('is with d2, which is offline');
  });

  it('says that something is wrong when what was received is not published for long (Q3)', () => {
    const view = viewOf([[]]);
    give(view, 0, 'd1');
    move(view, 0, { type: 'artifact-received', artifact: 'a' as Sha256 });
    expect(say(view, 0)).toBe('is built and verified, on its way into the index');
    expect(say(view, 0, new Date('2026-01-01T00:10:01Z'))).toContain('for too long');
  });

  it('says until when a retry is delayed, and why a job was cancelled', () => {
    const until = new Date('2026-01-01T00:11:00Z');
    const view = viewOf([[], []], [fleetDrone('d1')]);
    give(view, 0, 'd1');
    const failed = {
      attempt: 1,
      drone: 'd1' as DroneName,
      reason: 'no mirror',
      counts: true,
      retryAt: until,
    };
    move(view, 0, { type: 'attempt-failed', ...failed });
    expect(say(view, 0)).toBe(
      'is tried again at 2026-01-01T00:11:00.000Z, after 1 attempt that did not end well',
    );
    move(view, 1, { type: 'cancelled' });
    const lastMoveOf = (id: string): string => (id === ('p-0001' as JobId) ? 'replaced by a newer run' : '');
    expect(say({ ...view, lastMoveOf }, 1)).toBe('was cancelled: replaced by a newer run');
  });
});
