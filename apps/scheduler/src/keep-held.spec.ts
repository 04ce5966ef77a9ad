import { beforeEach, describe, expect, it } from '@jest/globals';

import type { DroneState } from '@swarm/domain-drone';

import { Ground } from './scheduler.contract.js';

let ground: Ground;
beforeEach(async () => {
  ground = new Ground();
  await ground.start();
});

/** The monitor's word on drone-1. */
async function judged(state: DroneState): Promise<void> {
  const found = await ground.db.drones.find('drone-1');
  if (!found) throw new Error('drone-1 is not known');
  await ground.db.drones.save({ ...found.value, state }, found.revision, []);
}

/** Its attempt of `a` is taken back, as the healer asks for it 60 s after its last sign. */
async function lost(): Promise<string> {
  const [attempt] = await ground.db.jobs.openAttempts();
  if (!attempt) throw new Error('nothing was given out');
  await judged('offline');
  ground.clock.advance(60_000);
  await ground.scheduler.reclaim.byId([attempt.id], 'drone-1 is lost');
  return attempt.id;
}

describe('a drone that was taken for lost and is there again', () => {
  it('keeps the build that nobody was given meanwhile, under the same number (S24)', async () => {
    const attempt = await lost();
    await ground.round.execute();
    expect(await ground.job('a')).toMatchObject({ state: 'needed', attempt: 1, reclaims: 1 });

    await ground.hear('drone-1', [attempt]);
    await judged('online');
    await ground.round.execute();

    expect(await ground.job('a')).toMatchObject({ state: 'delegated', attempt: 1, attemptId: attempt });
    const open = await ground.db.jobs.openAttempts();
    expect(open.map(({ id, state, endedAt }) => [id, state, endedAt])).toEqual([[attempt, 'running', null]]);
    await ground.finish();
    expect(await ground.job('a')).toMatchObject({ state: 'published', attempt: 1 });
  });

  it('gets it back from nobody who was given it meanwhile (S4, S24)', async () => {
    const attempt = await lost();
    await ground.hear('drone-2');
    await ground.round.execute();
    expect(await ground.job('a')).toMatchObject({ state: 'delegated', attempt: 2, drone: 'drone-2' });

    await ground.hear('drone-1', [attempt]);
    await ground.hear('drone-2', [(await ground.assigned()).at(-1)?.attemptId ?? '']);
    await judged('online');
    await ground.round.execute();

    expect(await ground.job('a')).toMatchObject({ state: 'delegated', attempt: 2, drone: 'drone-2' });
  });

  it.each(['suspect', 'offline', 'grounded', 'probation', 'retired'] as const)(
    'is not believed to keep anything while it is %s (S3)',
    async (state) => {
      const attempt = await lost();
      await ground.hear('drone-1', [attempt]);
      await judged(state);
      await ground.round.execute();
      expect((await ground.db.jobs.openAttempts()).map(({ id }) => id)).not.toContain(attempt);
    },
  );

  it('keeps nothing by an old sign of life (S3)', async () => {
    const attempt = await lost();
    await ground.hear('drone-1', [attempt]);
    await judged('online');
    ground.clock.advance(15_000);
    await ground.round.execute();
    expect((await ground.db.jobs.openAttempts()).map(({ id }) => id)).not.toContain(attempt);
  });
});
