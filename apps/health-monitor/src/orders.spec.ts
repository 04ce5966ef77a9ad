import { randomUUID } from 'node:crypto';

import { beforeEach, describe, expect, it } from '@jest/globals';
import { openMemoryDatabase } from '@swarm/adapter-memory';
import type { DroneOrderAnswered, DroneWish, WorkStopped } from '@swarm/contracts';
import { defaultLiveness, type Drone } from '@swarm/domain-drone';
import { silentLogger } from '@swarm/platform';
import { ManualClock } from '@swarm/testing';

import { CarryOutOrders } from './use-cases/carry-out-orders.js';
import { EnrolDrone } from './use-cases/enrol-drone.js';
import { JudgeDrones } from './use-cases/judge-drones.js';
import { NoteHeartbeat } from './use-cases/note-heartbeat.js';
import { SETTLE_EVERY_MS, SettleHeld } from './use-cases/settle-held.js';

const clock = new ManualClock();
let db: ReturnType<typeof openMemoryDatabase>;
let stopped: WorkStopped[];
let ports: ConstructorParameters<typeof CarryOutOrders>[0];
let incarnation: string;
let sequence = 0;

async function start(): Promise<void> {
  incarnation = randomUUID();
  await new EnrolDrone(ports).execute({
    ...{ drone: 'drone-1', incarnation, proof: 'a'.repeat(64), profile: 'lab', executor: 'portage' },
    ...{ slots: 1, cores: 2, memoryBytes: 1, portageVersion: '3.0.82' },
  });
}

async function hear(attempts: readonly string[] = [], phase = 'building', draining = false): Promise<void> {
  sequence += 1;
  await new NoteHeartbeat(ports, new JudgeDrones(ports)).execute({
    ...{ drone: 'drone-1', incarnation, sequence, at: new Date(clock.now().getTime() + 1500).toISOString() },
    attempts: attempts.map((attemptId) => ({ attemptId, phase, sinceMs: 1 })),
    ...{ draining, load1: 0, freeDiskBytes: 0, freeMemoryBytes: 0, uploadPath: 'good' },
    ...{ pressure: { cpu: 1, memory: 2, io: 3 }, agentVersion: '0.1.0', portageVersion: '3.0.82' },
    ...{ fingerprint: null, drainReason: draining ? 'paused by its owner: movie night' : '' },
  });
}

function order(wish: DroneWish, reason = 'new kernel'): Promise<DroneOrderAnswered> {
  const asked = { requestId: randomUUID(), drone: 'drone-1', wish, author: 'alice', reason };
  return new CarryOutOrders(ports).execute(asked);
}

async function drone(): Promise<Drone> {
  const found = await db.drones.find('drone-1');
  if (!found) throw new Error('it is not there');
  return found.value;
}

async function told(message: string): Promise<unknown[]> {
  return (await db.events.latest(100))
    .filter((event) => event.message === message)
    .map(({ payload }) => payload);
}

beforeEach(async () => {
  db = openMemoryDatabase({ source: 'health-monitor' });
  stopped = [];
  ports = {
    ...{ drones: db.drones, clock, newId: () => randomUUID(), isGenuine: () => true },
    ...{ canHear: () => Promise.resolve(true), log: silentLogger(), liveness: defaultLiveness },
    heartbeatMs: 5_000,
  };
  await start();
});

describe('an order of a person', () => {
  it('to drain lasts over heartbeats and restarts of the agent, until it is resumed (S7)', async () => {
    expect(await order({ kind: 'drain' })).toMatchObject({ outcome: 'done', state: 'draining' });
    await hear();
    expect(await drone()).toMatchObject({ state: 'draining', drain: { by: 'alice', reason: 'new kernel' } });
    await start();
    expect((await drone()).state).toBe('draining');
    clock.advance(60_000);
    await new JudgeDrones(ports).all();
    await hear();
    expect(await drone()).toMatchObject({ state: 'draining', reason: 'drained by alice: new kernel' });
    expect(await order({ kind: 'resume' })).toMatchObject({ outcome: 'done', state: 'online' });
    await hear();
    expect((await drone()).state).toBe('online');
  });

  it('is stored with its event, which names the author, and is not stored twice', async () => {
    await order({ kind: 'ground', forMs: 7_200_000 });
    expect(await told('DroneOrdered')).toEqual([
      expect.objectContaining({ order: 'ground', author: 'alice', reason: 'new kernel' }),
    ]);
    expect(await told('DroneMoved')).toContainEqual(
      expect.objectContaining({ to: 'grounded', reason: 'grounded by alice: new kernel' }),
    );
    expect(await order({ kind: 'resume' })).toMatchObject({ outcome: 'unchanged' });
    expect(await told('DroneOrdered')).toHaveLength(1);
  });

  it('to retire is final: the drone is let in no more, and nothing that it says moves it (S13)', async () => {
    await order({ kind: 'retire' });
    await hear();
    expect((await drone()).state).toBe('retired');
    await start();
    expect((await drone()).state).toBe('retired');
    expect(await order({ kind: 'drain' })).toMatchObject({ outcome: 'refused' });
  });

  it('about a drone that nobody knows is answered so', async () => {
    const asked = {
      requestId: randomUUID(),
      drone: 'ghost',
      wish: { kind: 'drain' },
      author: 'a',
      reason: 'b',
    } as const;
    expect(await new CarryOutOrders(ports).execute(asked)).toMatchObject({ outcome: 'unknown' });
  });
});

describe('a sign of life', () => {
  it('is kept with pressure, versions, and how far its clock is off the monitor’s', async () => {
    await hear();
    expect((await drone()).lastSign.details).toEqual({
      ...{ pressure: { cpu: 1, memory: 2, io: 3 }, clockOffsetMs: 1500, agentVersion: '0.1.0' },
      ...{ portageVersion: '3.0.82', uploadPath: 'good', fingerprint: null, drainReason: '' },
    });
  });

  it('of a drone that its owner paused says so in its state', async () => {
    await hear([], 'building', true);
    expect((await drone()).reason).toBe('it takes no more work: paused by its owner: movie night');
  });
});

describe('what a drone says it holds and the ledger does not know', () => {
  const settle = (): SettleHeld =>
    new SettleHeld({
      ...ports,
      ...{ jobs: db.jobs, plans: db.plans },
      bus: { publish: (_message, payload) => Promise.resolve(void stopped.push(payload as WorkStopped)) },
    });

  it('is stopped once the difference has lasted, told again until it is gone, and on record once (S3)', async () => {
    const held = settle();
    const attemptId = randomUUID();
    for (let sweep = 0; sweep < 3; sweep += 1) {
      await hear([attemptId]);
      await held.execute();
      clock.advance(SETTLE_EVERY_MS);
    }
    expect(stopped).toHaveLength(2);
    expect(stopped[0]).toEqual({
      ...{ drone: 'drone-1', incarnation, attemptId, reason: 'the ledger does not know it' },
    });
    expect(await told('WorkDisowned')).toHaveLength(1);
    await hear([]);
    await held.execute();
    expect(stopped).toHaveLength(2);
  });

  it('is left alone while it is on its way to the binhost, and when the sign is old (S18)', async () => {
    const held = settle();
    const uploaded = randomUUID();
    for (let sweep = 0; sweep < 3; sweep += 1) {
      await hear([uploaded], 'uploading');
      await held.execute();
      clock.advance(SETTLE_EVERY_MS);
    }
    const attemptId = randomUUID();
    await hear([attemptId]);
    for (let sweep = 0; sweep < 3; sweep += 1) {
      clock.advance(SETTLE_EVERY_MS);
      await held.execute();
    }
    expect(stopped).toEqual([]);
  });
});
