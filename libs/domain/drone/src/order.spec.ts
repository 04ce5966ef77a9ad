import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { Drone, DroneState } from './drone.js';
import { defaultLiveness, verdict } from './liveness.js';
import { carryOut, MAX_GROUND_MS, type DroneWish, type OrderContext } from './order.js';
import { defaultGrounding, isOver, moveDrone } from './drone.transition.js';
import { workLimit } from './work-limit.js';

const NOW = new Date('2026-01-01T12:00:00Z');
const HOUR_MS = 3_600_000;

function aDrone(over: Partial<Drone> = {}): Drone {
  return {
    name: 'drone-1',
    state: 'online',
    reason: 'enrolled',
    incarnation: 'i',
    enrolledAt: NOW,
    capabilities: {
      ...{ profile: 'lab', executor: 'portage', slots: 2, cores: 4 },
      ...{ memoryBytes: 1, portageVersion: '3' },
    },
    lastSign: {
      ...{ incarnation: 'i', sequence: 1, at: NOW, attempts: [], draining: false, load1: 0 },
      ...{ freeDiskBytes: 0, freeMemoryBytes: 0 },
    },
    ...{ grounding: null, badUpload: null, drain: null },
    ...over,
  };
}

const context = (over: Partial<OrderContext> = {}): OrderContext => ({
  ...{ by: 'alice', reason: 'its fan is loud', now: NOW, policy: defaultGrounding },
  heardOf: (drone) => verdict(drone, NOW, defaultLiveness, drone.lastSign.at),
  ...over,
});

function after(drone: Drone, ...wishes: readonly DroneWish[]): Drone {
  let now = drone;
  for (const wish of wishes) {
    const decision = carryOut(now, wish, context());
    if (decision.kind === 'refused') throw new Error(decision.because);
    if (decision.kind === 'changed') now = decision.drone;
  }
  return now;
}

const ground: DroneWish = { kind: 'ground', forMs: null };
const drain: DroneWish = { kind: 'drain' };
const resume: DroneWish = { kind: 'resume' };

describe('a person', () => {
  it('grounds a drone until a person lifts it, or for a while, with name and reason', () => {
    const forEver = after(aDrone(), ground);
    expect(forEver).toMatchObject({ state: 'grounded', reason: 'grounded by alice: its fan is loud' });
    expect(forEver.grounding).toEqual({
      ...{ until: null, times: 1 },
      order: { by: 'alice', reason: 'its fan is loud', since: NOW },
    });
    expect(isOver(forEver.grounding, new Date(NOW.getTime() + 1000 * HOUR_MS))).toBe(false);
    expect(workLimit(forEver, NOW).because).toBe(
      'is grounded by alice: its fan is loud; until a person lifts it',
    );
    const forHours = after(aDrone(), { kind: 'ground', forMs: 2 * HOUR_MS });
    expect(forHours.grounding?.until).toEqual(new Date(NOW.getTime() + 2 * HOUR_MS));
  });

  it('makes no next grounding longer by saying it twice', () => {
    expect(after(aDrone(), ground, ground).grounding?.times).toBe(1);
  });

  it('lifts a grounding, whoever imposed it, and the drone is what its last sign says', () => {
    expect(after(aDrone(), ground, { kind: 'unground' })).toMatchObject({ state: 'online', grounding: null });
    const struck = moveDrone(aDrone(), { type: 'struck-out' }, context());
    expect(after(struck ?? aDrone(), { kind: 'unground' })).toMatchObject({ state: 'online' });
    const silent = aDrone({ lastSign: { ...aDrone().lastSign, at: new Date(NOW.getTime() - HOUR_MS) } });
    expect(after(silent, ground, { kind: 'unground' }).state).toBe('offline');
  });

  it('drains a drone over its heartbeats, its silence and its groundings, until it is resumed', () => {
    const drained = after(aDrone(), drain);
    expect(drained).toMatchObject({ state: 'draining', reason: 'drained by alice: its fan is loud' });
    expect(verdict(drained, NOW, defaultLiveness, NOW)).toEqual({ type: 'draining-heard' });
    const through = after(drained, ground, { kind: 'unground' });
    expect(through).toMatchObject({ state: 'draining' });
    expect(after(through, resume)).toMatchObject({
      ...{ state: 'online', drain: null, reason: 'resumed by alice: its fan is loud' },
    });
  });

  it('resumes nothing that the drone wants itself, and lets no canary be forgotten', () => {
    const own = aDrone({ lastSign: { ...aDrone().lastSign, draining: true } });
    expect(after(own, drain, resume).state).toBe('draining');
    const owing = aDrone({ state: 'probation', grounding: { until: NOW, times: 1 } });
    expect(after(owing, drain, resume).state).toBe('probation');
  });

  it('is told what is so already, and what cannot be', () => {
    expect(carryOut(aDrone(), { kind: 'unground' }, context())).toEqual({
      ...{ kind: 'unchanged', because: 'drone-1 is not grounded' },
    });
    expect(carryOut(aDrone(), resume, context()).kind).toBe('unchanged');
    expect(carryOut(after(aDrone(), drain), drain, context()).kind).toBe('unchanged');
    const retired = after(aDrone(), { kind: 'retire' });
    expect(retired).toMatchObject({ state: 'retired', reason: 'retired by alice: its fan is loud' });
    expect(carryOut(retired, { kind: 'retire' }, context()).kind).toBe('unchanged');
    expect(carryOut(retired, ground, context())).toMatchObject({ kind: 'refused' });
    const tooLong: DroneWish = { kind: 'ground', forMs: MAX_GROUND_MS + 1 };
    expect(carryOut(aDrone(), tooLong, context())).toMatchObject({ kind: 'refused' });
  });
});

const states: readonly DroneState[] = ['online', 'suspect', 'offline', 'grounded', 'probation', 'draining'];
const anyDrone = fc
  .record({
    state: fc.constantFrom(...states),
    grounding: fc.option(
      fc.record({ until: fc.constantFrom(null, NOW), times: fc.integer({ min: 1, max: 4 }) }),
    ),
    draining: fc.boolean(),
    silentMs: fc.constantFrom(0, 14_000, 16_000, 31_000),
  })
  .map(({ state, grounding, draining, silentMs }) => {
    const owes = state === 'grounded' || state === 'probation';
    const at = new Date(NOW.getTime() - silentMs);
    return aDrone({
      state,
      // An online drone owes nothing: that is what `probation` is for.
      grounding: owes ? (grounding ?? { until: NOW, times: 1 }) : state === 'online' ? null : grounding,
      lastSign: { ...aDrone().lastSign, draining, at },
    });
  });
const anyWish: fc.Arbitrary<DroneWish> = fc.constantFrom(
  ...[ground, drain, resume, { kind: 'unground' } as const, { kind: 'ground', forMs: HOUR_MS } as const],
);
const anyMove = fc.constantFrom(
  ...([
    'struck-out',
    'canary-succeeded',
    'canary-failed',
    'grounding-ended',
    'heard',
    'went-silent',
  ] as const),
);

describe('whatever persons, failures and time do to a drone', () => {
  it('a drained or grounded one gets no work, and who is grounded or on probation owes a canary (S2)', () => {
    const step = fc.oneof(
      anyWish,
      anyMove.map((type) => ({ type })),
    );
    fc.assert(
      fc.property(anyDrone, fc.array(step, { maxLength: 12 }), (drone, steps) => {
        let now = drone;
        for (const each of steps) {
          if ('kind' in each) now = after(now, each);
          else now = moveDrone(now, each, { ...context(), reason: 'time' }) ?? now;
          const { atMost } = workLimit(now, NOW);
          if (now.drain !== null || now.state === 'grounded') expect(atMost).toBe(0);
          if (now.state === 'grounded' || now.state === 'probation') expect(now.grounding).not.toBeNull();
        }
        const free = after(now, { kind: 'unground' }, resume);
        expect(free.drain).toBeNull();
        expect(free.grounding).toBeNull();
        expect(['grounded', 'probation']).not.toContain(free.state);
      }),
    );
  });
});
