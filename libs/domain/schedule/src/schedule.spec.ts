import { createHash } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { alarmWords, runWords, uuidOf } from './identity.js';
import { alarmsOf, dueOccurrences, isPaused, jitterMs } from './occurrences.js';
import {
  anySchedule,
  anyStep,
  aSchedule,
  at,
  everyMinutes,
  minutes,
  Shell,
  START,
} from './schedule.arbitrary.js';
import { checkSchedule } from './schedule-check.js';
import {
  MAX_ALARMS_PER_GAP,
  MAX_CATCH_UP_RUNS,
  MAX_OCCURRENCES_PER_LOOK,
  MAX_QUEUED_RUNS,
} from './schedule.js';

const kinds = (shell: Shell): string[] => shell.records.map(({ verdict }) => verdict.kind);

describe('any schedule, whatever the restarts', () => {
  it('has each occurrence on record exactly once: none fires twice, none is silently missed (S1)', () => {
    fc.assert(
      fc.property(anySchedule, fc.array(anyStep, { maxLength: 40 }), (schedule, steps) => {
        const shell = new Shell(schedule);
        let now = START;
        for (const { seconds, ends, crashes } of steps) {
          now = new Date(now.getTime() + seconds * 1_000);
          if (ends) shell.endOne();
          shell.look(now, crashes);
          const active = shell.open.filter(({ state }) => state !== 'queued');
          expect(active.length).toBeLessThanOrEqual(1);
        }
        shell.look(now);
        // More than one look takes in is settled by the next ones.
        shell.look(now);

        const due = dueOccurrences({ ...schedule }, everyMinutes, now).occurrences;
        const covered = shell.records.reduce((sum, { covers }) => sum + covers, 0);
        expect(covered).toBe(due.length);
        const named = shell.records.map(({ occurrence }) => occurrence.getTime());
        expect(new Set(named).size).toBe(named.length);
        const occurrences = new Set(due.map(({ at: instant }) => instant.getTime()));
        for (const name of named) expect(occurrences.has(name)).toBe(true);
        for (const alarm of shell.alarms) expect(occurrences.has(alarm)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('fires no occurrence twice, whatever the clock does (S1)', () => {
    const jump = fc.record({ minutes: fc.integer({ min: -3_000, max: 3_000 }), ends: fc.boolean() });
    fc.assert(
      fc.property(anySchedule, fc.array(jump, { maxLength: 40 }), (schedule, jumps) => {
        const shell = new Shell(schedule);
        let now = START;
        for (const step of jumps) {
          now = new Date(now.getTime() + minutes(step.minutes));
          if (step.ends) shell.endOne();
          shell.look(now);
        }
        const named = shell.records.map(({ occurrence }) => occurrence.getTime());
        expect(new Set(named).size).toBe(named.length);
        // The clock is right again: nothing that is due from now on is taken for settled.
        shell.look(now);
        expect(shell.schedule.settledUntil.getTime()).toBeLessThanOrEqual(now.getTime());
      }),
      { numRuns: 300 },
    );
  });

  it('raises an alarm for what was missed, on the scheduler’s look as on anybody else’s (S1)', () => {
    fc.assert(
      fc.property(anySchedule, fc.integer({ min: 1, max: 5_000 }), (schedule, gap) => {
        const now = at(gap);
        const due = dueOccurrences(schedule, everyMinutes, now);
        const seenByMonitor = alarmsOf(schedule, due.occurrences, now);
        const shell = new Shell(schedule);
        shell.look(now);
        expect([...shell.alarms]).toEqual(seenByMonitor.map((each) => each.at.getTime()));
        const overdue = due.occurrences.filter(
          (each) => !isPaused(schedule, each) && now.getTime() - each.fireAt.getTime() > minutes(1),
        );
        expect(seenByMonitor.length).toBe(Math.min(overdue.length, MAX_ALARMS_PER_GAP));
      }),
    );
  });
});

describe('after hours without a scheduler', () => {
  it('one run makes up for all that was missed (S1)', () => {
    const shell = new Shell(aSchedule());
    shell.look(at(5 * 60 + 30));
    expect(shell.records).toMatchObject([
      { occurrence: at(300), firstOccurrence: at(60), covers: 5, verdict: { kind: 'start' } },
    ]);
    expect(shell.alarms.size).toBe(5);
  });

  it('the run that begins now anyway is that one run', () => {
    const shell = new Shell(aSchedule());
    shell.look(at(180));
    expect(shell.records).toMatchObject([
      { occurrence: at(180), firstOccurrence: at(60), covers: 3, verdict: { kind: 'start' } },
    ]);
  });

  it('none is made up for where the schedule says so, and all are on record', () => {
    const shell = new Shell(aSchedule({ catchUp: 'none' }));
    shell.look(at(180));
    expect(shell.records).toMatchObject([
      { occurrence: at(120), covers: 2, verdict: { kind: 'missed' } },
      { occurrence: at(180), covers: 1, verdict: { kind: 'start' } },
    ]);
  });

  it('all are made up for one after the other, up to a limit', () => {
    const shell = new Shell(aSchedule({ catchUp: 'all' }));
    shell.look(at(60 * 9 + 30));
    const queued = Array.from({ length: MAX_CATCH_UP_RUNS - 1 }, () => 'queue');
    expect(kinds(shell)).toEqual(['missed', 'start', ...queued]);
    expect(shell.records[0]).toMatchObject({ covers: 4, firstOccurrence: at(60), occurrence: at(240) });
  });

  it('more than one look takes in is settled in several, and fires once', () => {
    const shell = new Shell(aSchedule({ cron: '1' }));
    const now = at(MAX_OCCURRENCES_PER_LOOK + 100);
    shell.look(now);
    expect(shell.records).toMatchObject([{ covers: MAX_OCCURRENCES_PER_LOOK, verdict: { kind: 'missed' } }]);
    shell.look(now);
    expect(kinds(shell)).toEqual(['missed', 'start']);
    expect(shell.records[1]).toMatchObject({ covers: 100, occurrence: now });
  });
});

describe('an occurrence while a run is open', () => {
  it('is skipped, with the reason on record', () => {
    const shell = new Shell(aSchedule());
    shell.look(at(60));
    shell.look(at(120));
    expect(kinds(shell)).toEqual(['start', 'skipped']);
    expect(shell.records[1]?.verdict).toMatchObject({
      why: 'the run of 2026-01-01T01:00:00.000Z is still building',
    });
    shell.endOne();
    shell.look(at(180));
    expect(kinds(shell)).toEqual(['start', 'skipped', 'start']);
  });

  it('waits for its turn, and is skipped where too many wait', () => {
    const shell = new Shell(aSchedule({ overlap: 'queue' }));
    for (let hour = 1; hour <= MAX_QUEUED_RUNS + 2; hour += 1) shell.look(at(hour * 60));
    const waiting = Array.from({ length: MAX_QUEUED_RUNS }, () => 'queue');
    expect(kinds(shell)).toEqual(['start', ...waiting, 'skipped']);
  });

  it('replaces it', () => {
    const shell = new Shell(aSchedule({ overlap: 'replace' }));
    shell.look(at(60));
    shell.look(at(120));
    expect(kinds(shell)).toEqual(['start', 'start']);
    expect(shell.open.map(({ occurrence }) => occurrence)).toEqual([at(120)]);
  });

  it('does not replace itself when the clock goes back', () => {
    const shell = new Shell(aSchedule({ overlap: 'replace' }));
    shell.look(at(60));
    shell.look(at(50));
    shell.look(at(60));
    expect(kinds(shell)).toEqual(['start']);
    expect(shell.open.map(({ occurrence }) => occurrence)).toEqual([at(60)]);
  });
});

describe('a pause', () => {
  const pause = { at: at(0), until: at(150), author: 'anna', reason: 'the mirror moves' };

  it('has an author, a reason and an end, which the record of what it skips tells (S19)', () => {
    const shell = new Shell(aSchedule({ pause }));
    shell.look(at(60));
    expect(shell.records[0]?.verdict).toEqual({
      kind: 'skipped',
      why: 'paused until 2026-01-01T02:30:00.000Z by anna: the mirror moves',
    });
  });

  it('ends by itself, and what it skipped is not made up for and raises no alarm (S19)', () => {
    const shell = new Shell(aSchedule({ pause }));
    shell.look(at(180));
    expect(kinds(shell)).toEqual(['skipped', 'start']);
    expect(shell.records.map(({ covers }) => covers)).toEqual([2, 1]);
    expect(shell.alarms.size).toBe(0);
  });
});

describe('a schedule that is not enabled', () => {
  it('has no occurrences', () => {
    const shell = new Shell(aSchedule({ enabled: false }));
    shell.look(at(600));
    expect(shell.records).toEqual([]);
  });
});

describe('jitter', () => {
  it('is the same for the same occurrence, within its limit, and spreads', () => {
    const schedule = aSchedule({ jitterMaxMs: minutes(10) });
    const delays = Array.from({ length: 200 }, (_, hour) => jitterMs(schedule, at(hour * 60)));
    expect(delays).toEqual(Array.from({ length: 200 }, (_, hour) => jitterMs(schedule, at(hour * 60))));
    expect(Math.max(...delays)).toBeLessThanOrEqual(minutes(10));
    expect(new Set(delays).size).toBeGreaterThan(190);
    const delayMs = jitterMs(schedule, at(60));
    expect(delayMs).toBeGreaterThan(1);
    const dueAfter = (ms: number) =>
      dueOccurrences(schedule, everyMinutes, new Date(at(60).getTime() + ms)).occurrences;
    expect(dueAfter(delayMs - 1)).toEqual([]);
    expect(dueAfter(delayMs)).toEqual([{ at: at(60), fireAt: new Date(at(60).getTime() + delayMs) }]);
  });

  it('that is longer than the time between two occurrences keeps their order, and makes none late', () => {
    const schedule = aSchedule({ cron: '1', jitterMaxMs: minutes(20) });
    for (let seconds = 0; seconds < 3_600; seconds += 30) {
      const now = new Date(at(200).getTime() + seconds * 1_000);
      const { occurrences } = dueOccurrences({ ...schedule, settledUntil: at(200) }, everyMinutes, now);
      const fireTimes = occurrences.map(({ fireAt }) => fireAt.getTime());
      expect(fireTimes).toEqual(fireTimes.toSorted((a, b) => a - b));
      for (const { at: instant, fireAt } of occurrences) {
        expect(fireAt.getTime()).toBeGreaterThanOrEqual(instant.getTime() + jitterMs(schedule, instant));
      }
    }
  });
});

describe('the name of a fact', () => {
  it('is one UUID for one occurrence, and another for its alarm', () => {
    const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
    const ids = [runWords('a', at(1)), alarmWords('a', at(1))].map((words) => uuidOf(hash(words)));
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(ids[0]).not.toBe(ids[1]);
  });
});

describe('a draft', () => {
  it('is refused with every wrong field at once', () => {
    const mistakes = checkSchedule(aSchedule({ name: 'Every Night', jitterMaxMs: -1 }), everyMinutes);
    expect(mistakes.map(({ field }) => field)).toEqual(['name', 'jitterMaxMs']);
    expect(checkSchedule(aSchedule({ name: 'by-hand' }), everyMinutes)).toHaveLength(1);
    expect(checkSchedule(aSchedule(), everyMinutes)).toEqual([]);
  });
});
