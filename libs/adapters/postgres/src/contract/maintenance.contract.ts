import { randomUUID } from 'node:crypto';

import { beforeAll, expect, it } from '@jest/globals';
import { outgoing } from '@swarm/contracts';
import type { CheckRecord } from '@swarm/domain-maintenance';
import type { Outgoing } from '@swarm/kernel';

import type { Database } from '../database.js';
import type { TestLedger } from './ledgers.contract.js';
import { aJob, aPlan, AT, later, planMoved, unknownMessage } from './samples.contract.js';

/** What every MaintenanceRepository does. */
export function maintenanceRepositoryContract(ledger: () => TestLedger): void {
  let db: Database;
  beforeAll(() => {
    db = ledger().open();
  });

  const latest = async (): Promise<Date | null> => (await db.maintenance.checks())[0]?.ranAt ?? null;
  const fine = (name: string, ranAt: Date): CheckRecord => ({
    ...{ name, result: 'ok', detail: 'fine', ranAt, notOkSince: null },
  });
  const raised = (): Outgoing => {
    const [id, at] = [randomUUID(), AT.toISOString()];
    return outgoing('AlarmMoved', id, {
      ...{ id, at, check: 'staging', state: 'raised', detail: 'it stands still', since: at },
    });
  };
  const aProfile = async (): Promise<string> => {
    const profile = `p-${randomUUID()}`;
    await db.profiles.put({ name: profile, kind: 'portage', targets: [], createdAt: AT });
    return profile;
  };

  it('keeps what the latest sweep found, and nothing of the one before', async () => {
    const first = [fine('gone', AT), fine('staging', AT)];
    expect(await db.maintenance.save({ records: first, after: await latest(), outgoing: [] })).toBe('saved');
    const alarm: CheckRecord = {
      ...{ name: 'staging', result: 'alarm', detail: 'half \ud800 and \u0000', ranAt: later(60_000) },
      notOkSince: later(60_000),
    };
    const second = [fine('plans', later(60_000)), alarm];
    expect(await db.maintenance.save({ records: second, after: AT, outgoing: [] })).toBe('saved');
    const found = await db.maintenance.checks();
    expect(found.map(({ name }) => name)).toEqual(['plans', 'staging']);
    expect(found[0]).toEqual(second[0]);
    expect(found[1]).toMatchObject({ result: 'alarm', notOkSince: later(60_000), ranAt: later(60_000) });
  });

  it('stores a sweep and its news together, or nothing; of several at once, one', async () => {
    const own = ledger().open();
    const after = await latest();
    const ranAt = later(120_000);
    const sweep = { records: [fine('outbox', ranAt)], after, outgoing: [raised()] };
    await expect(own.maintenance.save({ ...sweep, outgoing: [unknownMessage] })).rejects.toThrow();
    expect(await latest()).toEqual(after);
    const saved = await Promise.all(
      Array.from({ length: 4 }, () => own.maintenance.save({ ...sweep, outgoing: [raised()] })),
    );
    expect(saved.filter((each) => each === 'saved')).toHaveLength(1);
    expect((await own.outbox.unsent(10)).map(({ message }) => message)).toEqual(['AlarmMoved']);
    expect(await db.maintenance.checks()).toEqual(sweep.records);
  });

  it('tells how far behind the messages of a service are, and what can never be sent', async () => {
    const source = `service-${randomUUID()}`;
    const own = ledger().open(source);
    const lag = async () => (await db.maintenance.outboxLag()).find((each) => each.source === source);
    expect(await lag()).toBeUndefined();
    const profile = await aProfile();
    for (let i = 0; i < 3; i += 1) {
      const plan = aPlan(profile, { state: 'cancelled', endedAt: AT });
      await own.plans.create(plan, [planMoved(plan)]);
    }
    const [first, second] = await own.outbox.unsent(10);
    expect(await lag()).toMatchObject({ unsent: 3, parked: 0 });
    await own.outbox.park(first?.sequence ?? 0n, 'nobody knows it');
    await own.outbox.markSent([second?.sequence ?? 0n]);
    const found = await lag();
    expect(found).toMatchObject({ unsent: 1, parked: 1 });
    expect(found?.unsentForMs).toBeGreaterThanOrEqual(0);
    expect(found?.unsentForMs).toBeLessThan(60_000);
  });

  it('tells how open plans stand, and nothing of those that are over (Q3)', async () => {
    const profile = await aProfile();
    const resolving = aPlan(profile);
    const building = aPlan(profile, { createdAt: later(1) });
    const over = aPlan(profile, { state: 'complete', endedAt: AT });
    for (const plan of [resolving, building, over]) await db.plans.create(plan, []);
    const [a, b] = [aJob(building.id, profile), aJob(building.id, profile)];
    await db.plans.save({
      ...{ plan: { ...building, state: 'building' }, expected: 1, newJobs: [a, b], at: later(5_000) },
      outgoing: [],
    });
    const job = { ...a, state: 'needed' as const, notBefore: null };
    await db.jobs.save({ job, expected: 1, at: later(9_000), reason: 'it can be built', outgoing: [] });
    const progress = (await db.maintenance.planProgress()).filter((plan) => plan.profile === profile);
    expect(progress).toEqual([
      {
        ...{ id: resolving.id, profile, state: 'resolving', movedAt: AT, isBeingResolved: false },
        ...{ needed: 0, waiting: 0, inWork: 0, example: null },
      },
      {
        ...{ id: building.id, profile, state: 'building', movedAt: later(9_000), isBeingResolved: false },
        ...{ needed: 1, waiting: 1, inWork: 0, example: a.spec.cpv },
      },
    ]);
  });

  it('tells whether a service is led by its lock itself, not by what a leader once wrote', async () => {
    const [service, other] = [`led-${randomUUID()}`, `never-${randomUUID()}`];
    const asked = (): Promise<unknown> => db.maintenance.leaders([service, other]);
    const leadership = await db.leader(service).acquire();
    expect(await asked()).toEqual([
      { service, isHeld: true },
      { service: other, isHeld: false },
    ]);
    await leadership.release();
    expect(await asked()).toContainEqual({ service, isHeld: false });
  });

  it('keeps the latest report of each disk', async () => {
    const place = `disk-${randomUUID()}`;
    const report = { place, freeBytes: 5e12, totalBytes: 9e12, at: AT };
    await db.maintenance.reportDisk({ ...report, freeBytes: 1 });
    await db.maintenance.reportDisk(report);
    expect((await db.maintenance.disks()).filter((each) => each.place === place)).toEqual([report]);
  });
}
