import fc from 'fast-check';
import { ok } from '@swarm/kernel';

import { decideFiring, type OpenRun, type SettledRecord } from './firing.js';
import { dueOccurrences } from './occurrences.js';
import { catchUpPolicies, overlapPolicies, type Calendar, type Schedule } from './schedule.js';

export const START = new Date('2026-01-01T00:00:00Z');
export const minutes = (count: number): number => count * 60_000;
export const at = (minute: number): Date => new Date(START.getTime() + minutes(minute));

/** A calendar whose rule is a number of minutes; they are counted from the epoch, as those of cron are. */
export const everyMinutes: Calendar = {
  check: () => ok(true),
  next: ({ cron }, after) => {
    const step = minutes(Number(cron));
    return new Date((Math.floor(after.getTime() / step) + 1) * step);
  },
};

export function aSchedule(over: Partial<Schedule> = {}): Schedule {
  return {
    name: 'nightly',
    profile: 'lab',
    targets: [],
    cron: '60',
    zone: 'UTC',
    enabled: true,
    overlap: 'skip',
    catchUp: 'one',
    jitterMaxMs: 0,
    pause: null,
    settledUntil: START,
    createdAt: START,
    ...over,
  };
}

/** A ledger of one schedule, and schedulers that look at it, die and have wrong clocks. */
export class Shell {
  schedule: Schedule;
  readonly records: SettledRecord[] = [];
  readonly alarms = new Set<number>();
  open: (OpenRun & { state: OpenRun['state'] })[] = [];

  constructor(schedule: Schedule) {
    this.schedule = schedule;
  }

  /** One round; a crash before it is stored leaves nothing, for all is stored together. */
  look(now: Date, crashes = false): void {
    const due = dueOccurrences(this.schedule, everyMinutes, now);
    const known = new Set(this.records.map(({ occurrence }) => occurrence.getTime()));
    const firing = decideFiring(this.schedule, { due, open: this.open, known }, now);
    if (!firing || crashes) return;
    this.schedule = { ...this.schedule, settledUntil: firing.settledUntil };
    this.open = this.open.filter(({ id }) => !firing.replaced.includes(id));
    for (const record of firing.records) {
      this.records.push(record);
      const { kind } = record.verdict;
      if (kind !== 'start' && kind !== 'queue') continue;
      this.open.push({
        id: record.occurrence.toISOString(),
        state: kind === 'start' ? 'building' : 'queued',
        occurrence: record.occurrence,
        startedAt: now,
      });
    }
    for (const alarm of firing.alarms) this.alarms.add(alarm.at.getTime());
  }

  /** The oldest run ends; the next one in turn begins. */
  endOne(): void {
    const [, ...left] = this.open;
    this.open = left.map((run, place) => ({ ...run, state: place === 0 ? 'building' : 'queued' }));
  }
}

export const anySchedule = fc
  .record({
    cron: fc.constantFrom('1', '7', '60', '1440'),
    overlap: fc.constantFrom(...overlapPolicies),
    catchUp: fc.constantFrom(...catchUpPolicies),
    jitterMaxMs: fc.constantFrom(0, 30_000, minutes(20)),
    paused: fc.option(fc.tuple(fc.nat(3_000), fc.nat(3_000)), { nil: undefined }),
  })
  .map(({ paused, ...fields }) =>
    aSchedule({
      ...fields,
      pause: paused
        ? { at: at(paused[0]), until: at(paused[0] + paused[1]), author: 'me', reason: 'a move' }
        : null,
    }),
  );

/** What happens between two looks. Steps are in seconds, so that every boundary is met; some last for hours. */
export const anyStep = fc.record({
  seconds: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 1, max: 120 }) },
    { weight: 1, arbitrary: fc.integer({ min: 120, max: 12_000 }) },
  ),
  ends: fc.boolean(),
  crashes: fc.boolean(),
});
