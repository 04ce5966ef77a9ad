import { createHash } from 'node:crypto';

import { beforeEach, describe, expect, it } from '@jest/globals';
import { cronCalendar } from '@swarm/adapter-cron';
import { MemoryStore, openMemoryDatabase, type MemoryDatabase } from '@swarm/adapter-memory';
import type { Schedule } from '@swarm/domain-schedule';
import { silentLogger } from '@swarm/platform';
import { ManualClock } from '@swarm/testing';

import { WatchSchedules } from './use-cases/watch-schedules.js';

/** No sooner than this does anybody look again. */
const LOOK_EVERY_MS = 30_000;

let clock: ManualClock;
let db: MemoryDatabase;

function watch(): WatchSchedules {
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
  return new WatchSchedules({
    ...{ schedules: db.schedules, calendar: cronCalendar(), clock, sha256, log: silentLogger() },
  });
}

async function add(over: Partial<Schedule> = {}): Promise<void> {
  await db.schedules.add({
    ...{ name: 'nightly', profile: 'lab', targets: [], cron: '0 3 * * *', zone: 'UTC', enabled: true },
    ...{ overlap: 'skip', catchUp: 'one', jitterMaxMs: 0, pause: null },
    ...{ settledUntil: clock.now(), createdAt: clock.now() },
    ...over,
  });
}

async function alarms(): Promise<unknown[]> {
  return (await db.events.latest(1_000)).filter(({ message }) => message === 'ScheduleMissed');
}

beforeEach(async () => {
  clock = new ManualClock('2026-01-01T02:59:00Z');
  db = openMemoryDatabase({ source: 'health-monitor', store: new MemoryStore() });
  await db.profiles.put({ name: 'lab', kind: 'portage', targets: ['@world'], createdAt: clock.now() });
});

describe('a schedule that should have fired while no scheduler lives', () => {
  it('raises an alarm within 2 min, once for the occurrence, through restarts of the monitor (S1)', async () => {
    await add();
    let monitor = watch();
    let raisedAfterMs: number | undefined;
    const dueMs = Date.parse('2026-01-01T03:00:00Z');
    for (let round = 0; round < 300; round += 1) {
      clock.advance(5_000);
      await monitor.execute();
      if (round % 50 === 49) monitor = watch();
      if ((await alarms()).length > 0) raisedAfterMs ??= clock.now().getTime() - dueMs;
    }
    expect(raisedAfterMs).toBeLessThanOrEqual(120_000);
    expect(await alarms()).toMatchObject([
      { payload: { schedule: 'nightly', occurrence: '2026-01-01T03:00:00.000Z', by: 'health-monitor' } },
    ]);
  });

  it('raises none before its time, when it fired, when it is disabled, and while it is paused', async () => {
    await add();
    await add({ name: 'settled', settledUntil: new Date('2026-01-01T03:00:00Z') });
    await add({ name: 'disabled', enabled: false });
    const pause = { at: clock.now(), until: new Date('2026-01-01T04:00:00Z'), author: 'a', reason: 'r' };
    await add({ name: 'paused', pause });
    const monitor = watch();
    clock.set('2026-01-01T03:00:30Z');
    await monitor.execute();
    expect(await alarms()).toEqual([]);
    clock.advance(LOOK_EVERY_MS + 1_000);
    await monitor.execute();
    expect(await alarms()).toMatchObject([{ payload: { schedule: 'nightly' } }]);
  });
});
