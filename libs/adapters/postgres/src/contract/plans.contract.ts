import { randomUUID } from 'node:crypto';

import { beforeAll, expect, it } from '@jest/globals';

import type { Database } from '../database.js';
import type { TestLedger } from './ledgers.contract.js';
import { aJob, aPlan, AT, later, planMoved, sha256Of, unknownMessage } from './samples.contract.js';

/** What every ProfileRepository and PlanRepository does. */
export function planRepositoryContract(ledger: () => TestLedger): void {
  let db: Database;
  let profile: string;
  beforeAll(async () => {
    db = ledger().open();
    profile = `p-${randomUUID()}`;
    await db.profiles.put({ name: profile, kind: 'portage', targets: ['@world'], createdAt: AT });
  });

  it('keeps profiles, lets their targets change, and never their kind', async () => {
    const name = `p-${randomUUID()}`;
    const made = { name, kind: 'synthetic' as const, targets: ['@world'], createdAt: AT };
    await db.profiles.put(made);
    await db.profiles.put({ ...made, targets: ['a/b', '@world'], createdAt: later(1) });
    expect(await db.profiles.find(name)).toEqual({ ...made, targets: ['a/b', '@world'] });
    await expect(db.profiles.put({ ...made, kind: 'portage', targets: [] })).rejects.toThrow('kind');
    expect(await db.profiles.all()).toContainEqual({ ...made, targets: ['a/b', '@world'] });
    expect(await db.profiles.find('nobody')).toBeUndefined();
  });

  it('gives back a plan as it was stored', async () => {
    const plan = aPlan(profile, {
      configuration: sha256Of(5),
      state: 'complete',
      endedAt: later(5),
      resolveAttempt: 2,
      resolving: { attemptId: randomUUID(), attempt: 2, drone: 'drone-a', since: later(3) },
      findings: [
        {
          id: 'cycle-1a2b3c4d',
          kind: 'cycle',
          text: 'a needs b needs a',
          packages: ['a/a-1', 'a/b-1'],
          parents: [{ cpv: '', atom: '@world' }],
          remedies: [{ file: 'package.use', line: 'a/b -a' }],
        },
      ],
      members: [{ cpv: 'dev-libs/icu-74.2', buildKey: 'k' }],
    });
    await db.plans.create(plan, []);
    expect(await db.plans.find(plan.id)).toEqual({ value: plan, revision: 1 });
    expect(await db.plans.find(randomUUID())).toBeUndefined();
    expect(await db.plans.find('no-uuid')).toBeUndefined();
    await expect(db.plans.create(plan, [])).rejects.toThrow();
  });

  it('refuses a plan of a profile that is not there, and goes on', async () => {
    await expect(db.plans.create(aPlan('nobody'), [])).rejects.toThrow();
    await db.plans.create(aPlan(profile), []);
  });

  it('stores a plan, its new jobs and its messages together, under its revision', async () => {
    const own = ledger().open();
    const plan = aPlan(profile);
    await own.plans.create(plan, [planMoved(plan)]);
    const building = { ...plan, state: 'building' as const };
    const jobs = [aJob(plan.id, profile), aJob(plan.id, profile)];
    const change = {
      plan: building,
      expected: 1,
      newJobs: jobs,
      at: later(1),
      outgoing: [planMoved(building)],
    };

    await expect(own.plans.save({ ...change, outgoing: [unknownMessage] })).rejects.toThrow('NobodyKnows');
    expect(await own.plans.find(plan.id)).toEqual({ value: plan, revision: 1 });
    expect(await own.jobs.ofPlan(plan.id as never)).toEqual([]);

    expect(await own.plans.save(change)).toBe('saved');
    expect(await own.plans.save(change)).toBe('conflict');
    expect(await own.plans.find(plan.id)).toEqual({ value: building, revision: 2 });
    expect(await own.jobs.ofPlan(plan.id as never)).toEqual(jobs.map((value) => ({ value, revision: 1 })));
    expect(await own.jobs.historyOf(jobs[1]?.id as never)).toMatchObject([
      { state: 'waiting', reason: 'planned' },
    ]);
    expect(await own.outbox.unsent(10)).toHaveLength(2);

    const more = aJob(plan.id, profile, { synthetic: { durationMs: 5, fails: 'always', sizeBytes: 3 } });
    await own.plans.save({ ...change, expected: 2, newJobs: [more], outgoing: [] });
    const all = await own.jobs.ofPlan(plan.id as never);
    expect(all.map(({ value }) => value)).toEqual([...jobs, more]);
  });

  it('lists open plans, and the newest first', async () => {
    const plans = [
      aPlan(profile, { createdAt: later(1_000) }),
      aPlan(profile, { createdAt: later(2_000), state: 'failed' }),
    ];
    for (const plan of plans) await db.plans.create(plan, []);
    const open = await db.plans.open();
    expect(open.map(({ value }) => value.id)).toContain(plans[0]?.id);
    expect(open.map(({ value }) => value.id)).not.toContain(plans[1]?.id);
    expect(await db.plans.recent(2)).toEqual(plans.toReversed());
  });
}
