import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { cronCalendar } from './cron-calendar.js';

const calendar = cronCalendar();

/** The next few occurrences, in UTC to the minute. */
function nextFew(cron: string, zone: string, after: string, count = 3): string[] {
  const found: string[] = [];
  let at: Date | undefined = new Date(after);
  for (let i = 0; i < count; i += 1) {
    at = calendar.next({ cron, zone }, at);
    if (!at) break;
    found.push(at.toISOString().slice(0, 16));
  }
  return found;
}

const zones = [
  'UTC',
  'Europe/Berlin',
  'America/Sao_Paulo',
  'America/Santiago',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
];

describe('a nightly schedule at a change of the clocks', () => {
  it('runs once on the day whose 02:30 does not exist, at the end of the gap (S1)', () => {
    const days = nextFew('30 2 * * *', 'Europe/Berlin', '2026-03-27T12:00:00Z', 3);
    expect(days).toEqual(['2026-03-28T01:30', '2026-03-29T01:00', '2026-03-30T00:30']);
  });

  it('runs once on the day whose 02:30 comes twice (S1)', () => {
    const days = nextFew('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 2);
    expect(days).toEqual(['2026-10-25T00:30', '2026-10-26T01:30']);
    expect(nextFew('0,30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 3)).toEqual([
      '2026-10-25T00:00',
      '2026-10-25T00:30',
      '2026-10-26T01:00',
    ]);
  });

  it('goes on every hour where it is hourly, with neither a gap nor a double', () => {
    const hours = nextFew('0 * * * *', 'Europe/Berlin', '2026-10-24T23:30:00Z', 4);
    expect(hours).toEqual(['2026-10-25T00:00', '2026-10-25T01:00', '2026-10-25T02:00', '2026-10-25T03:00']);
    const spring = nextFew('*/30 * * * *', 'Europe/Berlin', '2026-03-29T00:45:00Z', 2);
    expect(spring).toEqual(['2026-03-29T01:00', '2026-03-29T01:30']);
  });

  it('knows changes of half an hour, and those at midnight', () => {
    expect(nextFew('15 2 * * *', 'Australia/Lord_Howe', '2026-04-03T16:00:00Z', 2)).toEqual([
      '2026-04-04T15:45',
      '2026-04-05T15:45',
    ]);
    expect(nextFew('@daily', 'America/Santiago', '2026-09-05T12:00:00Z', 2)).toEqual([
      '2026-09-06T04:00',
      '2026-09-07T03:00',
    ]);
  });
});

describe('occurrences', () => {
  it('come strictly later, at a whole minute, and are the same from wherever one looks (S1)', () => {
    const crons = [
      '30 2 * * *',
      '*/7 * * * *',
      '0,30 1-3 * * *',
      '5 0 1,15 * *',
      '0 3 * * MON-FRI',
      '@hourly',
    ];
    // From January 2024 to December 2027, so that every change of the clocks is met.
    const instant = fc.integer({ min: 1_704_067_200_000, max: 1_830_000_000_000 });
    fc.assert(
      fc.property(
        fc.constantFrom(...crons),
        fc.constantFrom(...zones),
        instant,
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (cron, zone, ms, part) => {
          const from = new Date(ms);
          const first = calendar.next({ cron, zone }, from);
          if (!first) throw new Error(`${cron} ends`);
          expect(first.getTime()).toBeGreaterThan(ms);
          expect(first.getTime() % 60_000).toBe(0);
          const between = new Date(ms + Math.floor((first.getTime() - ms) * part));
          expect(calendar.next({ cron, zone }, between)).toEqual(first);
          const second = calendar.next({ cron, zone }, first);
          expect(second?.getTime()).toBeGreaterThan(first.getTime());
        },
      ),
      { numRuns: 1_500 },
    );
  });
});

describe('a rule', () => {
  it.each([
    ['0 3 * *', 'write five fields'],
    ['* * * * * *', 'write five fields'],
    ['', 'write five fields'],
    ['2026-03-01T00:00:00', 'write five fields'],
    ['? 3 * * *', 'write five fields'],
    ['@reboot', 'write five fields'],
    ['61 3 * * *', '61'],
    ['0 24 * * *', '24'],
    ['30-10 3 * * *', '30-10'],
    ['*/0 3 * * *', 'stepping'],
    ['0 3 31 2 *', 'never comes true'],
  ])('%p is refused with its field and what to write (S1)', (cron, why) => {
    const checked = calendar.check({ cron, zone: 'UTC' });
    expect(checked).toEqual({ ok: false, error: { field: 'cron', message: expect.stringContaining(why) } });
  });

  it.each(['Mars/Base', '', '+02:00', 'Europe/Berlin '])('in the zone %p is refused', (zone) => {
    const checked = calendar.check({ cron: '@daily', zone });
    expect(checked).toEqual({
      ok: false,
      error: { field: 'zone', message: expect.stringContaining('IANA') },
    });
  });

  it.each(['@daily', '@Weekly', ' 0 3 * * * ', '0 3 * * 7', '0 3 29 2 *', '0 3 L * *', '0 3 * * MON#2'])(
    '%p is taken',
    (cron) => {
      expect(calendar.check({ cron, zone: 'Europe/Berlin' })).toEqual({ ok: true, value: true });
    },
  );
});
