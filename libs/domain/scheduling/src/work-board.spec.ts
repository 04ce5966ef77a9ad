import { describe, expect, it } from '@jest/globals';
import type { AttemptId, DroneName, JobEvent, JobId, JobState, OpenJob, Sha256 } from '@swarm/domain-job';
import fc from 'fast-check';

import { isLost, type BoardChange, type BoardJob, type NewBoardJob } from './board-job.js';
import { overlooked } from './overlooked.js';
import { ReadyWalk, urgencyOf } from './ready-queue.js';
import { anySketch, boardOf, newJob, start, take } from './why.arbitrary.js';
import { WorkBoard } from './work-board.js';

const retry = { maxFailures: 3, maxReclaims: 3 };
const artifact = 'a'.repeat(64) as Sha256;
const drone = 'drone-1' as DroneName;
const later = (ms: number): Date => new Date(start.getTime() + ms);

function entriesOf(board: WorkBoard): BoardJob[] {
  return [...board.plans.values()].flatMap(({ jobs }) => jobs);
}

function statesOf(board: WorkBoard): Record<string, JobState> {
  return Object.fromEntries(entriesOf(board).map(({ job }) => [job.id, job.state]));
}

/** A plan with these dependencies; minutes that each job takes, one where nothing is said. */
function planOf(
  waits: readonly (readonly number[])[],
  { plan = 'p', minutes = [] as readonly number[], board = undefined as WorkBoard | undefined } = {},
): WorkBoard {
  const made =
    board ??
    new WorkBoard(retry, ({ id }) => ({
      medianMs: 60_000 * (minutes[Number(id.slice(-4))] ?? 1),
      sigma: 0.3,
    }));
  const jobs = waits.map((each, at): NewBoardJob => {
    return { job: newJob(plan, at), revision: 1, waits: each, since: start };
  });
  made.addPlan(plan, jobs, start);
  return made;
}

function idOf(at: number, plan = 'p'): JobId {
  return newJob(plan, at).id;
}

function move(board: WorkBoard, id: JobId, event: JobEvent, at = start): readonly BoardChange[] {
  const moved = board.apply(id, event, 'because', at);
  if (!moved.ok) throw new Error(`${id}: ${event.type}: ${moved.error.kind}`);
  return moved.value;
}

function publish(board: WorkBoard, id: JobId): readonly BoardChange[] {
  const received = move(board, id, { type: 'artifact-received', artifact });
  return [...received, ...move(board, id, { type: 'artifact-published', artifact })];
}

function give(board: WorkBoard, id: JobId): void {
  move(board, id, { type: 'delegated', attemptId: `${id}-1` as AttemptId, drone });
}

/** What is wrong with a board; expected to be nothing, once for each look, for asking is slow. */
type Wrongs = string[];

/** What the board keeps beside the jobs, counted anew from the jobs. */
function keptWrongly(board: WorkBoard): Wrongs {
  const wrongs: Wrongs = [];
  const check = (what: string, isRight: boolean): void => {
    if (!isRight) wrongs.push(what);
  };
  for (const lane of board.plans.values()) {
    const ready = lane.jobs.filter(({ job }) => job.state === 'needed');
    check(`${lane.plan}: ready`, lane.ready.size === ready.length && ready.every((e) => lane.ready.has(e)));
    const open = lane.jobs.filter(({ job }) => job.state === 'waiting' || job.state === 'needed');
    const workMs = open.reduce((sum, { expectedMs }) => sum + expectedMs, 0);
    check(`${lane.plan}: work`, Math.abs(lane.workMs - workMs) < 1);
    const moving: readonly JobState[] = ['waiting', 'needed', 'delegated', 'received'];
    check(
      `${lane.plan}: settled`,
      lane.isSettled === lane.jobs.every(({ job }) => !moving.includes(job.state)),
    );
    check(`${lane.plan}: order`, seenAlong(lane.queue(0.01)).join() === sorted(ready, 0.01).join());
  }
  for (const entry of entriesOf(board)) {
    const { job } = entry;
    check(`${job.id}: find`, board.find(job.id) === entry);
    check(`${job.id}: build`, board.withKey(job.spec.profile, job.spec.buildKey).includes(entry));
    for (const name of ['drone-0', 'drone-1', 'drone-2']) {
      const isHeld = job.state === 'delegated' && job.drone === name;
      check(`${job.id}: held by ${name}`, board.heldBy(name).has(entry) === isHeld);
    }
  }
  return wrongs;
}

function seenAlong(queue: ConstructorParameters<typeof ReadyWalk>[0]): string[] {
  const walk = new ReadyWalk(queue);
  const seen: string[] = [];
  for (let next = walk.next(); next; next = walk.next()) seen.push(next.job.id);
  if (walk.left !== 0 || seen.length !== queue.size) seen.push(`${walk.left} of ${queue.size} not seen`);
  return seen;
}

function sorted(entries: readonly BoardJob[], ageing: number): string[] {
  const urgency = (entry: BoardJob): number => urgencyOf(entry, ageing);
  return [...entries]
    .sort((a, b) => urgency(b) - urgency(a) || (a.job.id < b.job.id ? -1 : 1))
    .map(({ job }) => job.id);
}

/** Whether a job hangs, directly or not, on one that is lost by itself and has this name. */
function hangsOn(entry: BoardJob, cpv: string): boolean {
  return entry.waits.some(({ job, ...rest }) => {
    if (!isLost(job)) return false;
    return job.state === 'blocked' ? hangsOn({ job, ...rest }, cpv) : job.spec.cpv === cpv;
  });
}

/** What does not follow from the graph. */
function standsWrongly(board: WorkBoard): Wrongs {
  const wrongs = overlooked(board).map(({ job }) => `${job.id} is ${job.state}`);
  for (const entry of entriesOf(board)) {
    const { job, waits, unmet } = entry;
    const missing = waits.filter((each) => each.job.state !== 'published').length;
    if (unmet !== missing) wrongs.push(`${job.id} counts ${unmet} of ${missing}`);
    if (job.state === 'blocked' && !hangsOn(entry, job.blockedBy)) {
      wrongs.push(`${job.id} is blocked by ${job.blockedBy}`);
    }
  }
  return wrongs;
}

describe('a board of plans', () => {
  it('has, after every event, what is needed ready, what is blocked blocked by something lost, and all counts right (Q21)', () => {
    fc.assert(
      fc.property(anySketch, (sketch) => {
        const board = boardOf(sketch);
        expect([...standsWrongly(board), ...keptWrongly(board)]).toEqual([]);
        for (const turn of sketch.turns) {
          take(board, turn);
          expect([...standsWrongly(board), ...keptWrongly(board)]).toEqual([]);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('tells of every change once, in order, with the revision that it was decided on', () => {
    fc.assert(
      fc.property(anySketch, (sketch) => {
        const ledger = new Map<string, { readonly job: OpenJob; readonly revision: number }>();
        const board = boardOf({ ...sketch, plans: [] });
        const store = (changes: readonly BoardChange[]): void => {
          for (const { before, after, expected } of changes) {
            expect(ledger.get(after.id)).toEqual({ job: before, revision: expected });
            ledger.set(after.id, { job: after, revision: expected + 1 });
          }
        };
        const apply = board.apply.bind(board);
        board.apply = (id, ...rest) => {
          const moved = apply(id, ...rest);
          if (moved.ok) expect(moved.value[0]?.after.id).toBe(id);
          store(moved.ok ? moved.value : []);
          return moved;
        };
        for (const [plan, entries] of plansOf(sketch)) {
          for (const { job, revision } of entries) ledger.set(job.id, { job, revision });
          store(board.addPlan(plan, entries, start));
        }
        for (const turn of sketch.turns) take(board, turn);
        for (const { job, revision } of entriesOf(board)) {
          expect(ledger.get(job.id)).toEqual({ job, revision });
        }
      }),
    );
  });

  it('ends the same whatever the order of events, and whenever something is lost (Q21)', () => {
    const anyOrder = fc.record({
      sketch: anySketch,
      losses: fc.array(fc.nat(), { maxLength: 3 }),
      orders: fc.tuple(fc.infiniteStream(fc.noBias(fc.nat())), fc.infiniteStream(fc.noBias(fc.nat()))),
    });
    fc.assert(
      fc.property(anyOrder, ({ sketch, losses, orders: [one, other] }) => {
        expect(playedOut(boardOf(sketch), losses, one)).toEqual(playedOut(boardOf(sketch), losses, other));
      }),
      { numRuns: 300 },
    );
  });

  it('that is read again from the ledger finds whatever was not stored of what follows, and nothing else (Q21)', () => {
    fc.assert(
      fc.property(anySketch, fc.infiniteStream(fc.boolean()), (sketch, coins) => {
        const board = boardOf(sketch);
        for (const turn of sketch.turns) take(board, turn);
        const whole = new WorkBoard(retry, () => ({ medianMs: 1, sigma: 0.5 }));
        const torn = new WorkBoard(retry, () => ({ medianMs: 1, sigma: 0.5 }));
        for (const { plan, jobs } of board.plans.values()) {
          const rows = jobs.map(({ job, revision, since, waits }): NewBoardJob => {
            return { job, revision, since, waits: waits.map(({ position }) => position) };
          });
          expect(whole.addPlan(plan, rows, start)).toEqual([]);
          // The event was stored, and the scheduler died before it had stored what hangs on it.
          const early = rows.map((row) => (coins.next().value ? { ...row, job: unsettled(row.job) } : row));
          torn.addPlan(plan, early, start);
        }
        expect(statesOf(whole)).toEqual(statesOf(board));
        expect(statesOf(torn)).toEqual(statesOf(board));
        expect(standsWrongly(torn)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('has nothing left of a plan that was taken off', () => {
    fc.assert(
      fc.property(anySketch, (sketch) => {
        const board = boardOf(sketch);
        for (const turn of sketch.turns) take(board, turn);
        const gone = board.plans.get('plan0')?.jobs ?? [];
        const left = board.size - gone.length;
        board.removePlan('plan0');
        expect([board.size, entriesOf(board).length, board.plans.has('plan0')]).toEqual([left, left, false]);
        for (const entry of gone) {
          const { id, spec } = entry.job;
          expect([board.find(id), board.withKey(spec.profile, spec.buildKey)]).toEqual([undefined, []]);
          for (const name of ['drone-0', 'drone-1', 'drone-2']) {
            expect(board.heldBy(name).has(entry)).toBe(false);
          }
          expect(board.apply(id, { type: 'cancelled' }, '', start).ok).toBe(false);
        }
        expect(keptWrongly(board)).toEqual([]);
      }),
    );
  });

  it('takes no plan that waits for what does not come before, and keeps nothing of it', () => {
    const board = planOf([[]], { plan: 'sound' });
    expect(() => planOf([[], [2], []], { board })).toThrow('job 1 of plan p waits for one that does not');
    expect(() => planOf([[0]], { board })).toThrow('job 0 of plan p');
    expect(() => planOf([[]], { plan: 'sound', board })).toThrow('plan sound is on the board already');
    expect([board.size, board.plans.size, board.find(idOf(0))]).toEqual([1, 1, undefined]);
  });
});

function plansOf({ plans }: Parameters<typeof boardOf>[0]): [string, NewBoardJob[]][] {
  return [...boardOf({ plans, turns: [] }).plans.values()].map(({ plan, jobs }) => [
    plan,
    jobs.map(({ position, waits, job }): NewBoardJob => {
      const before = newJob(plan, position, job.spec.profile);
      return { job: before, revision: 1, waits: waits.map((each) => each.position), since: start };
    }),
  ]);
}

/** Everything is published that can be; what is to be lost is, sooner or later, unless it is published before. */
function playedOut(board: WorkBoard, losses: readonly number[], order: Iterator<number>): object {
  const all = entriesOf(board);
  const doomed = new Set(losses.map((at) => all[at % all.length]));
  for (;;) {
    const open = all.filter((entry) => {
      const { state } = entry.job;
      if (doomed.has(entry)) return state === 'needed' || state === 'waiting' || state === 'blocked';
      return state === 'needed';
    });
    const entry = open[(order.next().value ?? 0) % Math.max(1, open.length)];
    if (!entry) return statesOf(board);
    if (doomed.has(entry)) move(board, entry.job.id, { type: 'quarantined-by-hand', reason: 'lost' });
    else publish(board, entry.job.id);
  }
}

/** As it was before the board brought it in line with what it waits for; no event has touched it since. */
function unsettled(job: OpenJob): OpenJob {
  if (job.state !== 'blocked' && (job.state !== 'needed' || job.attempt > 0)) return job;
  const { id, spec, attempt, failures, reclaims, failedOn } = job;
  return { id, spec, attempt, failures, reclaims, failedOn, state: 'waiting' };
}

/** Jobs that anybody looks at, or changes, while something happens. */
function touchedBy(board: WorkBoard, happens: () => void): Set<number> {
  const touched = new Set<number>();
  for (const entry of entriesOf(board)) {
    const { position } = entry;
    let { job, unmet } = entry;
    Object.defineProperty(entry, 'job', {
      get: () => (touched.add(position), job),
      set: (next: OpenJob) => (touched.add(position), (job = next)),
    });
    Object.defineProperty(entry, 'unmet', {
      get: () => (touched.add(position), unmet),
      set: (next: number) => (touched.add(position), (unmet = next)),
    });
  }
  touched.clear();
  happens();
  return new Set(touched);
}

describe('an event', () => {
  const SIZE = 2_000;
  /** Job 0 has ten dependents; the last of all waits for everything. */
  const waits = Array.from({ length: SIZE }, (_unused, at) => (at > 0 && at <= 10 ? [0] : []));
  const wide = [...waits, Array.from({ length: SIZE }, (_unused, at) => at)];

  it('costs its dependents, of however many jobs, and however many others those wait for (Q12)', () => {
    const board = planOf(wide);
    move(board, idOf(0), { type: 'artifact-received', artifact });
    const published = touchedBy(board, () => move(board, idOf(0), { type: 'artifact-published', artifact }));
    expect([...published].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, SIZE]);
    const given = touchedBy(board, () => {
      give(board, idOf(20));
    });
    expect([...given]).toEqual([20]);
  });

  it('tells no more than it changes: a publication its dependents, a loss all that hangs on it (Q12)', () => {
    const chain = planOf([[], [0], [1], [2], []]);
    expect(publish(chain, idOf(0)).map(({ after }) => [after.id, after.state])).toEqual([
      [idOf(0), 'received'],
      [idOf(0), 'published'],
      [idOf(1), 'needed'],
    ]);
    const lost = move(chain, idOf(1), { type: 'quarantined-by-hand', reason: 'x' });
    expect(lost.map(({ after }) => after.state)).toEqual(['quarantined', 'blocked', 'blocked']);
    expect(lost.map(({ reason }) => reason)).toEqual([
      'because',
      'needs p/job1-1, which is quarantined',
      'needs p/job2-1, which is blocked',
    ]);
    const back = move(chain, idOf(1), { type: 'quarantine-released' });
    expect(back.map(({ after }) => after.state)).toEqual(['waiting', 'needed', 'waiting', 'waiting']);
  });

  it('that the job cannot take, or of a job that nobody knows, changes nothing', () => {
    const board = planOf([[], [0]]);
    const before = statesOf(board);
    expect(board.apply(idOf(1), { type: 'artifact-published', artifact }, '', start)).toMatchObject({
      ok: false,
      error: { kind: 'illegal' },
    });
    expect(board.apply('x' as JobId, { type: 'cancelled' }, '', start)).toEqual({
      ok: false,
      error: { kind: 'unknown-job' },
    });
    expect([statesOf(board), board.find(idOf(1))?.revision]).toEqual([before, 1]);
  });
});

describe('a plan on the board', () => {
  it('is charged for what is given out, and gets it back for what is given back (Q8)', () => {
    const board = planOf([[], []], { minutes: [1, 5] });
    const lane = board.plans.get('p');
    const [first, second] = lane?.jobs ?? [];
    if (!lane || !first || !second) throw new Error('no plan');
    give(board, idOf(0));
    give(board, idOf(1));
    expect(lane.servedMs).toBeCloseTo(first.expectedMs + second.expectedMs);
    move(board, idOf(1), { type: 'attempt-reclaimed', attempt: 1, reason: 'lost' });
    expect(lane.servedMs).toBeCloseTo(first.expectedMs);
    publish(board, idOf(0));
    expect(lane.servedMs).toBeCloseTo(first.expectedMs);
  });

  it('that comes late starts level with the one that had least of those that are busy (Q8)', () => {
    const board = planOf([[], []], { plan: 'a' });
    planOf([[], [], []], { plan: 'b', board });
    give(board, idOf(0, 'a'));
    for (const at of [0, 1]) give(board, idOf(at, 'b'));
    planOf([[]], { plan: 'c', board });
    expect(board.plans.get('c')?.servedMs).toBe(board.plans.get('a')?.servedMs);
    for (const at of [0, 1]) publish(board, idOf(at, 'a'));
    planOf([[]], { plan: 'd', board });
    expect(board.plans.get('d')?.servedMs).toBe(board.plans.get('c')?.servedMs);
  });

  it('has its chains measured anew when the history has grown, and what is given out keeps its price', () => {
    let minutes = (_id: string): number => 1;
    const board = new WorkBoard(retry, ({ id }) => ({ medianMs: 60_000 * minutes(id), sigma: 0.3 }));
    planOf([[], [], [0], [1], []], { board });
    give(board, idOf(1));
    const lane = board.plans.get('p');
    const [short, given, , end] = lane?.jobs ?? [];
    if (!lane || !short || !given || !end) throw new Error('no plan');
    const [price, served] = [given.expectedMs, lane.servedMs];
    expect(seenAlong(lane.queue(0.01))).toEqual([idOf(0), idOf(4)]);
    minutes = (id) => ({ [idOf(3)]: 100, [idOf(4)]: 10 })[id] ?? 2;
    board.predictAgain();
    expect(end.rankMs).toBeCloseTo(100 * price);
    expect(short.rankMs).toBeCloseTo(4 * price);
    expect(given.rankMs).toBeCloseTo(101 * price);
    expect([given.expectedMs, lane.servedMs]).toEqual([price, served]);
    expect(seenAlong(lane.queue(0.01))).toEqual([idOf(4), idOf(0)]);
    move(board, idOf(1), { type: 'attempt-reclaimed', attempt: 1, reason: 'lost' }, later(1));
    expect(lane.servedMs).toBeCloseTo(0);
    expect(seenAlong(lane.queue(0.01))).toEqual([idOf(1), idOf(4), idOf(0)]);
    expect(keptWrongly(board)).toEqual([]);
  });
});
