import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { Job, JobState } from './job.js';
import { anyEvent, anyLife, newJob, policy } from './job.arbitrary.js';
import { isFinal, isSettled, jobLifecycle } from './job.lifecycle.js';
import { transition } from './job.transition.js';

type Rows = Readonly<Record<string, readonly JobState[]>>;
const table = jobLifecycle as Readonly<Record<JobState, Rows>>;
const states = Object.keys(table) as JobState[];
const targets = (state: JobState): JobState[] => Object.values(table[state]).flat();

describe('the table of a job', () => {
  it('reaches every state from the first', () => {
    const seen = new Set<JobState>(['waiting']);
    for (const state of seen) targets(state).forEach((next) => seen.add(next));
    expect([...seen].sort()).toEqual([...states].sort());
  });

  it('lets every state end', () => {
    const ends = new Set(states.filter(isFinal));
    for (let before = -1; before !== ends.size;) {
      before = ends.size;
      for (const state of states) if (targets(state).some((next) => ends.has(next))) ends.add(state);
    }
    expect(ends.size).toBe(states.length);
  });

  it('lets nothing but a person, an input, a late artifact or a forgiven failure move a settled job', () => {
    const movers = states.filter(isSettled).flatMap((state) => Object.keys(table[state]));
    expect([...new Set(movers)].sort()).toEqual([
      'artifact-received',
      'cancelled',
      'dependency-restored',
      'failure-excused',
      'quarantine-released',
      'quarantined-by-hand',
      'superseded',
    ]);
  });
});

describe('any life of a job', () => {
  it('is generated so that every row of the table is taken', () => {
    const taken = new Set<string>();
    fc.assert(
      fc.property(anyLife, (life) => {
        for (const { before, event, after } of life) {
          if (after) taken.add(`${before.state} ${event.type} ${after.job.state}`);
        }
      }),
      { numRuns: 3000 },
    );
    const rows = states.flatMap((state) =>
      Object.entries(table[state]).flatMap(([event, to]) => to.map((next) => `${state} ${event} ${next}`)),
    );
    expect(rows.filter((row) => !taken.has(row))).toEqual([]);
  });

  it('moves exactly where the table allows', () => {
    fc.assert(
      fc.property(anyLife, (life) => {
        for (const { before, event, after } of life) {
          if (after) expect(table[before.state][event.type]).toContain(after.job.state);
        }
      }),
    );
  });

  it('is bounded by its data, whatever is reported (S5)', () => {
    fc.assert(
      fc.property(anyLife, (life) => {
        let releases = 0;
        for (const { before, event, after } of life) {
          if (!after) continue;
          if (event.type === 'quarantine-released') releases += 1;
          expect(after.job.failures).toBeLessThanOrEqual(policy.maxFailures);
          expect(after.job.reclaims).toBeLessThanOrEqual(policy.maxReclaims);
          expect(after.job.attempt).toBe(before.attempt + (event.type === 'delegated' ? 1 : 0));
          expect(after.job.attempt).toBeLessThanOrEqual(
            (releases + 1) * (policy.maxFailures + policy.maxReclaims),
          );
        }
      }),
    );
  });

  it('holds an attempt exactly while it is delegated, and ends each one once (S4)', () => {
    fc.assert(
      fc.property(anyLife, (life) => {
        const ended: string[] = [];
        for (const { before, event, after } of life) {
          if (!after) continue;
          expect('attemptId' in after.job).toBe(after.job.state === 'delegated');
          const lost = after.effects.flatMap((effect) =>
            effect.kind === 'end-attempt' ? [effect.attemptId] : [],
          );
          // A drone that reports a failure has ended the attempt itself.
          const over = before.state === 'delegated' && after.job.state !== 'delegated';
          expect(lost.length).toBe(over && event.type !== 'attempt-failed' ? 1 : 0);
          ended.push(...lost);
        }
        expect(new Set(ended).size).toBe(ended.length);
      }),
    );
  });

  it('believes only the current attempt (S18)', () => {
    fc.assert(
      fc.property(anyLife, (life) => {
        for (const { before, event, after } of life) {
          if ('attempt' in event && event.attempt !== before.attempt) expect(after).toBeUndefined();
        }
      }),
    );
  });

  it('changes nothing when the same news comes twice (S4)', () => {
    fc.assert(
      fc.property(anyLife, (life) => {
        for (const { event, after } of life) {
          // A failure is excused together with its attempt, which can be done once; see the scheduler's strikes.
          if (!after || event.type === 'delegated' || event.type === 'failure-excused') continue;
          const again = transition(after.job, event, policy);
          if (again.ok) expect(again.value.job.state).not.toBe('needed');
        }
      }),
    );
  });

  it('never leaves published, superseded or cancelled', () => {
    fc.assert(
      fc.property(anyLife, anyEvent, (life, event) => {
        const last: Job = life.at(-1)?.after?.job ?? newJob;
        if (isFinal(last.state)) expect(transition(last, event, policy).ok).toBe(false);
      }),
    );
  });
});

describe('a job', () => {
  const at = (over: Partial<Job>): Job => ({ ...newJob, ...over }) as Job;
  const delegated = at({ state: 'delegated', attempt: 2, attemptId: 'a2', drone: 'drone-b' } as Partial<Job>);

  it('uses a late artifact of an earlier attempt and ends the newer one (S18)', () => {
    const result = transition(delegated, { type: 'artifact-received', artifact: 'f' as never }, policy);
    expect(result).toMatchObject({
      ok: true,
      value: { job: { state: 'received' }, effects: [{ kind: 'end-attempt', attemptId: 'a2' }] },
    });
  });

  it('is quarantined at once for a cause that no drone can change', () => {
    const failed = {
      type: 'attempt-failed',
      attempt: 2,
      drone: 'drone-b',
      reason: 'masked',
      retryAt: new Date(0),
    };
    const result = transition(delegated, { ...failed, counts: true, retryAt: null } as never, policy);
    expect(result).toMatchObject({ ok: true, value: { job: { state: 'quarantined', reason: 'masked' } } });
  });

  it('is quarantined by the last failure that it may have, and not by the one before (S5)', () => {
    const failed = {
      type: 'attempt-failed',
      attempt: 2,
      drone: 'drone-b',
      reason: 'gcc',
      retryAt: new Date(0),
      counts: true,
    };
    const after = (failures: number): unknown =>
      transition(at({ ...delegated, failures }), failed as never, policy);
    expect(after(policy.maxFailures - 2)).toMatchObject({ value: { job: { state: 'needed' } } });
    expect(after(policy.maxFailures - 1)).toMatchObject({
      value: { job: { state: 'quarantined', reason: 'gcc' } },
    });
  });

  it('has a failure forgiven that becomes one that was lost, while there is room for one (S2, S5)', () => {
    const quarantined = {
      state: 'quarantined',
      reason: 'gcc',
      failures: 2,
      failedOn: ['drone-a', 'drone-b'],
    };
    const forgive = (over: object): unknown =>
      transition(
        at({ ...quarantined, ...over } as unknown as Partial<Job>),
        { type: 'failure-excused', drone: 'drone-b' },
        policy,
      );
    expect(forgive({})).toMatchObject({
      value: {
        job: { state: 'needed', failures: 1, reclaims: 1, failedOn: ['drone-a'] },
        effects: [{ kind: 'unblock-dependents' }],
      },
    });
    const full = { reclaims: policy.maxReclaims - 1 };
    expect(forgive(full)).toMatchObject({ value: { job: { state: 'quarantined', failures: 2, ...full } } });
    // What a person put there had its failures taken off.
    expect(forgive({ failures: 0 })).toMatchObject({ value: { job: { state: 'quarantined', reclaims: 0 } } });
  });

  it('is not failed by a lost drone, and is given up after too many', () => {
    const lost = { type: 'attempt-reclaimed', attempt: 2, reason: 'drone-b is offline' } as const;
    expect(transition(delegated, lost, policy)).toMatchObject({
      value: { job: { state: 'needed', failures: 0 } },
    });
    const often = at({ ...delegated, reclaims: policy.maxReclaims - 1 });
    expect(transition(often, lost, policy)).toMatchObject({
      value: { job: { state: 'quarantined', reason: 'lost 3 times, last: drone-b is offline' } },
    });
  });
});
