import { randomUUID } from 'node:crypto';

import { beforeAll, expect, it } from '@jest/globals';
import { outgoing } from '@swarm/contracts';
import type { Schedule, ScheduleRun, Settlement } from '@swarm/domain-schedule';
import type { Outgoing } from '@swarm/kernel';

import type { Database } from '../database.js';
import type { TestLedger } from './ledgers.contract.js';
import { aPlan, AT, later, sha256Of, unknownMessage } from './samples.contract.js';

/** What every ScheduleRepository does. */
export function scheduleRepositoryContract(ledger: () => TestLedger): void {
  let db: Database;
  let profile: string;
  beforeAll(async () => {
    db = ledger().open();
    profile = `p-${randomUUID()}`;
    await db.profiles.put({ name: profile, kind: 'portage', targets: ['@world'], createdAt: AT });
  });

  const aSchedule = (over: Partial<Schedule> = {}): Schedule => ({
    name: `nightly-${randomUUID()}`,
    profile,
    targets: ['@world'],
    cron: '30 2 * * *',
    zone: 'Europe/Berlin',
    enabled: true,
    overlap: 'queue',
    catchUp: 'all',
    jitterMaxMs: 90_000,
    pause: { at: AT, until: later(1), author: 'anna', reason: 'the mirror moves' },
    settledUntil: AT,
    createdAt: AT,
    ...over,
  });
  const aRun = (over: Partial<ScheduleRun> = {}): ScheduleRun => ({
    id: randomUUID(),
    schedule: 'by-hand',
    profile,
    targets: ['a/b'],
    occurrence: null,
    firstOccurrence: null,
    covers: 0,
    startedAt: AT,
    state: 'syncing',
    since: AT,
    outcome: null,
    detail: 'begins',
    configuration: null,
    planId: null,
    endedAt: null,
    ...over,
  });
  const ofOccurrence = (schedule: string, occurrence: Date): ScheduleRun =>
    aRun({ schedule, occurrence, firstOccurrence: AT, covers: 2 });
  const started = (run: ScheduleRun): Outgoing =>
    outgoing('RunStarted', run.id, {
      ...{ id: run.id, at: AT.toISOString(), runId: run.id, schedule: run.schedule, profile: run.profile },
    });

  it('keeps schedules under their revisions, and takes no name twice', async () => {
    const schedule = aSchedule();
    expect(await db.schedules.add(schedule)).toBe('stored');
    expect(await db.schedules.add({ ...schedule, cron: '@daily' })).toBe('taken');
    expect(await db.schedules.find(schedule.name)).toEqual({ value: schedule, revision: 1 });

    const disabled = { ...schedule, enabled: false, pause: null };
    expect(await db.schedules.save(disabled, 1)).toBe('saved');
    expect(await db.schedules.save(schedule, 1)).toBe('conflict');
    expect(await db.schedules.all()).toContainEqual({ value: disabled, revision: 2 });

    expect(await db.schedules.remove(schedule.name)).toBe(true);
    expect(await db.schedules.remove(schedule.name)).toBe(false);
    expect(await db.schedules.find(schedule.name)).toBeUndefined();
    await expect(db.schedules.add(aSchedule({ profile: 'nobody' }))).rejects.toThrow();
  });

  it('stores a run with its STARTED event before anything is known to be there, once (S1)', async () => {
    const own = ledger().open();
    const run = aRun({ profile: 'not-there-yet' });
    expect(await own.schedules.startRun(run, [started(run)])).toBe('stored');
    expect(await own.schedules.startRun(run, [started(run)])).toBe('known');
    expect(await own.schedules.findRun(run.id)).toEqual({ value: run, revision: 1 });
    expect(await own.schedules.findRun(randomUUID())).toBeUndefined();
    expect(await own.schedules.findRun('no-uuid')).toBeUndefined();
    expect(await own.outbox.unsent(10)).toMatchObject([{ id: run.id, message: 'RunStarted' }]);
  });

  it('moves a run under its revision, with its messages, until it is over', async () => {
    const own = ledger().open();
    const run = aRun();
    await own.schedules.startRun(run, []);
    const plan = aPlan(profile);
    await own.plans.create(plan, []);
    const resolving = { ...run, state: 'resolving' as const, configuration: sha256Of(4), planId: plan.id };
    await expect(own.schedules.saveRun(resolving, 1, [unknownMessage])).rejects.toThrow('NobodyKnows');
    expect(await own.schedules.saveRun(resolving, 1, [])).toBe('saved');
    expect(await own.schedules.saveRun(resolving, 1, [])).toBe('conflict');
    expect(await own.schedules.openRuns()).toContainEqual({ value: resolving, revision: 2 });
    await expect(own.schedules.saveRun({ ...resolving, planId: randomUUID() }, 2, [])).rejects.toThrow();

    const ended = { ...resolving, state: 'ended' as const, outcome: 'done' as const, endedAt: later(9) };
    await own.schedules.saveRun(ended, 2, []);
    expect((await own.schedules.openRuns()).map(({ value }) => value.id)).not.toContain(run.id);
    expect(await own.schedules.runs(1)).toEqual([ended]);
  });

  it('settles occurrences together with the schedule, or not at all (S1)', async () => {
    const own = ledger().open();
    const schedule = aSchedule();
    const { name } = schedule;
    await own.schedules.add(schedule);
    const older = ofOccurrence(name, later(1_000));
    await own.schedules.startRun(older, []);
    const replaced = { ...older, state: 'notifying' as const, outcome: 'replaced' as const };
    const run = ofOccurrence(name, later(2_000));
    const settlement: Settlement = {
      schedule: { ...schedule, settledUntil: later(2_000) },
      expected: 1,
      newRuns: [run],
      changedRuns: [{ value: replaced, revision: 1 }],
      outgoing: [started(run)],
    };

    await expect(own.schedules.settle({ ...settlement, outgoing: [unknownMessage] })).rejects.toThrow();
    expect(await own.schedules.settle({ ...settlement, expected: 7 })).toBe('conflict');
    const outrun = { ...settlement, changedRuns: [{ value: replaced, revision: 7 }] };
    expect(await own.schedules.settle(outrun)).toBe('conflict');
    expect(await own.schedules.find(name)).toEqual({ value: schedule, revision: 1 });
    expect(await own.schedules.runs(10, name)).toEqual([older]);
    expect(await own.outbox.unsent(10)).toEqual([]);

    expect(await own.schedules.settle(settlement)).toBe('saved');
    expect(await own.schedules.settle(settlement)).toBe('conflict');
    expect(await own.schedules.find(name)).toEqual({ value: settlement.schedule, revision: 2 });
    expect(await own.schedules.runs(10, name)).toEqual([run, replaced]);
    expect(await own.outbox.unsent(10)).toMatchObject([{ id: run.id, message: 'RunStarted' }]);
  });

  it('has one row for each occurrence of a schedule, whoever finds it (S1)', async () => {
    const schedule = aSchedule();
    await db.schedules.add(schedule);
    const run = ofOccurrence(schedule.name, later(3_000));
    const twice = { ...run, id: randomUUID() };
    const about = { schedule, changedRuns: [], outgoing: [] };
    await db.schedules.settle({ ...about, expected: 1, newRuns: [run] });
    await db.schedules.settle({ ...about, expected: 2, newRuns: [run, twice] });
    expect(await db.schedules.startRun(twice, [])).toBe('known');
    expect(await db.schedules.runs(10, schedule.name)).toEqual([run]);
  });

  it('raises an alarm once, whoever raises it (S1)', async () => {
    const [one, other] = [ledger().open(), ledger().open()];
    const id = randomUUID();
    const alarm = (by: string): Outgoing =>
      outgoing('ScheduleMissed', id, {
        ...{ id, at: AT.toISOString(), schedule: 'nightly', profile, by },
        ...{ occurrence: AT.toISOString(), due: AT.toISOString() },
      });
    await one.schedules.raise([alarm('scheduler')]);
    await other.schedules.raise([alarm('health-monitor')]);
    expect(await one.outbox.unsent(10)).toHaveLength(1);
    expect(await other.outbox.unsent(10)).toHaveLength(0);
    const alarms = (await one.events.latest(100)).filter((event) => event.id === id);
    expect(alarms).toMatchObject([{ payload: { by: 'scheduler' } }]);
  });
}
