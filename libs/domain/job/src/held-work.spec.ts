import { describe, expect, it } from '@jest/globals';

import type { Attempt, AttemptState } from './attempt.js';
import { judgeHeld, mayResume } from './held-work.js';
import type { AttemptId, DroneName, Job, JobState } from './job.js';

const drone = 'drone-1' as DroneName;

function anAttempt(state: AttemptState, over: Partial<Attempt> = {}): Attempt {
  return {
    ...{ id: 'a' as AttemptId, jobId: 'j' as Attempt['jobId'], number: 1, drone, state, tokenSha256: '' },
    ...{ offeredAt: new Date(0), startedAt: null, endedAt: null, failureClass: null, summary: null },
    ...{ logTail: null, measured: null },
    ...over,
  };
}

/** Only the state is looked at. */
const aJob = (state: JobState): Job => ({ state }) as Job;
const judge = (attempt: Attempt, job?: Job, current?: Attempt): string =>
  judgeHeld({ drone, attempt, job, current }).kind;
const successor = (state: AttemptState): Attempt =>
  anAttempt(state, { number: 2, drone: 'drone-2' as DroneName });

describe('an attempt that a drone says it holds', () => {
  it('is its own while the ledger has it open', () => {
    expect(judge(anAttempt('offered'), aJob('delegated'))).toBe('its-own');
    expect(judge(anAttempt('running'), aJob('delegated'))).toBe('its-own');
  });

  it('is kept after a reclaim, for as long as no other drone has begun it (S18)', () => {
    expect(judge(anAttempt('reclaimed'), aJob('needed'))).toBe('kept');
    expect(judge(anAttempt('reclaimed'), aJob('delegated'), successor('offered'))).toBe('kept');
  });

  it('is disowned when another one builds it, when it is there, and when it is another drone’s (S3, Q24)', () => {
    expect(judge(anAttempt('reclaimed'), aJob('delegated'), successor('running'))).toBe('disowned');
    for (const state of ['published', 'received', 'cancelled', 'superseded'] as const) {
      expect(judge(anAttempt('reclaimed'), aJob(state))).toBe('disowned');
    }
    expect(judge(anAttempt('running', { drone: 'drone-2' as DroneName }), aJob('delegated'))).toBe(
      'disowned',
    );
    expect(judge(anAttempt('reclaimed'))).toBe('disowned');
    for (const state of ['succeeded', 'failed', 'refused', 'returned', 'cancelled'] as const) {
      expect(judge(anAttempt(state), aJob('needed'))).toBe('disowned');
    }
  });

  it('goes on under its own number when nobody was given its job since (S24)', () => {
    const job = (state: JobState, attempt: number): Job => ({ state, attempt }) as Job;
    expect(mayResume(anAttempt('reclaimed'), job('needed', 1))).toBe(true);
    expect(mayResume(anAttempt('reclaimed'), job('needed', 2))).toBe(false);
    expect(mayResume(anAttempt('reclaimed'), job('delegated', 1))).toBe(false);
    for (const state of ['succeeded', 'failed', 'refused', 'returned', 'cancelled'] as const) {
      expect(mayResume(anAttempt(state), job('needed', 1))).toBe(false);
    }
  });
});
