import { randomUUID } from 'node:crypto';

import { beforeEach, describe, expect, it } from '@jest/globals';

import { openMemoryDatabase, type MemoryDatabase } from '@swarm/adapter-memory';
import { defaultLiveness, type Drone, type DroneState } from '@swarm/domain-drone';
import type { Attempt } from '@swarm/domain-job';
import { silentLogger } from '@swarm/platform';
import { ManualClock } from '@swarm/testing';

import { ReclaimLostWork } from './use-cases/reclaim-lost-work.js';

const clock = new ManualClock();
let db: MemoryDatabase;
let open: Attempt[];
let healer: ReclaimLostWork;

beforeEach(() => {
  clock.set('2026-01-01T00:00:00Z');
  db = openMemoryDatabase({ source: 'healer' });
  open = [attemptOn('drone-1'), attemptOn('drone-2')];
  healer = new ReclaimLostWork({
    drones: db.drones,
    jobs: { openAttempts: () => Promise.resolve(open) },
    recovery: db.recovery,
    clock,
    newId: () => randomUUID(),
    log: silentLogger(),
    liveness: defaultLiveness,
    rung1CooldownMs: 15_000,
  });
});

function attemptOn(drone: string): Attempt {
  return { id: randomUUID(), drone, state: 'running' } as unknown as Attempt;
}

async function put(name: string, state: DroneState): Promise<void> {
  const drone: Drone = {
    name,
    state,
    reason: '',
    incarnation: 'i',
    enrolledAt: clock.now(),
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
      at: clock.now(),
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
  await db.drones.save(drone, 0, []);
}

describe('rung 1', () => {
  it('asks for the work of a drone that is offline, 60 s after its last sign of life (S3)', async () => {
    await put('drone-1', 'offline');
    await put('drone-2', 'online');
    clock.advance(59_999);
    expect(await healer.execute()).toBe(0);
    clock.advance(1);
    expect(await healer.execute()).toBe(1);
    const rows = await db.outbox.unsent(10);
    expect(rows).toHaveLength(1);
    expect(rows[0]?.payload).toMatchObject({ drone: 'drone-1', attemptIds: [open[0]?.id] });
  });

  it('keeps a row of what it does before it is done, and does not repeat itself within the cooldown', async () => {
    await put('drone-1', 'offline');
    clock.advance(60_000);
    await healer.execute();
    expect(await db.recovery.latest('drone-1')).toMatchObject({ rung: 1, action: 'reclaim 1 attempts' });
    clock.advance(14_999);
    expect(await healer.execute()).toBe(0);
    clock.advance(1);
    expect(await healer.execute()).toBe(1);
  });

  it('leaves a drone alone that holds nothing, and one that is only suspect', async () => {
    open = [attemptOn('drone-2')];
    await put('drone-1', 'offline');
    await put('drone-2', 'suspect');
    clock.advance(3_600_000);
    expect(await healer.execute()).toBe(0);
  });
});
