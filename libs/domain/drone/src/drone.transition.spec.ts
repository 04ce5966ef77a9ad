import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { Drone, DroneEvent, DroneEventType, DroneState } from './drone.js';
import { droneLifecycle } from './drone.lifecycle.js';
import { defaultGrounding as policy, isOver, moveDrone, uploadFailed } from './drone.transition.js';
import { verdict, defaultLiveness } from './liveness.js';
import { owesCanary, workLimit } from './work-limit.js';

const start = new Date('2026-01-01T00:00:00Z');
const after = (ms: number): Date => new Date(start.getTime() + ms);

const fresh: Drone = {
  name: 'drone-1',
  state: 'online',
  reason: '',
  incarnation: 'i',
  enrolledAt: start,
  capabilities: {
    profile: 'lab',
    executor: 'portage',
    slots: 4,
    cores: 8,
    memoryBytes: 1,
    portageVersion: '',
  },
  lastSign: {
    incarnation: 'i',
    sequence: 1,
    at: start,
    attempts: [],
    draining: false,
    load1: 0,
    freeDiskBytes: 0,
    freeMemoryBytes: 0,
  },
  grounding: null,
  badUpload: null,
  drain: null,
};

function moved(drone: Drone, type: DroneEventType, now = start): Drone {
  const next = moveDrone(drone, { type }, { now, policy, reason: type });
  if (!next) throw new Error(`${type} is not for ${drone.state}`);
  return next;
}

const types = [
  ...new Set(Object.values(droneLifecycle).flatMap((row) => Object.keys(row))),
] as DroneEventType[];
const anyMoves = fc.array(
  fc.record({ type: fc.constantFrom(...types), waitMs: fc.integer({ min: 0, max: 900_000 }) }),
  { maxLength: 40, size: 'max' },
);

describe('a drone that was grounded', () => {
  it('gets nothing for 300 s, then one job, then work as before (S2, Q25)', () => {
    const grounded = moved(fresh, 'struck-out');
    expect(grounded).toMatchObject({ state: 'grounded', grounding: { until: after(300_000), times: 1 } });
    expect(workLimit(grounded, start)).toEqual({
      atMost: 0,
      because: 'is grounded until 2026-01-01T00:05:00.000Z',
    });
    const context = { policy, reason: '' };
    expect(
      moveDrone(grounded, { type: 'grounding-ended' }, { ...context, now: after(299_999) }),
    ).toBeUndefined();
    const probation = moved(grounded, 'grounding-ended', after(300_000));
    expect(workLimit(probation, after(300_000)).atMost).toBe(1);
    expect(owesCanary(probation)).toBe(true);
    const again = moved(probation, 'canary-succeeded');
    expect(again).toMatchObject({ state: 'online', grounding: null });
    expect(workLimit(again, start)).toEqual({ atMost: 4, because: '' });
    expect(owesCanary(again)).toBe(false);
  });

  it('is grounded for twice as long with each canary that fails, up to an hour', () => {
    let drone = moved(fresh, 'struck-out');
    const minutes: number[] = [];
    for (let now = start, n = 0; n < 60; n += 1) {
      const until = drone.grounding?.until ?? now;
      if (n < 6) minutes.push((until.getTime() - now.getTime()) / 60_000);
      now = until;
      drone = moved(moved(drone, 'grounding-ended', now), 'canary-failed', now);
    }
    expect(minutes).toEqual([5, 10, 20, 40, 60, 60]);
    expect(drone.grounding?.times).toBe(61);
  });

  it('by hand stays so until a person says otherwise', () => {
    const held = moved(fresh, 'grounded-by-hand');
    expect(isOver(held.grounding, after(1e12))).toBe(false);
    expect(workLimit(held, start).because).toBe('is grounded until a person lifts it');
    const end: DroneEvent = { type: 'grounding-ended' };
    expect(moveDrone(held, end, { now: after(1e12), policy, reason: '' })).toBeUndefined();
    expect(moved(held, 'ungrounded')).toMatchObject({ state: 'online', grounding: null });
  });

  it('owes its canary still when it was silent meanwhile (S2)', () => {
    const probation = moved(moved(fresh, 'struck-out'), 'grounding-ended', after(300_000));
    const silent = moved(moved(probation, 'went-quiet'), 'went-silent');
    expect(silent).toMatchObject({ state: 'offline', grounding: { times: 1 } });
    const heard = verdict(silent, start, defaultLiveness, start);
    expect(heard).toEqual({ type: 'probation-heard' });
    expect(moved(silent, heard.type).state).toBe('probation');
  });
});

describe('a drone whose upload failed', () => {
  it('gets nothing for a minute, then one job, and is otherwise as it was (S22)', () => {
    const bad = uploadFailed(fresh, { now: start, policy });
    expect(bad).toMatchObject({ state: 'online', grounding: null });
    expect(workLimit(bad, after(59_999))).toEqual({
      atMost: 0,
      because: 'cannot upload; tried again at 2026-01-01T00:01:00.000Z',
    });
    expect(workLimit(bad, after(60_000)).atMost).toBe(1);
    expect(owesCanary(bad)).toBe(true);
    expect(uploadFailed(bad, { now: start, policy }).badUpload).toEqual({ until: after(120_000), times: 2 });
  });
});

describe('any life of a drone', () => {
  it('has a grounding whenever its state says so, and gets no work while that lasts', () => {
    fc.assert(
      fc.property(anyMoves, (moves) => {
        let drone = fresh;
        let now = start;
        for (const { type, waitMs } of moves) {
          now = new Date(now.getTime() + waitMs);
          drone = moveDrone(drone, { type }, { now, policy, reason: type }) ?? drone;
          const isKept: readonly DroneState[] = ['grounded', 'probation'];
          if (isKept.includes(drone.state)) expect(drone.grounding).not.toBeNull();
          if (drone.state === 'grounded') expect(workLimit(drone, now).atMost).toBe(0);
          if (drone.state === 'probation') expect(workLimit(drone, now).atMost).toBe(1);
        }
      }),
      { numRuns: 500 },
    );
  });
});
