import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { Drone, DroneState } from './drone.js';
import { droneLifecycle, nextDroneState } from './drone.lifecycle.js';
import { defaultLiveness as policy, isLost, verdict } from './liveness.js';

const start = new Date('2026-01-01T00:00:00Z');
const after = (ms: number): Date => new Date(start.getTime() + ms);

function drone(over: { state?: DroneState; draining?: boolean; at?: Date } = {}): Drone {
  return {
    name: 'drone-1',
    state: over.state ?? 'online',
    reason: '',
    incarnation: 'i',
    enrolledAt: start,
    capabilities: {
      profile: 'lab',
      executor: 'portage',
      slots: 1,
      cores: 1,
      memoryBytes: 1,
      portageVersion: '',
    },
    lastSign: {
      incarnation: 'i',
      sequence: 1,
      at: over.at ?? start,
      attempts: [],
      draining: over.draining ?? false,
      load1: 0,
      freeDiskBytes: 0,
      freeMemoryBytes: 0,
    },
    grounding: null,
    badUpload: null,
    drain: null,
  };
}

describe('verdict', () => {
  it.each([
    [0, 'heard'],
    [14_999, 'heard'],
    [15_000, 'went-quiet'],
    [29_999, 'went-quiet'],
    [30_000, 'went-silent'],
  ])('after %i ms of silence: %s', (ms, type) => {
    expect(verdict(drone(), after(ms), policy, start)).toEqual({ type });
  });

  it('holds no silence against a drone while nobody listened', () => {
    const hour = 3_600_000;
    expect(verdict(drone(), after(hour), policy, after(hour - 1_000))).toEqual({ type: 'heard' });
    expect(verdict(drone(), after(hour), policy, after(hour - 31_000))).toEqual({ type: 'went-silent' });
  });

  it('takes a clock that went back for no silence', () => {
    expect(verdict(drone(), after(-60_000), policy, start)).toEqual({ type: 'heard' });
  });
});

describe('isLost', () => {
  it('is only what was judged offline and stayed silent for the whole time', () => {
    expect(isLost(drone({ state: 'offline' }), after(60_000), policy)).toBe(true);
    expect(isLost(drone({ state: 'offline' }), after(59_999), policy)).toBe(false);
    expect(isLost(drone({ state: 'suspect' }), after(999_999), policy)).toBe(false);
    expect(isLost(drone({ state: 'retired' }), start, policy)).toBe(true);
  });
});

describe('the table of a drone', () => {
  it('lets no sign of life, and no silence, lift a grounding (S2)', () => {
    const heard = ['heard', 'probation-heard', 'draining-heard', 'went-quiet', 'went-silent'] as const;
    for (const event of heard) expect(nextDroneState('grounded', event)).toBe('grounded');
    const silences = fc.array(fc.constantFrom('probation-heard', 'went-quiet', 'went-silent' as const));
    fc.assert(
      fc.property(silences, (events) => {
        let state: DroneState = 'probation';
        for (const event of events) state = nextDroneState(state, event) ?? state;
        expect(nextDroneState(state, 'probation-heard')).toBe('probation');
      }),
    );
  });

  it('has an answer for a time-out in every state that a drone can be caught in (S8)', () => {
    for (const state of ['online', 'suspect', 'offline', 'grounded', 'probation', 'draining'] as const) {
      for (const event of [
        'heard',
        'probation-heard',
        'draining-heard',
        'went-quiet',
        'went-silent',
      ] as const) {
        expect(nextDroneState(state, event)).toBeDefined();
      }
    }
  });

  it('brings a drone that is heard back online, whatever happened before, unless it is retired', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('heard', 'draining-heard', 'went-quiet', 'went-silent' as const)),
        (events) => {
          let state: DroneState = 'online';
          for (const event of events) state = nextDroneState(state, event) ?? state;
          expect(nextDroneState(state, 'heard')).toBe('online');
        },
      ),
    );
    expect(Object.keys(droneLifecycle.retired)).toEqual([]);
  });
});
