import { describe, expect, it } from '@jest/globals';
import {
  defaultGrounding,
  moveDrone,
  nextDroneState,
  type Drone,
  type DroneState,
  type Strike,
} from '@swarm/domain-drone';
import fc from 'fast-check';

import { now } from './blame.arbitrary.js';
import { strikeBook, type Ending } from './strike-book.js';
import type { Verdict } from './verdict.js';

const LIMIT = defaultGrounding.strikes;
const later = (ms: number): Date => new Date(now.getTime() + ms);

const struck = (n: number, over: Partial<Strike> = {}): Strike => ({
  ...{ attemptId: `attempt-${n}`, drone: 'drone-1', jobId: `job-${n}`, class: 'compile', at: now },
  ...{ counted: true, ended: null, ...over },
});
const streakOf = (length: number): readonly Strike[] => Array.from({ length }, (_none, n) => struck(n));
const verdict = (over: Partial<Verdict> = {}): Verdict => ({
  ...{ blame: 'package', counts: true, strikes: true, takenBack: [], retryAt: now, reason: 'it went wrong' },
  ...over,
});
const drone = (over: Partial<Drone> = {}): Drone => ({
  ...{ name: 'drone-1', state: 'online', reason: 'it failed', incarnation: 'i', enrolledAt: now },
  capabilities: {
    ...{ profile: 'lab', executor: 'portage', slots: 1, cores: 1, memoryBytes: 1, portageVersion: '3' },
  },
  lastSign: {
    ...{ incarnation: 'i', sequence: 1, at: now, attempts: [], draining: false },
    ...{ load1: 0, freeDiskBytes: 1, freeMemoryBytes: 1 },
  },
  ...{ grounding: null, badUpload: null, drain: null },
  ...over,
});
const grounded = drone({ state: 'grounded', grounding: { until: later(300_000), times: 1 } });

describe('a failure in the book', () => {
  it('is one strike of its attempt, or none, and takes back what it disproves (S2)', () => {
    const { counted, ended, ...about } = struck(1);
    expect(strikeBook.failed(about, verdict({ counts: false }))).toEqual({
      ...{ ended: null, isUploadBad: false },
      added: { ...about, counted: false, ended },
    });
    expect(counted).toBe(true);
    const confirmed = strikeBook.failed(about, verdict({ strikes: false, takenBack: ['attempt-7'] }));
    expect(confirmed).toEqual({
      ...{ ended: { attemptIds: ['attempt-7'], how: 'taken-back' }, added: null, isUploadBad: false },
    });
  });

  it('of an upload strikes nobody, whatever its verdict says, and tells of the path (S22)', () => {
    const { attemptId, drone: name, jobId, class: failure, at } = struck(1);
    const about = { attemptId, drone: name, jobId, class: failure, at };
    expect(strikeBook.failed(about, verdict({ blame: 'path' }))).toEqual({
      ...{ ended: null, added: null, isUploadBad: true },
    });
  });

  it('grounds a drone when it is the last of so many in a row, and says which (S2)', () => {
    const after = (length: number): unknown =>
      strikeBook.struck({ drone: drone(), streak: streakOf(length), because: 'no disk' }, LIMIT);
    expect([after(0), after(LIMIT - 1)]).toEqual([null, null]);
    expect(after(LIMIT)).toEqual({
      ...{ event: { type: 'struck-out' }, reason: '5 failures in a row, last: no disk' },
    });
  });

  it('of a drone that owes a canary grounds it at once; one that had ended before does not (S4)', () => {
    const owing = drone({ state: 'probation', grounding: { until: now, times: 1 } });
    const after = (length: number): unknown =>
      strikeBook.struck({ drone: owing, streak: streakOf(length), because: 'no disk' }, LIMIT);
    expect(after(1)).toEqual({
      ...{ event: { type: 'canary-failed' }, reason: 'its canary failed: no disk' },
    });
    expect(after(0)).toBeNull();
  });
});

describe('a success in the book', () => {
  it('wipes out the streak, clears the path, and is the canary of a drone that owes one (Q25)', () => {
    const badUpload = { until: now, times: 1 };
    const [streak, wiped] = [streakOf(2), { attemptIds: ['attempt-0', 'attempt-1'], how: 'success' }];
    expect(strikeBook.succeeded({ drone: drone({ badUpload }), streak })).toEqual({
      ...{ ended: wiped, isUploadGood: true, move: null },
    });
    const owing = drone({ state: 'probation', grounding: { until: now, times: 1 } });
    expect(strikeBook.succeeded({ drone: owing, streak: [] })).toEqual({
      ...{ ended: null, isUploadGood: false },
      move: { event: { type: 'canary-succeeded' }, reason: 'its canary was built' },
    });
  });

  it('of a drone that is grounded changes nothing: it was begun before', () => {
    const nothing = { ended: null, isUploadGood: false, move: null };
    const bad = { ...grounded, badUpload: { until: now, times: 1 } };
    expect(strikeBook.succeeded({ drone: bad, streak: streakOf(5) })).toEqual(nothing);
  });
});

describe('a grounding in the book', () => {
  it('excuses the jobs once, and ends the whole streak (S2, S5)', () => {
    const streak = [struck(1), struck(2, { counted: false }), struck(3)];
    const past = [...streak, struck(9, { jobId: 'job-3', ended: 'grounded' })];
    const { excused, ended } = strikeBook.grounded({ drone: grounded, streak, past });
    expect(excused.map(({ jobId }) => jobId)).toEqual(['job-1']);
    expect(ended).toEqual({ attemptIds: ['attempt-1', 'attempt-2', 'attempt-3'], how: 'grounded' });
    const nothing = { excused: [], ended: null };
    expect(strikeBook.grounded({ drone: drone(), streak, past })).toEqual(nothing);
    expect(strikeBook.grounded({ drone: grounded, streak: [], past })).toEqual(nothing);
  });

  it('takes work back at no cost to the job, and strikes from the list what no open plan has', () => {
    expect(strikeBook.takenFrom(grounded, 4)).toEqual({
      event: {
        ...{ type: 'attempt-reclaimed', attempt: 4, excused: true },
        reason: 'drone-1 is grounded: it failed',
      },
      reason: 'drone-1 is grounded: it failed',
    });
    const excused = (state: 'quarantined' | 'needed', isPlanOpen: boolean): unknown =>
      strikeBook.excused({ drone: 'drone-1', number: 4, job: { state }, isPlanOpen }).event;
    const excuse = { type: 'failure-excused', drone: 'drone-1' };
    expect(excused('quarantined', false)).toEqual({ type: 'superseded' });
    expect((['quarantined', 'needed'] as const).map((state) => excused(state, state !== 'needed'))).toEqual([
      excuse,
      excuse,
    ]);
  });

  it('ends at its time, and one that a person must lift never does', () => {
    const end = { event: { type: 'grounding-ended' }, reason: 'one job first, then work as before' };
    expect(strikeBook.released(grounded, later(299_999))).toBeNull();
    expect(strikeBook.released(grounded, later(300_000))).toEqual(end);
    const byHand = { ...grounded, grounding: { until: null, times: 1 } };
    expect(strikeBook.released(byHand, later(1e12))).toBeNull();
    expect(strikeBook.released(drone(), later(1e12))).toBeNull();
  });
});

const states: readonly DroneState[] = ['online', 'suspect', 'offline', 'probation', 'draining'];

/** What happens to one drone: it fails, it builds, time passes; some of it is told twice. */
interface Happening {
  readonly what: 'fails' | 'builds' | 'later' | 'moves';
  readonly job: number;
  readonly isTwice: boolean;
  readonly state: DroneState;
}
const happenings: fc.Arbitrary<readonly Happening[]> = fc.array(
  fc.record({
    what: fc.constantFrom('fails', 'fails', 'fails', 'builds', 'later', 'moves'),
    job: fc.nat(3),
    isTwice: fc.boolean(),
    state: fc.constantFrom(...states),
  }),
  { maxLength: 60, size: 'max' },
);

/** A ledger that keeps the book as the scheduler does: it stores each step before it takes the next. */
class Keeper {
  drone = drone();
  strikes: readonly Strike[] = [];
  /** What was forgiven, and in which of its groundings. */
  excused: readonly { readonly strike: Strike; readonly grounding: number }[] = [];
  at = now;
  #attempts = 0;
  #groundings = 0;

  get streak(): readonly Strike[] {
    return this.strikes.filter(({ ended }) => ended === null);
  }

  happens({ what, job, isTwice, state }: Happening): void {
    if (what === 'later') this.at = new Date(this.at.getTime() + defaultGrounding.groundedMs);
    // Heartbeats move it as well; no sign lifts a grounding, and who owes a canary is not online.
    const isFor = state === 'online' ? this.drone.grounding === null : state !== 'probation';
    if (what === 'moves' && this.drone.state !== 'grounded' && isFor) this.drone = { ...this.drone, state };
    const { counted: _counted, ended: _ended, ...about } = struck((this.#attempts += 1), { at: this.at });
    for (let told = 0; told < (isTwice ? 2 : 1); told += 1) {
      if (what === 'fails') this.#fails({ ...about, jobId: `job-${job}` });
      if (what === 'builds') this.#builds();
    }
    this.settle();
  }

  settle(): void {
    const past = this.strikes;
    const { excused, ended } = strikeBook.grounded({ drone: this.drone, streak: this.streak, past });
    const grounding = this.#groundings;
    this.excused = [...this.excused, ...excused.map((strike) => ({ strike, grounding }))];
    this.#end(ended);
    const move = strikeBook.released(this.drone, this.at);
    if (move) this.#move(move.event, move.reason);
  }

  #fails(about: Omit<Strike, 'counted' | 'ended'>): void {
    const { added } = strikeBook.failed(about, verdict());
    if (added && !this.strikes.some(({ attemptId }) => attemptId === added.attemptId)) {
      this.strikes = [...this.strikes, added];
    }
    const move = strikeBook.struck({ drone: this.drone, streak: this.streak, because: 'x' }, LIMIT);
    if (move) this.#move(move.event, move.reason);
  }

  #builds(): void {
    const { ended, move } = strikeBook.succeeded({ drone: this.drone, streak: this.streak });
    this.#end(ended);
    if (move) this.#move(move.event, move.reason);
  }

  #move(event: Parameters<typeof moveDrone>[1], reason: string): void {
    const context = { now: this.at, policy: defaultGrounding, reason };
    const before = this.drone.state;
    this.drone = moveDrone(this.drone, event, context) ?? this.drone;
    if (this.drone.state === 'grounded' && before !== 'grounded') this.#groundings += 1;
  }

  #end(ending: Ending | null): void {
    this.strikes = this.strikes.map((strike) =>
      strike.ended === null && ending?.attemptIds.includes(strike.attemptId)
        ? { ...strike, ended: ending.how }
        : strike,
    );
  }
}

describe('a book that is kept', () => {
  it('never lets a streak grow past the limit, and settles a grounding once, whatever is told twice (S2, S4, S5)', () => {
    let groundings = 0;
    fc.assert(
      fc.property(happenings, (given) => {
        const keeper = new Keeper();
        for (const happening of given) {
          const wasGrounded = keeper.drone.state === 'grounded';
          keeper.happens(happening);
          const { drone: after, streak, excused } = keeper;
          expect(streak.length).toBeLessThan(LIMIT);
          if (after.state === 'grounded') {
            expect(streak).toEqual([]);
            if (!wasGrounded) groundings += 1;
          }
          // A job is forgiven in one grounding of a drone and in no later one, and nothing is forgiven twice.
          const ids = excused.map(({ strike }) => strike.attemptId);
          expect(new Set(ids).size).toBe(ids.length);
          const times = new Set(excused.map(({ strike, grounding }) => `${strike.jobId} ${grounding}`));
          expect(times.size).toBe(new Set(excused.map(({ strike }) => strike.jobId)).size);
          const before = [keeper.excused, keeper.strikes, keeper.drone];
          keeper.settle();
          expect([keeper.excused, keeper.strikes, keeper.drone]).toEqual(before);
        }
      }),
    );
    expect(groundings).toBeGreaterThan(20);
  });

  it('decides no move that the state of the drone refuses', () => {
    for (const state of states) {
      const able = drone({ state });
      const grounding = state === 'probation' ? { until: now, times: 1 } : null;
      const standing = { drone: { ...able, grounding }, streak: streakOf(LIMIT), because: 'x' };
      const move = strikeBook.struck(standing, LIMIT);
      expect(nextDroneState(state, move?.event.type ?? 'heard')).toBe('grounded');
    }
  });
});
