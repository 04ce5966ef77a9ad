import { randomUUID } from 'node:crypto';

import { beforeEach, describe, expect, it } from '@jest/globals';
import { RELEASE_LIMIT_MS } from '@swarm/domain-schedule';

import { PROFILE } from './scheduler.contract.js';
import { ScheduleGround, type Death } from './schedules.contract.js';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

let ground: ScheduleGround;
beforeEach(() => {
  ground = new ScheduleGround();
});

/** Ends the plan as the round does when every job of it is settled; its one member is in the current release. */
async function complete(planId: string, number = 1): Promise<void> {
  const now = ground.clock.now();
  await ground.movePlan(planId, { state: 'complete', endedAt: now, detail: '2 of 2 built' });
  await ground.db.generations.prepare({
    ...{ profile: PROFILE, number, planId, createdAt: now, artifacts: ['f'], state: 'preparing' },
  });
  await ground.look();
  await ground.db.generations.promote(PROFILE, number, []);
}

describe('a schedule that is due', () => {
  it('writes STARTED before anything else, then makes its plan (S1)', async () => {
    await ground.schedule();
    await ground.look(HOUR_MS - 2_000);
    expect(await ground.runs()).toEqual([]);
    await ground.look(2_000);
    const events = await ground.messages();
    expect(events.map(({ message }) => message)).toEqual(['RunStarted', 'PlanMoved']);
    const [run] = await ground.runs();
    expect(run).toMatchObject({ state: 'resolving', covers: 1, schedule: 'hourly' });
    expect(await ground.plans()).toMatchObject([{ id: run?.id, origin: 'hourly', targets: ['@world'] }]);
  });

  it.each(
    [1, 2, 3].flatMap((write) => [
      { write, isStored: true },
      { write, isStored: false },
    ]),
  )(
    'survives the death of its scheduler at write $write of a run (stored: $isStored), and is not doubled (S1)',
    async ({ write, isStored }) => {
      await ground.schedule();
      ground.restart({ port: 'schedules', write, isStored });
      await ground.look(HOUR_MS);
      ground.restart();
      await ground.look();
      expect(await ground.states()).toEqual(['resolving']);
      expect(await ground.plans()).toHaveLength(1);
      expect(await ground.messages('RunStarted')).toHaveLength(1);
      expect((await ground.messages())[0]?.message).toBe('RunStarted');
    },
  );

  it.each([true, false])(
    'that dies while it makes the plan (stored: %p) makes one (S1)',
    async (isStored) => {
      await ground.schedule();
      ground.restart({ port: 'plans', write: 1, isStored });
      await ground.look(HOUR_MS);
      ground.restart();
      await ground.look();
      const [run] = await ground.runs();
      expect(await ground.plans()).toHaveLength(1);
      expect(run).toMatchObject({ state: 'resolving', planId: run?.id });
    },
  );

  it('gives each occurrence a run of the same name, whoever finds it, so that its news is stored once (S1)', async () => {
    const ids = [];
    for (const _scheduler of [1, 2]) {
      ground = new ScheduleGround();
      await ground.schedule();
      await ground.look(HOUR_MS);
      ids.push(...(await ground.runs()).map(({ id }) => id));
    }
    expect(ids).toHaveLength(2);
    expect(ids[0]).toBe(ids[1]);
  });

  it('is fired once by two schedulers that both believe they lead (S1)', async () => {
    await ground.schedule();
    const other = new ScheduleGround();
    Object.assign(other, { db: ground.db, clock: ground.clock });
    other.restart();
    ground.clock.advance(HOUR_MS);
    await Promise.all([ground.look(0), other.look(0)]);
    await ground.look();
    expect(await ground.states()).toEqual(['resolving']);
    expect(await ground.messages('RunStarted')).toHaveLength(1);
    expect(await ground.plans()).toHaveLength(1);
  });

  it('ends with the reason where its profile has nothing to build, and tells (Q3)', async () => {
    await ground.schedule();
    await ground.db.profiles.put({
      ...{ name: PROFILE, kind: 'portage', targets: [] },
      createdAt: ground.clock.now(),
    });
    await ground.look(HOUR_MS);
    expect(await ground.states()).toEqual(['failed']);
    expect(await ground.messages('RunEnded')).toMatchObject([
      { payload: { outcome: 'failed', line: expect.stringContaining('has no targets of its own') } },
    ]);
  });
});

describe('after a downtime of hours', () => {
  it('raises the alarm at the start, and one run makes up for all (S1)', async () => {
    await ground.schedule();
    ground.restart();
    await ground.look(5 * HOUR_MS + 30 * MINUTE_MS);
    expect(await ground.runs()).toMatchObject([{ covers: 5, state: 'resolving' }]);
    expect(await ground.messages('ScheduleMissed')).toHaveLength(5);
    expect((await ground.messages())[0]?.message).toBe('ScheduleMissed');
  });

  it('makes up for none where the schedule says so, and tells (S1)', async () => {
    await ground.schedule({ catchUp: 'none' });
    await ground.look(5 * HOUR_MS + 30 * MINUTE_MS);
    expect(await ground.states()).toEqual(['missed']);
    expect(await ground.messages('RunEnded')).toMatchObject([{ payload: { outcome: 'missed' } }]);
    expect(await ground.plans()).toEqual([]);
  });

  it('makes up for all, one after the other, each STARTED when its turn comes (S1)', async () => {
    await ground.schedule({ catchUp: 'all' });
    await ground.look(3 * HOUR_MS + 30 * MINUTE_MS);
    expect(await ground.states()).toEqual(['resolving', 'queued', 'queued']);
    expect(await ground.messages('RunStarted')).toHaveLength(1);
    const [first] = await ground.runs();
    await ground.movePlan(first?.id ?? '', { state: 'failed', endedAt: ground.clock.now(), detail: 'no' });
    await ground.look();
    await ground.look();
    expect(await ground.states()).toEqual(['failed', 'resolving', 'queued']);
    expect(await ground.messages('RunStarted')).toHaveLength(2);
  });
});

describe('a run', () => {
  async function runOf(planState: 'building' | 'resolving'): Promise<string> {
    await ground.schedule();
    await ground.look(HOUR_MS);
    const [run] = await ground.runs();
    if (planState === 'building')
      await ground.movePlan(run?.id ?? '', { state: 'building', detail: '2 to build' });
    await ground.look();
    return run?.id ?? '';
  }

  it('goes through every step, each on record, and tells its end in one line', async () => {
    const id = await runOf('building');
    expect(await ground.states()).toEqual(['building']);
    await ground.movePlan(id, { state: 'complete', endedAt: ground.clock.now(), detail: '2 of 2 built' });
    await ground.db.generations.prepare({
      ...{
        profile: PROFILE,
        number: 1,
        planId: id,
        createdAt: ground.clock.now(),
        artifacts: ['f'],
        state: 'preparing',
      },
    });
    await ground.look();
    expect(await ground.states()).toEqual(['promoting']);
    await ground.db.generations.promote(PROFILE, 1, []);
    ground.restart();
    await ground.look();
    expect(await ground.states()).toEqual(['done']);
    expect(await ground.messages('RunEnded')).toMatchObject([
      { payload: { runId: id, planId: id, outcome: 'done', line: 'release 1 is out; 2 of 2 built' } },
    ]);
  });

  it('survives the death of its scheduler at each of its steps, and tells once (S1, Q3)', async () => {
    for (let write = 1; write <= 5; write += 1) {
      for (const isStored of [true, false]) {
        ground = new ScheduleGround();
        const id = await runOf('building');
        const death: Death = { port: 'schedules', write, isStored };
        ground.restart(death);
        await complete(id);
        await ground.look();
        ground.restart();
        await ground.look();
        expect([write, isStored, await ground.states()]).toEqual([write, isStored, ['done']]);
        expect(await ground.messages('RunEnded')).toHaveLength(1);
      }
    }
  });

  it('names the version of the profile in its first step, whatever is pushed before its plan is made (S1)', async () => {
    await ground.schedule();
    const push = (digest: string): Promise<unknown> =>
      ground.db.profiles.pushVersion({
        ...{
          profile: PROFILE,
          digest,
          author: 'me',
          reason: 'test',
          at: ground.clock.now(),
          outgoing: () => [],
        },
        configuration: { files: {}, makeProfile: 'small:lab', world: [], repositories: [] },
      });
    await push('a'.repeat(64));
    ground.restart({ port: 'plans', write: 1, isStored: false });
    await ground.look(HOUR_MS);
    await push('b'.repeat(64));
    ground.restart();
    await ground.look();
    expect(await ground.plans()).toMatchObject([{ configuration: 'a'.repeat(64) }]);
  });

  it('ends with its plan where that is never resolved, and says why', async () => {
    const id = await runOf('resolving');
    await ground.movePlan(id, {
      state: 'failed',
      endedAt: ground.clock.now(),
      detail: 'not resolved after 5 tries',
    });
    await ground.look();
    expect(await ground.runs()).toMatchObject([{ outcome: 'failed', detail: 'not resolved after 5 tries' }]);
  });

  it('waits for no release for ever (Q3)', async () => {
    const id = await runOf('building');
    await ground.db.generations.prepare({
      ...{
        profile: PROFILE,
        number: 1,
        planId: id,
        createdAt: ground.clock.now(),
        artifacts: ['f'],
        state: 'preparing',
      },
    });
    await ground.movePlan(id, { state: 'complete', endedAt: ground.clock.now() });
    await ground.look();
    await ground.ask({ kind: 'disable', name: 'hourly' });
    await ground.look(RELEASE_LIMIT_MS + MINUTE_MS);
    expect(await ground.runs()).toMatchObject([
      { outcome: 'failed', detail: expect.stringContaining('60 min') },
    ]);
  });

  it('that is replaced has its plan cancelled with all its jobs, also where the scheduler dies meanwhile (S1)', async () => {
    await ground.schedule({ overlap: 'replace' });
    await ground.hear('drone-1');
    await ground.look(HOUR_MS);
    const [old] = await ground.runs();
    await ground.round.execute();
    const work = (await ground.assigned()).at(-1);
    expect(work?.work).toMatchObject({ kind: 'resolve', planId: old?.id });
    ground.restart({ port: 'plans', write: 1, isStored: true });
    await ground.look(HOUR_MS);
    ground.restart();
    await ground.look();
    expect(await ground.states()).toEqual(['replaced', 'resolving']);
    expect((await ground.plans()).map(({ state }) => state).sort()).toEqual(['cancelled', 'resolving']);
  });
});

describe('a request about a schedule', () => {
  it('is refused with the field and what to write instead (S1)', async () => {
    await ground.schedule();
    const wish = { ...{ name: 'other', profile: PROFILE, targets: [], cron: '0 3 * *', zone: 'Mars/Base' } };
    const policies = { overlap: 'skip', catchUp: 'one', jitterMaxMs: 0 } as const;
    const bad = await ground.ask({ kind: 'add', schedule: { ...wish, ...policies } });
    expect(bad).toMatchObject({
      outcome: 'refused',
      reason: expect.stringMatching(/^zone: .*Europe\/Berlin/),
    });
    const worse = await ground.ask({ kind: 'add', schedule: { ...wish, ...policies, zone: 'UTC' } });
    expect(worse.reason).toMatch(/^cron: .*write five fields/);
    const nobody = { ...wish, ...policies, cron: '@daily', zone: 'UTC', profile: 'desk' };
    expect((await ground.ask({ kind: 'add', schedule: nobody })).reason).toMatch(/^profile: .*known: small/);
  });

  it('may come twice: one schedule, one run', async () => {
    await ground.schedule();
    await ground.schedule();
    await expect(ground.schedule({ cron: '@daily' })).rejects.toThrow('another schedule');
    const requestId = randomUUID();
    const first = await ground.ask({ kind: 'run', name: 'hourly' }, requestId);
    expect(await ground.ask({ kind: 'run', name: 'hourly' }, requestId)).toEqual(first);
    await ground.look();
    expect(await ground.states()).toEqual(['resolving']);
    expect(await ground.messages('RunStarted')).toHaveLength(1);
    expect(await ground.ask({ kind: 'run', name: 'hourly' })).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining('is still resolving'),
    });
  });

  it('disables, and enables from now on: what was in between is none of its business', async () => {
    await ground.schedule();
    await ground.ask({ kind: 'disable', name: 'hourly' });
    await ground.look(5 * HOUR_MS);
    await ground.ask({ kind: 'enable', name: 'hourly' });
    await ground.look();
    expect(await ground.runs()).toEqual([]);
    await ground.look(HOUR_MS);
    expect(await ground.states()).toEqual(['resolving']);
  });

  it('pauses with an author, a reason and an end, and what falls into it is on record (S19)', async () => {
    await ground.schedule();
    const pause = {
      kind: 'pause',
      name: 'hourly',
      forMs: 90 * MINUTE_MS,
      author: 'anna',
      reason: 'mirror',
    } as const;
    await ground.ask(pause);
    await ground.look(HOUR_MS);
    await ground.look(HOUR_MS);
    expect(await ground.states()).toEqual(['skipped', 'resolving']);
    expect(await ground.messages('RunEnded')).toMatchObject([
      { payload: { outcome: 'skipped', line: expect.stringContaining('by anna: mirror') } },
    ]);
    expect((await ground.ask({ ...pause, forMs: 1e12 })).reason).toContain('forMs');
  });

  it('removes a schedule, and the runs of it that wait', async () => {
    await ground.schedule({ overlap: 'queue' });
    await ground.look(HOUR_MS);
    await ground.look(HOUR_MS);
    expect(await ground.states()).toEqual(['resolving', 'queued']);
    await ground.ask({ kind: 'remove', name: 'hourly' });
    expect(await ground.ask({ kind: 'remove', name: 'hourly' })).toMatchObject({ outcome: 'unknown' });
    await ground.look();
    await ground.look();
    expect(await ground.states()).toEqual(['resolving', 'cancelled']);
  });
});

describe('a plan that a person asks for', () => {
  it('is a run like any other, that goes on where its scheduler died (S1)', async () => {
    await ground.schedule();
    const requestId = randomUUID();
    const asked = { requestId, profile: PROFILE, targets: ['a/b'], origin: 'operator' };
    await ground.make.execute(asked);
    expect(await ground.make.execute(asked)).toMatchObject({ planId: requestId });
    await ground.look();
    expect(await ground.runs()).toMatchObject([
      { id: requestId, schedule: 'by-hand', state: 'resolving', covers: 0 },
    ]);
    expect(await ground.plans()).toMatchObject([{ id: requestId, targets: ['a/b'], origin: 'operator' }]);
  });
});
