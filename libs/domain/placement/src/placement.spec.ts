import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { Drone } from '@swarm/domain-drone';
import type { Job, JobId } from '@swarm/domain-job';

import { place, whyNot, type PlacementState } from './placement.js';

const now = new Date('2026-01-01T12:00:00Z');

function drone(name: string, over: Partial<Drone['capabilities']> & { state?: Drone['state'] } = {}): Drone {
  const { state: is = 'online', ...capabilities } = over;
  return {
    name,
    state: is,
    reason: '',
    incarnation: 'i',
    enrolledAt: now,
    capabilities: {
      profile: 'lab',
      executor: 'portage',
      slots: 1,
      cores: 2,
      memoryBytes: 1,
      portageVersion: '3.0.82',
      ...capabilities,
    },
    lastSign: {
      incarnation: 'i',
      sequence: 1,
      at: now,
      attempts: [],
      draining: false,
      load1: 0,
      freeDiskBytes: 0,
      freeMemoryBytes: 0,
    },
    grounding: null,
    badUpload: null,
  };
}

function job(id: string, over: { path?: number; failedOn?: string[]; notBefore?: Date | null } = {}): Job {
  return {
    id,
    attempt: 0,
    failures: 0,
    reclaims: 0,
    failedOn: over.failedOn ?? [],
    state: 'needed',
    notBefore: over.notBefore ?? null,
    spec: {
      planId: 'p',
      profile: 'lab',
      cpv: `a/${id}-1`,
      slot: '0/0',
      use: [],
      repository: 'lab',
      buildKey: id,
      needs: [],
      waits: [],
      criticalPath: over.path ?? 1,
      synthetic: null,
    },
  } as unknown as Job;
}

function state(
  jobs: readonly Job[],
  drones: readonly Drone[],
  load: Record<string, number> = {},
): PlacementState {
  return { jobs, drones, load: new Map(Object.entries(load)), kindOf: () => 'portage' };
}

const placed = (s: PlacementState): [string, string][] =>
  place(s, now).placements.map(({ jobId, drone: to }) => [jobId, to]);
const reason = (s: PlacementState, id: string): string => {
  const found = place(s, now).notPlaced.get(id as JobId);
  return found ? whyNot(found) : 'placed';
};

describe('place', () => {
  it('gives the longest critical path first, and no more than there are free slots', () => {
    expect(placed(state([job('x', { path: 1 }), job('y', { path: 5 })], [drone('a')]))).toEqual([['y', 'a']]);
  });

  it('gives nothing to a drone whose slots are taken', () => {
    const busy = state([job('x')], [drone('a')], { a: 1 });
    expect(placed(busy)).toEqual([]);
    expect(reason(busy, 'x')).toBe('every slot of a is taken');
  });

  it('asks another drone for a second opinion, and waits for it while it is busy', () => {
    const failed = job('x', { failedOn: ['a'] });
    expect(placed(state([failed], [drone('a'), drone('b')]))).toEqual([['x', 'b']]);
    expect(placed(state([failed], [drone('a'), drone('b')], { b: 1 }))).toEqual([]);
  });

  it('gives a package back to the only drone there is, though it failed it (S26)', () => {
    expect(placed(state([job('x', { failedOn: ['a'] })], [drone('a')]))).toEqual([['x', 'a']]);
    expect(
      placed(state([job('x', { failedOn: ['a'] })], [drone('a'), drone('b', { state: 'offline' })])),
    ).toEqual([['x', 'a']]);
  });

  it('says why nothing can be done, drone by drone', () => {
    const drones = [
      drone('a', { state: 'suspect' }),
      drone('b', { profile: 'desk' }),
      drone('c', { executor: 'synthetic' }),
    ];
    expect(reason(state([job('x')], drones), 'x')).toBe(
      'no drone can build for lab: a is suspect; b builds for desk; c makes synthetic builds and the profile wants portage',
    );
    expect(reason(state([job('x')], []), 'x')).toBe('no drone can build for lab: none is enrolled');
  });

  it('keeps the delay of a job that is tried again', () => {
    const later = new Date(now.getTime() + 60_000);
    expect(reason(state([job('x', { notBefore: later })], [drone('a')]), 'x')).toContain(later.toISOString());
    expect(placed(state([job('x', { notBefore: now })], [drone('a')]))).toEqual([['x', 'a']]);
  });

  it('divides the cores of a drone by its slots', () => {
    expect(place(state([job('x')], [drone('a', { cores: 8, slots: 3 })]), now).placements[0]?.makeJobs).toBe(
      2,
    );
  });
});

describe('any round', () => {
  const names = ['a', 'b', 'c'];
  const anyDrones = fc.tuple(
    ...names.map((name) =>
      fc
        .record({
          slots: fc.integer({ min: 1, max: 3 }),
          state: fc.constantFrom<Drone['state']>('online', 'online', 'offline', 'draining'),
        })
        .map((over) => drone(name, over)),
    ),
  );
  const anyJobs = fc
    .array(fc.record({ path: fc.nat(5), failedOn: fc.subarray(names) }), { maxLength: 12 })
    .map((all) => all.map((over, i) => job(`j${i}`, over)));
  const anyLoad = fc.record({ a: fc.nat(2), b: fc.nat(2), c: fc.nat(2) });

  it('fills no slot twice, uses only online drones, places a job once, and leaves none without a reason (Q11)', () => {
    fc.assert(
      fc.property(anyJobs, anyDrones, anyLoad, (jobs, drones, load) => {
        const round = place(state(jobs, drones, load), now);
        for (const { name, state: is, capabilities } of drones) {
          const given = round.placements.filter(({ drone: to }) => to === name).length;
          if (given > 0) expect(is).toBe('online');
          expect(given).toBeLessThanOrEqual(Math.max(0, capabilities.slots - load[name as 'a']));
        }
        const ids = round.placements.map(({ jobId }) => jobId as string);
        expect(new Set(ids).size).toBe(ids.length);
        for (const { id } of jobs) expect(ids.includes(id) !== round.notPlaced.has(id)).toBe(true);
      }),
    );
  });
});
