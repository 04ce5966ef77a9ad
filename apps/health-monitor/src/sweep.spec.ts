import { createHash, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeEach, describe, expect, it } from '@jest/globals';
import { cronCalendar } from '@swarm/adapter-cron';
import { MemoryStore, openMemoryDatabase, type MemoryDatabase } from '@swarm/adapter-memory';
import type { MessageBus, StreamContents, WhyAnswered } from '@swarm/contracts';
import type { Drone } from '@swarm/domain-drone';
import {
  checkNames,
  defaultSweepPolicy,
  pageOf,
  type CheckName,
  type CheckRecord,
} from '@swarm/domain-maintenance';
import type { Plan } from '@swarm/domain-plan';
import type { Pause } from '@swarm/domain-scheduling';
import { silentLogger } from '@swarm/platform';
import { ManualClock, repositoryRoot, waitFor } from '@swarm/testing';

import { SweepDuty } from './sweep-duty.js';
import { Sweep } from './use-cases/sweep.js';
import { SweepLook } from './use-cases/sweep-looks.js';
import { WatchSchedules } from './use-cases/watch-schedules.js';

const SWEEP_MS = 60_000;
const MINUTE = 60_000;
const policy = defaultSweepPolicy;

let clock: ManualClock;
let store: MemoryStore;
let db: MemoryDatabase;
/** NATS as the sweep sees it: what is asked of it is stood in for, since no message goes anywhere. */
let nats: { isUp: boolean; dead: StreamContents; why: string | null };

function aSweep(over: Partial<Pick<MemoryDatabase, 'schedules' | 'maintenance'>> = {}): Sweep {
  const bus: Pick<MessageBus, 'ping' | 'holding' | 'request'> = {
    ping: () => (nats.isUp ? Promise.resolve() : Promise.reject(new Error('late'))),
    holding: () => (nats.isUp ? Promise.resolve(nats.dead) : Promise.reject(new Error('late'))),
    request: (async (_question: unknown, { atom, requestId }: { atom: string; requestId: string }) => {
      const { why } = nats;
      if (why === null) throw new Error('no scheduler answers');
      const [plan] = await db.plans.open();
      const answer = { cpv: atom, plan: plan?.value.id, sentence: why, unblocks: 'enrol a bigger one' };
      return { requestId, answers: [answer], leftOut: 0, mistake: '' } as unknown as WhyAnswered;
    }) as MessageBus['request'],
  };
  const ports = { ...db, ...over, bus, calendar: cronCalendar(), clock, newId: () => randomUUID(), policy };
  return new Sweep({ ...ports, looks: new SweepLook(ports), log: silentLogger() });
}

async function check(name: CheckName): Promise<CheckRecord> {
  const found = (await db.maintenance.checks()).find((record) => record.name === name);
  if (!found) throw new Error(`${name} was not checked`);
  return found;
}

async function told(): Promise<readonly string[]> {
  const events = (await db.events.latest(1_000)).filter(({ message }) => message === 'AlarmMoved');
  return events.map(({ payload }) => {
    const { check: name, state } = payload as { readonly check: string; readonly state: string };
    return `${name} ${state}`;
  });
}

/** Sweeps once a minute, as the service does. */
async function pass(minutes: number, sweep: Sweep, meanwhile: () => Promise<void> = async () => undefined) {
  for (let minute = 0; minute < minutes; minute += 1) {
    clock.advance(MINUTE);
    await meanwhile();
    await sweep.execute();
  }
}

function aDrone(over: Partial<Drone> = {}): Drone {
  return {
    ...{ name: 'drone-1', state: 'online', reason: '', incarnation: 'i', enrolledAt: clock.now() },
    ...{ grounding: null, badUpload: null, drain: null },
    capabilities: {
      ...{ profile: 'lab', executor: 'portage', slots: 1, cores: 2, memoryBytes: 1, portageVersion: '3' },
    },
    lastSign: {
      ...{ incarnation: 'i', sequence: 1, at: clock.now(), attempts: [], draining: false, load1: 0 },
      ...{ freeDiskBytes: 1, freeMemoryBytes: 1 },
    },
    ...over,
  };
}

async function aPlan(over: Partial<Plan> = {}): Promise<Plan> {
  const plan: Plan = {
    ...{ id: randomUUID(), profile: 'lab', targets: [], configuration: null, origin: 'test' },
    ...{ state: 'resolving', createdAt: clock.now(), endedAt: null, resolveAttempt: 1, resolving: null },
    ...{ findings: [], members: [], detail: '' },
    ...over,
  };
  await db.plans.create(plan, []);
  return plan;
}

async function hold(...services: readonly string[]): Promise<void> {
  for (const service of services) await db.leader(service).acquire();
}

beforeEach(async () => {
  clock = new ManualClock('2026-03-01T02:30:00Z');
  store = new MemoryStore();
  db = openMemoryDatabase({ source: 'health-monitor', store });
  nats = { isUp: true, dead: { count: 0, latestAt: null }, why: null };
  await db.profiles.put({ name: 'lab', kind: 'portage', targets: ['@world'], createdAt: clock.now() });
  await db.maintenance.reportDisk({ place: 'binhost', freeBytes: 9e12, totalBytes: 9e12, at: clock.now() });
});

describe('a maintenance sweep', () => {
  it('puts every check on record with its last run; a swarm that is well has none that is not ok', async () => {
    await hold('scheduler', 'healer', 'binhost');
    await aSweep().execute();
    const records = await db.maintenance.checks();
    expect(records.map(({ name }) => name).toSorted()).toEqual(checkNames.toSorted());
    expect(records.filter(({ result }) => result !== 'ok')).toEqual([]);
    expect(records.every(({ ranAt }) => ranAt.getTime() === clock.now().getTime())).toBe(true);
    expect(await told()).toEqual([]);
  });

  it('has a page for each alarm, with what it means, what was tried and what to do', async () => {
    for (const name of [...checkNames, 'sweep']) {
      const text = await readFile(join(repositoryRoot(), pageOf(name)), 'utf8');
      for (const part of ['What you see:', 'What it means:', 'What the swarm has done:', 'What to do:']) {
        expect({ name, has: text.includes(`**${part}**`) }).toEqual({ name, has: true });
      }
    }
  });

  it('tells of a missed schedule within 2 min, once, while no scheduler lives, until it is made up for (S1)', async () => {
    await db.schedules.add({
      ...{ name: 'nightly', profile: 'lab', targets: [], cron: '0 3 * * *', zone: 'UTC', enabled: true },
      ...{ overlap: 'skip', catchUp: 'one', jitterMaxMs: 0, pause: null },
      ...{ settledUntil: clock.now(), createdAt: clock.now() },
    });
    let sweep = aSweep();
    const wakes: number[] = [];
    const watch = new WatchSchedules({
      ...{ schedules: db.schedules, calendar: cronCalendar(), clock, log: silentLogger() },
      sha256: (text) => createHash('sha256').update(text).digest('hex'),
      onMissed: () => wakes.push(clock.now().getTime()),
    });
    const dueMs = Date.parse('2026-03-01T03:00:00Z');
    let alarmAfterMs: number | undefined;
    for (let seconds = 0; seconds < 3_600; seconds += 5) {
      clock.advance(5_000);
      const wokenBefore = wakes.length;
      await watch.execute();
      // Its own rounds come at the full minute: just too early, then a minute later.
      if (seconds % 60 === 55 || wakes.length > wokenBefore) await sweep.execute();
      // A restart of the monitor tells nothing twice.
      if (seconds === 2_400) sweep = aSweep();
      const known = (await db.maintenance.checks()).find(({ name }) => name === 'schedules');
      if (known?.result === 'alarm') alarmAfterMs ??= clock.now().getTime() - dueMs;
    }
    expect(alarmAfterMs).toBeGreaterThan(60_000);
    // The watch looks every 30 s, and has what it found put on record at once.
    expect(alarmAfterMs).toBeLessThanOrEqual(95_000);
    expect((await check('schedules')).detail).toContain(
      'schedule nightly should have fired at 2026-03-01T03:00',
    );
    expect((await told()).filter((each) => each.startsWith('schedules'))).toEqual(['schedules raised']);
    const [found] = await db.schedules.all();
    if (!found) throw new Error('it is gone');
    const settled = { ...found.value, settledUntil: clock.now() };
    store.schedules.set('nightly', { value: settled, revision: found.revision + 1 });
    await sweep.execute();
    expect((await told()).filter((each) => each.startsWith('schedules'))).toEqual([
      ...['schedules raised', 'schedules ended'],
    ]);
  });

  it('tells of work that a dead drone keeps because nobody takes it back, and when that is settled (S3)', async () => {
    const attemptId = randomUUID();
    const resolving = { attemptId, attempt: 1, drone: 'drone-1', since: clock.now() };
    const plan = await aPlan({ resolving });
    clock.advance(1_000);
    const beat = async (): Promise<void> => {
      const lastSign = { ...aDrone().lastSign, attempts: [{ attemptId, phase: 'resolve', sinceMs: 1 }] };
      const revision = (await db.drones.find('drone-1'))?.revision ?? 0;
      await db.drones.save(aDrone({ lastSign }), revision, []);
    };
    await beat();
    const sweep = aSweep();
    await pass(5, sweep, beat);
    expect((await check('work')).result).toBe('ok');
    const found = await db.drones.find('drone-1');
    if (!found) throw new Error('it is gone');
    await db.drones.save({ ...found.value, state: 'offline' }, found.revision, []);
    // Silent for a minute: from now on healer and scheduler have their time to settle it.
    await pass(2, sweep);
    expect((await check('work')).result).toBe('ok');
    await pass(1, sweep);
    expect(await check('work')).toMatchObject({
      result: 'alarm',
      detail: expect.stringContaining(`attempt ${attemptId} is of drone-1, silent for 3 min`),
    });
    await db.plans.save({
      ...{ plan: { ...plan, resolving: null }, expected: 1, newJobs: [], at: clock.now(), outgoing: [] },
    });
    await pass(1, sweep);
    expect((await told()).filter((each) => each.startsWith('work'))).toEqual(['work raised', 'work ended']);
  });

  it('tells of work that its drone does not hold, only when that lasts: a report may be on its way (S3)', async () => {
    const sweep = aSweep();
    for (let i = 0; i < 5; i += 1) {
      // Another attempt each time: each is settled before the next sweep but one.
      const resolving = { attemptId: randomUUID(), attempt: 1, drone: 'drone-1', since: clock.now() };
      store.plans.clear();
      await aPlan({ resolving });
      clock.advance(MINUTE);
      store.drones.set('drone-1', { value: aDrone(), revision: 1 });
      await sweep.execute();
      expect((await check('work')).result).toBe('ok');
    }
    await pass(2, sweep, async () => void store.drones.set('drone-1', { value: aDrone(), revision: 1 }));
    expect((await check('work')).detail).toContain('is of drone-1, which does not hold it');
  });

  it('tells of a pause whose end is not on record, and names the one that stands (S19)', async () => {
    const pause: Pause = {
      ...{ id: randomUUID(), scope: { kind: 'swarm' }, author: 'anna', reason: 'the mirror moves' },
      ...{ since: clock.now(), until: new Date(clock.now().getTime() + 10 * MINUTE) },
    };
    await db.pauses.store({ begun: pause, ended: [], outgoing: [] });
    const sweep = aSweep();
    await pass(11, sweep);
    expect((await check('pauses')).result).toBe('ok');
    await pass(1, sweep);
    expect(await check('pauses')).toMatchObject({
      result: 'alarm',
      detail: expect.stringContaining('by anna'),
    });
  });

  it('tells of a plan that stands still, with the reason, and not while it is paused or at work (Q3, S19)', async () => {
    const plan = await aPlan();
    const sweep = aSweep();
    const until = new Date(clock.now().getTime() + 4 * 60 * MINUTE);
    const pause = { id: randomUUID(), scope: { kind: 'swarm' as const }, author: 'a', reason: 'r' };
    const begun: Pause = { ...pause, since: clock.now(), until };
    await db.pauses.store({ begun, ended: [], outgoing: [] });
    await pass(240, sweep);
    await db.pauses.store({
      ...{ begun: null, ended: [{ pause: begun, end: { how: 'over', at: until, by: null } }], outgoing: [] },
    });
    // It gets its full time after the pause.
    await pass(8, sweep);
    expect((await check('plans')).result).toBe('ok');
    await pass(30, sweep);
    expect(await check('plans')).toMatchObject({
      result: 'alarm',
      detail: expect.stringContaining(`plan ${plan.id} of lab has not moved for`),
    });
    expect((await check('plans')).detail).toContain('no drone of lab takes work');
  });

  it('tells of artifacts that do not reach the index, of a disk, of leaders, and of dead letters (S20, Q3)', async () => {
    await hold('scheduler', 'binhost');
    store.artifacts.set('j', {
      ...{ sha256: 'a'.repeat(64), profile: 'lab', jobId: 'j', attemptId: 'a', buildKey: 'k', cpv: 'a/b-1' },
      ...{ state: 'received', sizeBytes: 1, md5: '', sha1: '', path: null, receivedAt: clock.now() },
      ...{ metadata: {}, synthetic: false, abi: null },
    });
    const sweep = aSweep();
    await pass(1, sweep);
    expect((await check('leaders')).result).toBe('warning');
    nats.dead = { count: 2, latestAt: clock.now() };
    await pass(10, sweep);
    expect((await told()).toSorted()).toEqual(['dead-letters raised', 'leaders raised', 'staging raised']);
    expect((await check('leaders')).detail).toContain('no process leads the healer');
    await db.maintenance.reportDisk({ place: 'binhost', freeBytes: 1, totalBytes: 9e12, at: clock.now() });
    await pass(1, sweep);
    expect((await check('disk')).detail).toContain('the disk of the binhost has 0.0 GiB free');
  });

  it('is no less a sweep when NATS is away, or one thing cannot be read: that is the alarm (S31)', async () => {
    nats.isUp = false;
    const schedules = { ...db.schedules, all: () => Promise.reject(new Error('violates a foreign key')) };
    await aSweep({ schedules }).execute();
    expect((await check('nats')).result).toBe('alarm');
    expect((await check('schedules')).detail).toContain('could not be looked at: violates a foreign key');
    expect((await check('drones')).result).toBe('ok');
  });

  it('leaves no trace where the ledger takes no write: the last run grows old, and nothing is told (S31)', async () => {
    await aSweep().execute();
    const ranAt = clock.now();
    const maintenance = { ...db.maintenance, save: () => Promise.reject(new Error('read-only')) };
    nats.isUp = false;
    clock.advance(MINUTE);
    await expect(aSweep({ maintenance }).execute()).rejects.toThrow('read-only');
    expect((await check('nats')).ranAt).toEqual(ranAt);
    expect(await told()).toEqual([]);
  });

  it('tells of an alarm once where two monitors sweep at one time', async () => {
    nats.isUp = false;
    await Promise.all([aSweep().execute(), aSweep().execute()]);
    expect((await told()).filter((each) => each.startsWith('nats'))).toEqual(['nats raised']);
  });
});

describe('the duty of sweeping', () => {
  it('sweeps nothing until services had their time to come back after an outage', async () => {
    let sweeps = 0;
    const duty = new SweepDuty(
      {
        execute: async () => {
          sweeps += 1;
        },
      },
      { everyMs: SWEEP_MS, clock, log: silentLogger() },
    );
    duty.start();
    clock.advance(SWEEP_MS / 2 - 1);
    await duty.stop();
    expect(sweeps).toBe(0);
    duty.start();
    clock.advance(SWEEP_MS);
    duty.wake();
    await waitFor(() => (sweeps > 0 ? sweeps : undefined));
    await duty.stop();
    expect(sweeps).toBe(1);
  });
});
