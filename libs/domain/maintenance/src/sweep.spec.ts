import { describe, expect, it } from '@jest/globals';
import { err, ok } from '@swarm/kernel';
import fc from 'fast-check';

import {
  checkNames,
  defaultSweepPolicy as policy,
  MAX_DETAIL_LENGTH,
  verdictOf,
  type CheckRecord,
} from './check.js';
import type { SweepFacts, SweepLooks } from './facts.js';
import { ago, MINUTE, NOW } from './facts.arbitrary.js';
import { seenSince, sweep, type AlarmChange } from './sweep.js';

const wellFacts: SweepFacts = {
  ...{ drones: [], clocks: [], work: [], schedules: [], pauses: [], staging: [], plans: [], outbox: [] },
  'dead-letters': { count: 0, latestAt: null },
  nats: { failure: null },
  disk: [{ place: 'binhost', freeBytes: 9e12, totalBytes: 9e12, at: NOW }],
  leaders: [],
};
const well: SweepLooks = {
  ...(Object.fromEntries(checkNames.map((name) => [name, ok(wellFacts[name])])) as unknown as SweepLooks),
};
const late = { schedule: 'nightly', overdue: [ago(2 * MINUTE)], isUnreadable: false };

function run(looks: SweepLooks, before: readonly CheckRecord[], at: Date): ReturnType<typeof sweep> {
  return sweep(looks, before, { now: at, policy });
}

describe('a sweep', () => {
  it('makes every check, and puts each on record with its time', () => {
    const { records, changes } = run(well, [], NOW);
    expect(records.map(({ name }) => name)).toEqual([...checkNames]);
    expect(new Set(records.map(({ result }) => result))).toEqual(new Set(['ok']));
    expect(records.every(({ ranAt, notOkSince }) => ranAt === NOW && notOkSince === null)).toBe(true);
    expect(changes).toEqual([]);
  });

  it('takes what could not be looked at for an alarm, and goes on with the rest (S31)', () => {
    for (const name of checkNames) {
      const { records } = run({ ...well, [name]: err('a foreign key is violated') }, [], NOW);
      const bad = records.filter(({ result }) => result === 'alarm');
      expect(bad.map((record) => record.name)).toEqual([name]);
      expect(bad[0]?.detail).toContain('a foreign key is violated');
    }
  });

  it('tells of each alarm once when it begins and once when it is over, however long it stands (S1)', () => {
    const result = fc.constantFrom('ok', 'warning', 'alarm');
    fc.assert(
      fc.property(fc.array(result, { maxLength: 30 }), (script) => {
        let before: readonly CheckRecord[] = [];
        const told: AlarmChange[] = [];
        let notOkSince: Date | null = null;
        for (const [minute, wanted] of script.entries()) {
          const at = new Date(NOW.getTime() + minute * MINUTE);
          const disk = { place: 'binhost', totalBytes: 1_000, at };
          const freeBytes = { ok: 1_000, warning: 70, alarm: 10 }[wanted];
          const outcome = run({ ...well, disk: ok([{ ...disk, freeBytes }]) }, before, at);
          before = outcome.records;
          told.push(...outcome.changes);
          notOkSince = wanted === 'ok' ? null : (notOkSince ?? at);
          expect(before.find(({ name }) => name === 'disk')).toMatchObject({ result: wanted, notOkSince });
        }
        const isAlarm = script.map((each) => each === 'alarm');
        const edges = isAlarm.filter((each, i) => each !== (isAlarm[i - 1] ?? false)).length;
        expect(told).toHaveLength(edges);
        for (const [i, { state }] of told.entries()) expect(state).toBe(i % 2 === 0 ? 'raised' : 'ended');
      }),
    );
  });

  it('says with the end of an alarm since when it was not well', () => {
    const first = run({ ...well, schedules: ok([late]) }, [], NOW);
    const second = run(well, first.records, new Date(NOW.getTime() + MINUTE));
    expect(second.changes).toEqual([
      { name: 'schedules', state: 'ended', detail: '0 schedules, none of them late', since: NOW },
    ]);
  });
});

describe('what was seen', () => {
  it('is so since it was first seen without a break', () => {
    const first = seenSince(new Map(), ['a', 'b'], ago(2 * MINUTE));
    const second = seenSince(first, ['b', 'c'], ago(MINUTE));
    const third = seenSince(second, ['a', 'b', 'c'], NOW);
    expect([...third]).toEqual([
      ['a', NOW],
      ['b', ago(2 * MINUTE)],
      ['c', ago(MINUTE)],
    ]);
  });
});

describe('a detail', () => {
  it('is never longer than one line may be, and always counts what it leaves out', () => {
    const sentences = fc.array(fc.string({ minLength: 1, maxLength: 900 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(sentences, (alarms) => {
        const { detail } = verdictOf({ alarms, warnings: [], fine: '' });
        expect(detail.length).toBeLessThanOrEqual(MAX_DETAIL_LENGTH);
        if (alarms.length > 3) expect(detail.endsWith(`; and ${alarms.length - 3} more`)).toBe(true);
      }),
    );
  });
});
