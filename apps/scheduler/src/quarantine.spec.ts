import { randomUUID } from 'node:crypto';

import { beforeEach, describe, expect, it } from '@jest/globals';

import { PLAN_SCHEMA, PlanDocument } from '@swarm/contracts';
import type { QuarantineAnswered, QuarantineAsked, WorkOutcome } from '@swarm/contracts';

import { Ground, measured, PROFILE } from './scheduler.contract.js';

const masked: WorkOutcome = { kind: 'failed', class: 'masked', summary: 'masked', logTail: '', measured };

/** What the ground plans by itself has the same inputs. */
const world = PlanDocument.parse({
  schema: PLAN_SCHEMA.name,
  schemaVersion: PLAN_SCHEMA.version,
  portage: '3.0.82',
  ok: true,
  packages: ['a', 'b'].map((name) => ({
    cpv: `app-small/${name}-1`,
    ...{ slot: '0', subslot: '0', repository: 'small', root: 'target', use: [], dependencies: {} },
  })),
  edges: [{ parent: 1, child: 0, kinds: ['buildtime'] }],
});

let ground: Ground;
beforeEach(async () => {
  ground = new Ground();
  await ground.start();
});

function ask(action: QuarantineAsked['action'], atom: string): Promise<QuarantineAnswered> {
  const by = { author: 'ada', reason: 'it is patched' };
  return ground.scheduler.quarantine.execute({
    requestId: randomUUID(),
    action,
    profile: PROFILE,
    atom,
    ...by,
  });
}

describe('a package in quarantine', () => {
  beforeEach(async () => {
    await ground.report((await ground.assigned()).at(-1), masked);
  });

  it('is tried again when a person releases it, as if it had never failed, and the history says who (Q7)', async () => {
    const { moved } = await ask('release', 'app-small/a');
    expect(moved).toMatchObject([{ cpv: 'app-small/a-1', state: 'waiting' }]);
    const job = await ground.job('a');
    // All that it needs is there, so it waits for nothing.
    expect(job).toMatchObject({ state: 'needed', failures: 0, reclaims: 0, failedOn: [] });
    const reasons = (await ground.db.jobs.historyOf(job.id)).map(({ reason }) => reason);
    expect(reasons.slice(-2)).toEqual([
      'released from quarantine by ada: it is patched',
      'needs nothing first',
    ]);
    await ground.round.execute();
    await ground.finish();
    expect(await ground.job('a')).toMatchObject({ state: 'published' });
  });

  it('stays there in the next plan with the same inputs, until it is released; then that plan builds it (Q7)', async () => {
    await ground.round.execute();
    const first = ground.planId;
    expect((await ground.db.plans.find(first))?.value.state).toBe('complete');
    await ground.plan(world);
    expect(await ground.job('a')).toMatchObject({ state: 'quarantined', attempt: 0 });
    await ground.round.execute();

    // Both plans are over, and the older one would bring it back.
    expect((await ask('release', 'app-small/a-1')).moved.map(({ state }) => state)).toEqual([
      'superseded',
      'superseded',
    ]);
    await ground.plan(world);
    expect(await ground.job('a')).toMatchObject({ state: 'delegated' });
    expect(await ask('release', 'a')).toMatchObject({
      moved: [],
      reason: 'no package of small that is in quarantine is called a',
    });
  });
});

describe('what a package in quarantine blocks', () => {
  it('is free again when that is released in an open plan', async () => {
    const document = {
      ...world,
      packages: [...world.packages, { ...world.packages[0], cpv: 'app-small/c-1' }],
    };
    await ground.plan(PlanDocument.parse(document));
    await ask('add', 'a');
    await ground.round.execute();
    expect(await ground.job('b')).toMatchObject({ state: 'blocked' });
    await ask('release', 'a');
    await ground.round.execute();
    expect(await ground.job('b')).toMatchObject({ state: 'waiting' });
  });
});

describe('a package that a person does not want', () => {
  it('is kept from being built, its attempt ended, and what needs it is blocked', async () => {
    const { moved } = await ask('add', 'a');
    expect(moved).toMatchObject([{ cpv: 'app-small/a-1', state: 'quarantined' }]);
    const job = await ground.job('a');
    expect(job).toMatchObject({ reason: 'put into quarantine by ada: it is patched' });
    expect(await ground.db.jobs.openAttempts()).toEqual([]);
    await ground.round.execute();
    expect(await ground.job('b')).toMatchObject({ state: 'blocked', blockedBy: 'app-small/a-1' });
    expect(await ask('add', 'a')).toMatchObject({ moved: [] });
    expect(await ask('add', 'nobody')).toMatchObject({
      moved: [],
      reason: expect.stringContaining('nobody'),
    });
  });
});
