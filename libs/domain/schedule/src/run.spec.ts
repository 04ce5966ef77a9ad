import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { nextInTurn } from './firing.js';
import { OVERTAKEN_AFTER_MS, planEvent, RELEASE_LIMIT_MS, releaseEvent, releaseLook } from './pipeline.js';
import { runLifecycle } from './run.lifecycle.js';
import { runAfter } from './run.transition.js';
import type { RunEvent, RunEventType, RunState, ScheduleRun } from './run.js';
import { at, START } from './schedule.arbitrary.js';

const aRun = (over: Partial<ScheduleRun> = {}): ScheduleRun => ({
  id: 'run-1',
  schedule: 'nightly',
  profile: 'lab',
  targets: [],
  occurrence: START,
  firstOccurrence: START,
  covers: 1,
  startedAt: START,
  state: 'syncing',
  since: START,
  outcome: null,
  detail: '',
  configuration: null,
  planId: null,
  endedAt: null,
  ...over,
});

const examples: Readonly<Record<RunEventType, RunEvent>> = {
  started: { type: 'started' },
  synced: { type: 'synced', configuration: null },
  planned: { type: 'planned', planId: 'run-1' },
  resolved: { type: 'resolved', detail: '' },
  built: { type: 'built', detail: '' },
  verified: { type: 'verified', detail: '' },
  closed: { type: 'closed', outcome: 'failed', detail: 'why' },
  notified: { type: 'notified' },
};
const states = Object.keys(runLifecycle) as RunState[];

describe('a run', () => {
  it('goes where the table says and nowhere else, and always ends with an outcome (Q3)', () => {
    const event = fc.constantFrom(...Object.values(examples));
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        let run = aRun({ state: 'queued' });
        for (const [minute, next] of events.entries()) {
          const row: Readonly<Partial<Record<RunEventType, RunState>>> = runLifecycle[run.state];
          const after = runAfter(run, next, at(minute));
          expect(after.ok).toBe(row[next.type] !== undefined);
          if (after.ok) run = after.value;
          const knowsOutcome = run.state === 'notifying' || run.state === 'ended';
          expect(run.outcome !== null).toBe(knowsOutcome);
          expect(run.endedAt !== null).toBe(run.state === 'ended');
        }
      }),
    );
  });

  it('can end from every step', () => {
    for (const state of states.filter((each) => each !== 'notifying' && each !== 'ended')) {
      const closed = runAfter(aRun({ state }), examples.closed, at(1));
      expect(closed).toMatchObject({
        ok: true,
        value: { state: 'notifying', outcome: 'failed', since: at(1) },
      });
    }
  });
});

describe('the steps of a plan', () => {
  it.each([
    ['resolving', 'resolving', undefined],
    ['resolving', 'building', 'resolved'],
    ['resolving', 'complete', 'resolved'],
    ['building', 'building', undefined],
    ['building', 'complete', 'built'],
    ['resolving', 'failed', 'closed'],
    ['building', 'cancelled', 'closed'],
  ] as const)('of a run that is %s: a plan that is %s means %p', (state, plan, expected) => {
    expect(planEvent({ state }, { state: plan, detail: 'x' })?.type).toBe(expected);
  });
});

describe('the binhost', () => {
  const plan = { id: 'p', endedAt: at(10), detail: '2 of 2 built' };
  const release = (over: object) => ({
    ...{ number: 1, planId: 'other', createdAt: at(0), artifacts: ['a'], state: 'current' as const },
    ...over,
  });
  const look = (members: readonly string[], ...generations: ReturnType<typeof release>[]) =>
    releaseLook(plan, { members, generations });

  it('says by its rows how far it is', () => {
    expect(look(['a'])).toEqual({ kind: 'waiting' });
    expect(look(['a'], release({ planId: 'p', state: 'preparing' as never }))).toEqual({
      kind: 'preparing',
      number: 1,
    });
    expect(look(['a'], release({ planId: 'p' }))).toEqual({ kind: 'out', number: 1 });
    expect(look(['a'], release({}))).toEqual({ kind: 'unchanged', number: 1 });
    expect(look(['b'], release({}))).toEqual({ kind: 'waiting' });
    expect(look(['b'], release({ createdAt: at(11) }))).toEqual({ kind: 'overtaken', number: 1 });
    expect(look([], release({}))).toEqual({ kind: 'nothing' });
  });

  it('that is silent ends the run, which says so: no run waits for ever (Q3)', () => {
    const waits = (ms: number) =>
      releaseEvent(aRun({ state: 'verifying' }), plan, { kind: 'waiting' }, new Date(START.getTime() + ms));
    expect(waits(RELEASE_LIMIT_MS)).toBeUndefined();
    expect(waits(RELEASE_LIMIT_MS + 1)).toMatchObject({
      outcome: 'failed',
      detail: expect.stringContaining('60 min'),
    });
  });

  it('is given time before a newer release counts', () => {
    const overtaken = { kind: 'overtaken', number: 3 } as const;
    const run = aRun({ state: 'verifying' });
    expect(releaseEvent(run, plan, overtaken, START)).toBeUndefined();
    const later = new Date(START.getTime() + OVERTAKEN_AFTER_MS + 1);
    expect(releaseEvent(run, plan, overtaken, later)).toMatchObject({ outcome: 'done' });
  });

  it('is followed through both of its steps', () => {
    const out = { kind: 'out', number: 4 } as const;
    expect(releaseEvent(aRun({ state: 'verifying' }), plan, out, START)?.type).toBe('verified');
    expect(releaseEvent(aRun({ state: 'promoting' }), plan, out, START)).toEqual({
      type: 'closed',
      outcome: 'done',
      detail: 'release 4 is out; 2 of 2 built',
    });
  });
});

describe('runs that wait', () => {
  it('begin one at a time, the oldest first, and each schedule for itself', () => {
    const run = (id: string, schedule: string, state: RunState) => aRun({ id, schedule, state });
    const open = [
      run('1', 'a', 'queued'),
      run('2', 'a', 'queued'),
      run('3', 'b', 'queued'),
      run('4', 'b', 'building'),
    ];
    expect(nextInTurn(open).map(({ id }) => id)).toEqual(['1']);
  });
});
