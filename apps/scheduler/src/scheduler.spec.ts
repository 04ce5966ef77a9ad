import { randomUUID } from 'node:crypto';

import { beforeEach, describe, expect, it } from '@jest/globals';

import type { WorkOutcome } from '@swarm/contracts';

import { Ground, measured, policy, PROFILE } from './scheduler.contract.js';

const failed = (failure: 'compile' | 'upload' | 'masked'): WorkOutcome => ({
  kind: 'failed',
  class: failure,
  summary: 'it went wrong',
  logTail: '',
  measured,
});

let ground: Ground;
beforeEach(async () => {
  ground = new Ground();
  await ground.start();
});

describe('a plan', () => {
  it('writes STARTED before anything else (S1)', async () => {
    const [first] = await ground.db.events.after(0n, 1);
    expect(first?.message).toBe('RunStarted');
  });

  it('is made once, however often it is asked for with one request', async () => {
    const asked = { requestId: ground.planId, profile: PROFILE, targets: [], origin: 'operator' };
    expect(await ground.make.execute(asked)).toEqual({
      requestId: ground.planId,
      planId: ground.planId,
      reason: '',
    });
    expect(await ground.db.plans.recent(10)).toHaveLength(1);
  });

  it('names what is wrong with what was asked for', async () => {
    const answer = await ground.make.execute({
      requestId: randomUUID(),
      profile: 'desk',
      targets: [],
      origin: 'me',
    });
    expect(answer).toMatchObject({ planId: null, reason: 'there is no profile "desk"; known: small' });
  });
});

describe('a job', () => {
  it('is not handed out before what it needs can be downloaded (Q22)', async () => {
    expect(await ground.job('b')).toMatchObject({ state: 'waiting' });
    const [, work] = await ground.assigned();
    await ground.report(work, { kind: 'built', sha256: '0'.repeat(64), sizeBytes: 1, measured });
    await ground.round.execute();
    expect(await ground.job('b')).toMatchObject({ state: 'waiting' });

    await ground.publish(work, 'a');
    await ground.round.execute();
    await ground.round.execute();
    expect(await ground.job('a')).toMatchObject({ state: 'published' });
    expect(await ground.job('b')).toMatchObject({ state: 'delegated' });
    const given = (await ground.assigned()).at(-1)?.work;
    expect(given).toMatchObject({ kind: 'build', dependencies: [{ cpv: 'app-small/a-1' }] });
  });

  it('says who built it, though the artifact comes before the report of the drone', async () => {
    const [, work] = await ground.assigned();
    await ground.publish(work, 'a');
    await ground.round.execute();
    const attempt = { number: 1, drone: 'drone-1', state: 'succeeded' };
    expect(await ground.db.jobs.attemptsOf((await ground.job('a')).id)).toMatchObject([attempt]);
    await ground.report(work, { kind: 'built', sha256: '0'.repeat(64), sizeBytes: 1, measured });
    expect(await ground.db.jobs.attemptsOf((await ground.job('a')).id)).toMatchObject([
      { ...attempt, measured },
    ]);
  });

  it('is moved by nobody but the drone that was given it (Q20)', async () => {
    const [, work] = await ground.assigned();
    expect(await ground.report(work, failed('compile'), 'drone-9')).toBe('done');
    expect(await ground.job('a')).toMatchObject({ state: 'delegated', failures: 0 });
  });

  it('is quarantined by the second failure of a lone drone, tried no more, and blocks what needs it (S5, S26)', async () => {
    for (let tries = 0; tries < 10; tries += 1) {
      await ground.report((await ground.assigned()).at(-1), failed('compile'));
      await ground.round.execute();
      await ground.round.execute();
    }
    expect(await ground.job('a')).toMatchObject({ state: 'quarantined', attempt: 2, failures: 2 });
    expect(await ground.job('b')).toMatchObject({ state: 'blocked', blockedBy: 'app-small/a-1' });
    expect((await ground.db.plans.find(ground.planId))?.value).toMatchObject({
      state: 'complete',
      detail: '0 of 2 built, 1 quarantined, 1 blocked',
    });
  });

  it('is not blamed for the way to the binhost (S22)', async () => {
    const [, work] = await ground.assigned();
    await ground.report(work, failed('upload'));
    expect(await ground.job('a')).toMatchObject({ state: 'needed', failures: 0, reclaims: 1 });
  });

  it('is tried no second time for a cause that no drone can change', async () => {
    const [, work] = await ground.assigned();
    await ground.report(work, failed('masked'));
    expect(await ground.job('a')).toMatchObject({ state: 'quarantined', attempt: 1 });
  });

  it('counts late news of a reclaimed attempt as nothing, and uses its artifact (S18)', async () => {
    const [, work] = await ground.assigned();
    await ground.report(work, { kind: 'returned', reason: 'the drone stops' });
    await ground.round.execute();
    const before = await ground.job('a');
    expect(before).toMatchObject({ state: 'delegated', attempt: 2 });
    await ground.report(work, failed('compile'));
    expect(await ground.job('a')).toEqual(before);

    await ground.publish(work, 'a');
    await ground.round.execute();
    expect(await ground.job('a')).toMatchObject({ state: 'published' });
    expect(await ground.db.jobs.openAttempts()).toEqual(
      expect.not.arrayContaining([expect.objectContaining({ jobId: before.id })]),
    );
  });

  it('is taken back from a living drone that does not hold it, but only after a while (S3)', async () => {
    await ground.hear('drone-1');
    await ground.round.execute();
    ground.clock.advance(policy.unclaimedAfterMs - 1);
    await ground.hear('drone-1');
    await ground.round.execute();
    expect(await ground.job('a')).toMatchObject({ state: 'delegated', attempt: 1 });
    ground.clock.advance(1);
    await ground.hear('drone-1');
    await ground.round.execute();
    expect(await ground.job('a')).toMatchObject({ attempt: 2, reclaims: 1 });
  });

  it('stays with a drone that names it, however long it takes (S21)', async () => {
    const [, work] = await ground.assigned();
    for (let hours = 0; hours < 9; hours += 1) {
      ground.clock.advance(3_600_000);
      await ground.hear('drone-1', [work?.attemptId ?? '']);
      await ground.round.execute();
    }
    expect(await ground.job('a')).toMatchObject({ state: 'delegated', attempt: 1 });
  });
});
