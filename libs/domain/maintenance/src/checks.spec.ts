import { describe, expect, it } from '@jest/globals';
import type { Drone } from '@swarm/domain-drone';
import type { Pause } from '@swarm/domain-scheduling';
import fc from 'fast-check';

import { defaultSweepPolicy as policy, type Verdict } from './check.js';
import { amissOf, checkClocks, checkDrones, checkWork } from './drone-checks.js';
import type { DiskReport, OutboxLag, UnpublishedArtifact, WatchedPlan } from './facts.js';
import { ago, aDrone, HOUR, MINUTE, NOW, SECOND } from './facts.arbitrary.js';
import { checkPauses, checkPlans, checkSchedules, checkStaging } from './flow-checks.js';
import { checkDeadLetters, checkDisk, checkLeaders, checkNats, checkOutbox } from './system-checks.js';

const GIB = 1024 ** 3;
/** What a check says of something that is so long so: `[length, result]` where the result changes. */
function steps(judge: (ms: number) => Verdict, lengths: readonly number[]): readonly string[] {
  return lengths.map((ms) => judge(ms).result);
}
/** Whatever lasts longer is never judged milder. */
function neverMilder(judge: (ms: number) => Verdict): void {
  const rank = { ok: 0, warning: 1, alarm: 2 } as const;
  const length = fc.oneof(
    fc.nat(3 * HOUR),
    fc.nat(60).map((minutes) => minutes * MINUTE),
  );
  fc.assert(
    fc.property(length, length, (a, b) => {
      const [shorter, longer] = [judge(Math.min(a, b)), judge(Math.max(a, b))];
      expect(rank[longer.result]).toBeGreaterThanOrEqual(rank[shorter.result]);
    }),
  );
}

describe('drones', () => {
  const judge = (ms: number, over: Partial<Drone> = {}): Verdict =>
    checkDrones([aDrone('online', 0), aDrone('offline', ms, { name: 'drone-2', ...over })], NOW, policy);

  it('warns of one that is offline for ten minutes, and is an alarm after an hour (S3)', () => {
    const { offlineWarningMs: warn, offlineAlarmMs: alarm } = policy;
    expect(steps(judge, [0, warn - 1, warn, alarm - 1, alarm])).toEqual([
      ...['ok', 'ok', 'warning', 'warning', 'alarm'],
    ]);
    neverMilder(judge);
    expect(judge(2 * HOUR).detail).toBe(
      'drone-2 is offline, silent for 2 h: start its agent, or `swarm drone retire drone-2` if it is gone for good',
    );
  });

  it('leaves those alone that a person drained or retired, and those that are silent but not judged offline', () => {
    const drain = { by: 'anna', reason: 'new disk', since: NOW };
    expect(judge(5 * HOUR, { drain }).result).toBe('ok');
    for (const state of ['retired', 'suspect', 'online'] as const) {
      expect(judge(5 * HOUR, { state }).result).toBe('ok');
    }
  });

  it('name the longest silent first, at most three, and count the others', () => {
    const gone = Array.from({ length: 9 }, (_none, i) =>
      aDrone('offline', 2 * HOUR + i, { name: `drone-${i}` }),
    );
    const { detail } = checkDrones(gone, NOW, policy);
    expect(detail).toMatch(/^drone-8 .*; drone-7 .*; drone-6 .*; and 6 more$/);
  });
});

describe('clocks', () => {
  it('are off by either sign, and only a drone that is heard tells', () => {
    const judge = (ms: number, silentMs = 0): Verdict =>
      checkClocks([aDrone('online', silentMs, { clockOffsetMs: ms })], NOW, policy);
    for (const sign of [1, -1]) {
      expect(steps((ms) => judge(sign * ms), [4_999, 5_000, 59_999, 60_000])).toEqual([
        ...['ok', 'warning', 'warning', 'alarm'],
      ]);
    }
    expect(judge(-90 * SECOND).detail).toContain('the clock of drone-1 is 1 min behind: run an NTP client');
    expect(judge(90 * SECOND, MINUTE).result).toBe('ok');
  });
});

describe('work', () => {
  const work = { attemptId: 'a1', drone: 'drone-1', since: ago(10 * MINUTE) };
  const { liveness } = policy;
  const amiss = (drone: Drone | undefined, since = work.since): string | undefined =>
    amissOf({ ...work, since }, drone, { now: NOW, liveness });

  it('is amiss where its drone is unknown, lost or retired, or does not hold it (S3)', () => {
    expect(amiss(undefined)).toBe('is of a drone that nobody knows');
    expect(amiss(aDrone('offline', MINUTE, { holds: ['a1'] }))).toBe('is of drone-1, silent for 1 min');
    expect(amiss(aDrone('retired', 0, { holds: ['a1'] }))).toBe('is of drone-1, which is retired');
    expect(amiss(aDrone('online', SECOND))).toBe('is of drone-1, which does not hold it');
  });

  it('is not amiss while it is held, before its drone can be lost, or where the sign is of before it (S3)', () => {
    expect(amiss(aDrone('online', SECOND, { holds: ['a1'] }))).toBeUndefined();
    expect(amiss(aDrone('offline', MINUTE - 1))).toBeUndefined();
    expect(amiss(aDrone('online', SECOND), ago(SECOND))).toBeUndefined();
    expect(amiss(aDrone('suspect', 20 * SECOND))).toBeUndefined();
  });

  it('is an alarm when nobody settled it in time, and not before (S3)', () => {
    const judge = (ms: number): Verdict =>
      checkWork([{ ...work, amiss: 'is of drone-1, silent for 3 min', amissSince: ago(ms) }], NOW, policy);
    expect(steps(judge, [0, policy.settleMs - 1, policy.settleMs])).toEqual(['ok', 'ok', 'alarm']);
    neverMilder(judge);
    expect(judge(5 * MINUTE).detail).toMatch(
      /^attempt a1 is of drone-1, silent for 3 min, for 5 min now: the healer and the scheduler/,
    );
    expect(checkWork([{ ...work, amiss: '', amissSince: null }], NOW, policy).result).toBe('ok');
  });
});

describe('schedules', () => {
  it('are an alarm as soon as one did not fire, or cannot (S1)', () => {
    const late = { schedule: 'nightly', overdue: [ago(90 * SECOND), ago(SECOND)], isUnreadable: false };
    expect(checkSchedules([late])).toEqual({
      result: 'alarm',
      detail:
        'schedule nightly should have fired at 2026-03-01T11:58:30.000Z and did not (nor 1 times after that): does a scheduler lead? `swarm schedule check nightly` says so',
    });
    expect(checkSchedules([{ schedule: 'odd', overdue: [], isUnreadable: true }]).result).toBe('alarm');
    expect(checkSchedules([{ schedule: 'fine', overdue: [], isUnreadable: false }]).result).toBe('ok');
  });
});

describe('pauses', () => {
  const aPause = (since: Date, until: Date): Pause => ({
    ...{ id: 'p', scope: { kind: 'swarm' }, author: 'anna', reason: 'the mirror moves', since, until },
  });

  it('are an alarm when one outlived its end without its end on record (S19)', () => {
    const judge = (ms: number): Verdict => checkPauses([aPause(ago(5 * HOUR), ago(ms))], NOW, policy);
    expect(steps(judge, [0, policy.pauseEndMs - 1, policy.pauseEndMs])).toEqual(['ok', 'ok', 'alarm']);
    neverMilder(judge);
    expect(judge(HOUR).detail).toContain(
      'the pause of the swarm by anna was over at 2026-03-01T11:00:00.000Z',
    );
  });

  it('are a warning when one stands for a day, with its author, reason and the command that ends it (S19)', () => {
    const until = new Date(NOW.getTime() + HOUR);
    const judge = (ms: number): Verdict => checkPauses([aPause(ago(ms), until)], NOW, policy);
    expect(steps(judge, [HOUR, 24 * HOUR - 1, 24 * HOUR, 100 * HOUR])).toEqual([
      ...['ok', 'ok', 'warning', 'warning'],
    ]);
    expect(judge(24 * HOUR).detail).toMatch(
      /paused by anna .*the mirror moves \(for 24 h now\): `swarm resume`/,
    );
  });
});

describe('staging', () => {
  it('is an alarm when an artifact is not in the index after ten minutes, whichever it is (S20, Q3)', () => {
    const anArtifact = (ms: number): UnpublishedArtifact => ({
      ...{ cpv: `dev-libs/a-${ms}`, profile: 'lab', sizeBytes: 300 * 1024 ** 2, receivedAt: ago(ms) },
    });
    const judge = (ms: number): Verdict => checkStaging([anArtifact(1), anArtifact(ms)], NOW, policy);
    expect(steps(judge, [0, policy.stagingMs - 1, policy.stagingMs])).toEqual(['ok', 'ok', 'alarm']);
    neverMilder(judge);
    const late = [11, 25, 12].map((minutes) => anArtifact(minutes * MINUTE));
    expect(checkStaging(late, NOW, policy).detail).toContain(
      '3 artifacts (900 MiB) were received and are not in the index, the oldest, dev-libs/a-1500000 of lab, for 25 min',
    );
  });
});

describe('plans', () => {
  const aPlan = (over: Partial<WatchedPlan> = {}): WatchedPlan => ({
    ...{ id: 'p1', profile: 'lab', state: 'building', movedAt: ago(3 * HOUR), busyAt: null },
    ...{ isBeingResolved: false, needed: 1, waiting: 2, inWork: 0, example: 'dev-libs/a-1' },
    ...{ dronesReady: 1, why: null },
    ...over,
  });
  const said = (over: Partial<WatchedPlan>): string => checkPlans([aPlan(over)], NOW, policy).detail;

  it('are still when nothing of them moved for long, and were not at work or paused meanwhile (Q3)', () => {
    const judge = (ms: number): Verdict => checkPlans([aPlan({ movedAt: ago(ms) })], NOW, policy);
    const { stillWarningMs: warn, stillAlarmMs: alarm } = policy;
    expect(steps(judge, [0, warn - 1, warn, alarm - 1, alarm])).toEqual([
      ...['ok', 'ok', 'warning', 'warning', 'alarm'],
    ]);
    neverMilder(judge);
    const times = fc.tuple(fc.nat(3 * HOUR), fc.nat(3 * HOUR));
    fc.assert(
      fc.property(times, ([moved, busy]) => {
        const seen = checkPlans([aPlan({ movedAt: ago(moved), busyAt: ago(busy) })], NOW, policy);
        expect(seen).toEqual(
          Math.min(moved, busy) >= warn
            ? judge(Math.min(moved, busy))
            : expect.objectContaining({ result: 'ok' }),
        );
      }),
    );
  });

  it('say the reason: no drone, the scheduler’s own words, or that nobody gives it out (Q3)', () => {
    expect(said({ dronesReady: 0 })).toContain(
      'plan p1 of lab has not moved for 3 h: no drone of lab takes work',
    );
    expect(said({ state: 'resolving', dronesReady: 0 })).toContain('no drone of lab takes work');
    expect(said({ state: 'resolving' })).toContain('no drone is asked to resolve it');
    expect(said({ why: 'fits no drone; add memory' })).toContain('dev-libs/a-1 fits no drone; add memory');
    expect(said({})).toContain('dev-libs/a-1 is needed and nobody is given it, with 2 more');
    expect(said({ needed: 0 })).toContain('dev-libs/a-1 waits, and nothing is built');
    expect(said({ needed: 0, waiting: 0, example: null })).toContain('nothing of it is left to build');
  });
});

describe('the machinery', () => {
  it('outbox: a service whose messages are not sent, and messages that never can be (S31)', () => {
    const judge = (ms: number, parked = 0): Verdict => {
      const lag: OutboxLag = { source: 'scheduler', unsent: 7, unsentForMs: ms, parked };
      return checkOutbox([lag], NOW, policy);
    };
    const { outboxWarningMs: warn, outboxAlarmMs: alarm } = policy;
    expect(steps(judge, [0, warn - 1, warn, alarm - 1, alarm])).toEqual([
      ...['ok', 'ok', 'warning', 'warning', 'alarm'],
    ]);
    neverMilder(judge);
    expect(judge(6 * MINUTE).detail).toContain(
      '7 messages of the scheduler are not sent, the oldest for 6 min',
    );
    expect(judge(0, 2)).toMatchObject({
      result: 'alarm',
      detail: expect.stringContaining('can never be sent'),
    });
  });

  it('dead letters: an alarm while they are news, no longer', () => {
    const judge = (ms: number): Verdict => checkDeadLetters({ count: 3, latestAt: ago(ms) }, NOW, policy);
    expect(steps(judge, [0, HOUR - 1, HOUR])).toEqual(['alarm', 'alarm', 'ok']);
    expect(checkDeadLetters({ count: 0, latestAt: null }, NOW, policy).result).toBe('ok');
    expect(judge(5 * MINUTE).detail).toContain('`nats stream view DEAD`');
  });

  it('NATS: an alarm when no round trip comes back (S31)', () => {
    expect(checkNats({ failure: null }).result).toBe('ok');
    expect(checkNats({ failure: 'timed out' }).detail).toContain(
      'NATS does not answer the health monitor (timed out)',
    );
  });

  it('disk: too little is free, by share on a small disk and by bytes on a large one', () => {
    const judge = (freeGib: number, totalGib: number, ms = 0): string => {
      const report: DiskReport = {
        ...{ place: 'binhost', freeBytes: freeGib * GIB, totalBytes: totalGib * GIB, at: ago(ms) },
      };
      return checkDisk([report], NOW, policy).result;
    };
    expect([judge(10, 100), judge(9.9, 100), judge(5, 100), judge(4.9, 100)]).toEqual([
      ...['ok', 'warning', 'warning', 'alarm'],
    ]);
    expect([judge(50, 9_000), judge(49, 9_000), judge(20, 9_000), judge(19, 9_000)]).toEqual([
      ...['ok', 'warning', 'warning', 'alarm'],
    ]);
    // An old report is no proof of anything, and that is said.
    expect([judge(1, 100, 5 * MINUTE - 1), judge(1, 100, 5 * MINUTE)]).toEqual(['alarm', 'warning']);
    expect(checkDisk([], NOW, policy)).toMatchObject({
      result: 'warning',
      detail: 'the binhost has never told how full its disk is: does it lead?',
    });
  });

  it('leaders: a service that nobody leads, once a change of leaders would be over', () => {
    const judge = (ms: number): Verdict =>
      checkLeaders([{ service: 'healer', isHeld: false, freeSince: ago(ms) }], NOW, policy);
    expect(steps(judge, [0, policy.unledMs - 1, policy.unledMs])).toEqual(['warning', 'warning', 'alarm']);
    neverMilder(judge);
    const led = { service: 'healer', isHeld: true, freeSince: null };
    expect(checkLeaders([led], NOW, policy)).toEqual({ result: 'ok', detail: 'healer is led' });
  });
});
