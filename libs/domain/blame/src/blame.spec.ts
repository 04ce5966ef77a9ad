import { describe, expect, it } from '@jest/globals';
import type { Strike } from '@swarm/domain-drone';
import type { Job } from '@swarm/domain-job';
import fc from 'fast-check';

import { anyWorld, now, play, policy, STRIKES, type Nature, type World } from './blame.arbitrary.js';
import { blameOf, consequencesOf, failureClassOf, isComparable, type FailureClass } from './blame.js';
import { byCanary } from './canary.js';
import { excusable } from './streak.js';
import { judge, memoryNeedAfter, narrowed, type Case, type Failure } from './verdict.js';

const delays = { retryDelayMs: 60_000 };
const classes = Object.keys(blameOf) as FailureClass[];
const anyClass = fc.constantFrom(...classes);

const failure = (drone: string, failed: FailureClass = 'compile', attemptId = `on-${drone}`): Failure => ({
  attemptId,
  drone,
  class: failed,
  summary: 'it went wrong',
});
const given = (over: Partial<Case> = {}): Case => ({
  failure: failure('drone-a'),
  earlier: [],
  passed: 0,
  others: 1,
  now,
  ...over,
});

describe('one failure', () => {
  it.each([
    ['compile', { blame: 'package', counts: true, strikes: true }],
    ['timeout', { blame: 'package', counts: true, strikes: true }],
    ['out-of-memory', { blame: 'memory', counts: true, strikes: true }],
    ['disk-full', { blame: 'drone', counts: false, strikes: true }],
    ['fetch', { blame: 'transient', counts: false, strikes: false }],
    ['upload', { blame: 'path', counts: false, strikes: false }],
    ['masked', { blame: 'plan', counts: true, strikes: false, retryAt: null }],
  ] as const)('of class %s is blamed as the table says (S22, Q6)', (failed, expected) => {
    expect(judge(given({ failure: failure('drone-a', failed) }), delays)).toMatchObject(expected);
  });

  it('is never final where another try can end differently, and always where none can', () => {
    fc.assert(
      fc.property(anyClass, fc.nat({ max: 3 }), (failed, others) => {
        const { retryAt } = judge(given({ failure: failure('drone-a', failed), others }), delays);
        expect(retryAt === null).toBe(blameOf[failed] === 'plan');
      }),
    );
  });

  it('waits 60 s three times for a passing cause, then longer, and an hour at most (Q6)', () => {
    const waits = Array.from({ length: 9 }, (_, passed) => {
      const { retryAt } = judge(given({ failure: failure('drone-a', 'fetch'), passed }), delays);
      return ((retryAt?.getTime() ?? 0) - now.getTime()) / 1000;
    });
    expect(waits).toEqual([60, 60, 60, 180, 540, 1620, 3600, 3600, 3600]);
  });

  it('is tried elsewhere at once, and on a lone drone that lacks something after a while', () => {
    const wait = (failed: FailureClass, others: number): number =>
      (judge(given({ failure: failure('drone-a', failed), others }), delays).retryAt?.getTime() ?? 0) -
      now.getTime();
    expect(wait('disk-full', 1)).toBe(0);
    expect(wait('disk-full', 0)).toBe(60_000);
    expect(wait('compile', 0)).toBe(0);
  });

  it('of a class that this scheduler does not know yet is unknown', () => {
    expect(failureClassOf('cosmic-ray')).toBe('unknown');
    expect(failureClassOf('toString')).toBe('unknown');
    expect(failureClassOf(null)).toBe('unknown');
    expect(failureClassOf('fetch')).toBe('fetch');
  });
});

describe('a second failure', () => {
  it('on another drone proves the package broken, and takes both strikes back (S2)', () => {
    const verdict = judge(given({ failure: failure('drone-b'), earlier: [failure('drone-a')] }), delays);
    expect(verdict).toMatchObject({ counts: true, strikes: false, takenBack: ['on-drone-a'], retryAt: null });
    expect(verdict.reason).toBe('compile on drone-a and drone-b: it went wrong');
  });

  it('on the same drone proves nothing while another could be asked, and is all there is on a lone one (S26)', () => {
    const again = given({ failure: failure('drone-a', 'compile', 'second'), earlier: [failure('drone-a')] });
    expect(judge(again, delays)).toMatchObject({ counts: false, strikes: true, takenBack: [] });
    expect(judge(again, delays).retryAt).not.toBeNull();
    const alone = judge({ ...again, others: 0 }, delays);
    // A lone drone is no witness for itself: its strikes stand.
    expect(alone).toMatchObject({ counts: true, strikes: true, takenBack: [], retryAt: null });
    expect(alone.reason).toBe('compile on drone-a, 2 times: it went wrong');
  });

  it('of another kind is no confirmation', () => {
    const verdict = judge(
      given({ failure: failure('drone-b', 'timeout'), earlier: [failure('drone-a')] }),
      delays,
    );
    expect(verdict).toMatchObject({ counts: true, strikes: true, takenBack: [] });
    expect(verdict.retryAt).not.toBeNull();
  });

  it('is compared alike from both sides', () => {
    fc.assert(
      fc.property(anyClass, anyClass, (a, b) => {
        expect(isComparable(a, b)).toBe(isComparable(b, a));
        expect(isComparable(a, a)).toBe(true);
        if (isComparable(a, b)) expect(blameOf[a]).toBe(blameOf[b]);
      }),
    );
  });

  it('for want of memory is no proof: each try is narrower and is given more, down to one job (Q10)', () => {
    const verdict = judge(
      given({ failure: failure('drone-b', 'out-of-memory'), earlier: [failure('drone-a', 'out-of-memory')] }),
      delays,
    );
    expect(verdict).toMatchObject({ counts: true, strikes: false, takenBack: ['on-drone-a'] });
    expect(verdict.retryAt).toEqual(now);
    expect([0, 1, 2, 3, 60].map((times) => narrowed(8, times))).toEqual([8, 4, 2, 1, 1]);
    expect(memoryNeedAfter(4_000)).toBe(6_000);
  });
});

describe('any verdict', () => {
  const anyFailure = fc
    .tuple(fc.constantFrom('drone-a', 'drone-b', 'drone-c'), anyClass, fc.uuid())
    .map(([drone, failed, id]) => failure(drone, failed, id));

  it('strikes and takes back only as its blame allows, and counts what is final (S5)', () => {
    fc.assert(
      fc.property(
        anyFailure,
        fc.array(anyFailure, { maxLength: 3 }),
        fc.nat({ max: 2 }),
        fc.nat({ max: 10 }),
        (latest, earlier, others, passed) => {
          const verdict = judge(given({ failure: latest, earlier, others, passed }), delays);
          const may = consequencesOf[verdict.blame];
          if (verdict.strikes) expect(may.strikes).toBe(true);
          if (verdict.counts) expect(may.counts).toBe(true);
          if (verdict.retryAt === null) expect(verdict.counts).toBe(true);
          if (verdict.takenBack.length > 0) expect(verdict.strikes).toBe(false);
          const drones = new Set([latest, ...earlier].map(({ drone }) => drone));
          if (verdict.retryAt === null && verdict.blame !== 'plan' && others > 0) {
            expect(drones.size).toBeGreaterThan(1);
          }
        },
      ),
    );
  });
});

describe('a grounding', () => {
  const strike = (over: Partial<Strike>): Strike => ({
    attemptId: 'x',
    drone: 'drone-a',
    jobId: 'job-1',
    class: 'compile',
    at: now,
    counted: true,
    ended: null,
    ...over,
  });

  it('excuses a job from the failures of a drone once, and never what did not count (S5)', () => {
    const streak = [strike({}), strike({ jobId: 'job-2' }), strike({ jobId: 'job-3', counted: false })];
    const before = [
      strike({ attemptId: 'old', ended: 'grounded' }),
      strike({ jobId: 'job-2', drone: 'drone-b', ended: 'grounded' }),
      strike({ jobId: 'job-2', ended: 'success' }),
    ];
    expect(excusable(streak, before).map(({ jobId }) => jobId)).toEqual(['job-2']);
  });
});

describe('a canary', () => {
  it('is a job that made no trouble, is known to build, and is short; in this order', () => {
    const job = (id: string, failures = 0): Job => ({ id, failures, reclaims: 0 }) as unknown as Job;
    const jobs = [job('failed', 1), job('unknown'), job('long'), job('short'), job('same')];
    const ms = new Map([
      ['long', 9],
      ['short', 1],
      ['same', 1],
    ]);
    const order = jobs.toSorted(
      byCanary({ isKnownToBuild: ({ id }) => id !== 'unknown', expectedMs: ({ id }) => ms.get(id) ?? 0 }),
    );
    expect(order.map(({ id }) => id)).toEqual(['same', 'short', 'long', 'unknown', 'failed']);
  });
});

describe('any world', () => {
  const states = (world: World): readonly string[] => play(world).jobs.map(({ state }) => state);

  it('comes to an end: every job is built or quarantined, in a bounded number of attempts (S5)', () => {
    fc.assert(
      fc.property(anyWorld(), (world) => {
        const { jobs, attempts } = play(world);
        for (const { state } of jobs) expect(['received', 'quarantined']).toContain(state);
        expect(attempts).toBeLessThanOrEqual(jobs.length * (policy.maxFailures + policy.maxReclaims));
      }),
      { numRuns: 500 },
    );
  });

  it('never blames a package that builds for one bad drone among several good ones (S2, Q1)', () => {
    const oneBad = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.nat()).map(([good, at]): Nature[] => {
      const drones = Array.from({ length: good + 1 }, (): Nature => 'good');
      drones[at % drones.length] = 'bad';
      return drones;
    });
    fc.assert(
      fc.property(anyWorld({ drones: oneBad }), (world) => {
        const after = states(world);
        world.packages.forEach((fate, i) => {
          if (fate === 'builds') expect(after[i]).toBe('received');
        });
      }),
      { numRuns: 1_000 },
    );
  });

  it('costs the queue at most five attempts before a drone that fails everything is grounded (S2)', () => {
    fc.assert(
      fc.property(anyWorld({ drones: fc.constant(['bad', 'good', 'good']) }), (world) => {
        const { beforeGrounding } = play({ ...world, packages: world.packages.map(() => 'builds') });
        expect(beforeGrounding.get('drone-0') ?? 0).toBeLessThanOrEqual(STRIKES);
      }),
    );
  });

  it('finds every broken package, and strands nothing, on a fleet of one (S26)', () => {
    fc.assert(
      fc.property(anyWorld({ drones: fc.constant(['good']) }), (world) => {
        const after = states(world);
        world.packages.forEach((fate, i) => {
          if (fate === 'broken') expect(after[i]).toBe('quarantined');
          if (fate === 'builds') expect(after[i]).toBe('received');
        });
      }),
      { numRuns: 300 },
    );
  });

  it('does not ground good drones for packages that fail everywhere, as long as there are two of them', () => {
    fc.assert(
      fc.property(anyWorld({ drones: fc.constant(['good', 'good']) }), (world) => {
        const { groundings, verdicts } = play({ ...world, packages: world.packages.map(() => 'broken') });
        const lasting = verdicts.filter(({ verdict }) => verdict.retryAt === null);
        expect(lasting).toHaveLength(world.packages.length);
        for (const [, times] of groundings) expect(times).toBeLessThanOrEqual(1);
      }),
    );
  });
});
