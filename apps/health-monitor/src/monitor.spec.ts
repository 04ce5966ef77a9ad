import { randomUUID } from 'node:crypto';

import { beforeEach, describe, expect, it } from '@jest/globals';

import { openMemoryDatabase } from '@swarm/adapter-memory';
import type { DroneEnrolling, DroneHeartbeat } from '@swarm/contracts';
import { defaultGrounding, defaultLiveness, moveDrone, type DroneEventType } from '@swarm/domain-drone';
import { silentLogger } from '@swarm/platform';
import { ManualClock } from '@swarm/testing';

import { readMonitorConfig } from './config.js';
import { EnrolDrone } from './use-cases/enrol-drone.js';
import { JudgeDrones } from './use-cases/judge-drones.js';
import { NoteHeartbeat } from './use-cases/note-heartbeat.js';

const incarnation = randomUUID();
const proof = 'a'.repeat(64);

function ground(): {
  clock: ManualClock;
  ears: { open: boolean };
  enrol: EnrolDrone;
  judge: JudgeDrones;
  note: NoteHeartbeat;
  stateOf: (name: string) => Promise<string | undefined>;
  /** As the scheduler moves it. */
  move: (type: DroneEventType) => Promise<void>;
} {
  const clock = new ManualClock();
  const db = openMemoryDatabase({ source: 'health-monitor' });
  const ears = { open: true };
  const ports = {
    drones: db.drones,
    clock,
    newId: () => randomUUID(),
    isGenuine: (_claim: string, given: string) => given === proof,
    canHear: () => Promise.resolve(ears.open),
    log: silentLogger(),
    liveness: defaultLiveness,
    heartbeatMs: 5_000,
  };
  const judge = new JudgeDrones(ports);
  return {
    clock,
    ears,
    enrol: new EnrolDrone(ports),
    judge,
    note: new NoteHeartbeat(ports, judge),
    stateOf: async (name) => (await db.drones.find(name))?.value.state,
    move: async (type) => {
      const found = await db.drones.find('drone-1');
      const context = { now: clock.now(), policy: defaultGrounding, reason: 'as the scheduler says' };
      const moved = found && moveDrone(found.value, { type }, context);
      if (!moved) throw new Error(`${type} is not for it`);
      await db.drones.save(moved, found.revision, []);
    },
  };
}

const enrolling = (over: Partial<DroneEnrolling> = {}): DroneEnrolling => ({
  drone: 'drone-1',
  incarnation,
  proof,
  profile: 'lab',
  executor: 'portage',
  slots: 1,
  cores: 2,
  memoryBytes: 1,
  portageVersion: '3.0.82',
  ...over,
});
let sequence = 0;
const beat = (over: Partial<DroneHeartbeat> = {}): DroneHeartbeat => ({
  drone: 'drone-1',
  incarnation,
  sequence: ++sequence,
  at: '2020-01-01T00:00:00.000Z',
  attempts: [],
  draining: false,
  load1: 0,
  freeDiskBytes: 0,
  freeMemoryBytes: 0,
  ...{ pressure: null, agentVersion: '0.1.0', portageVersion: '3.0.82', uploadPath: 'unknown' },
  ...{ fingerprint: null, drainReason: '' },
  ...over,
});

let on: ReturnType<typeof ground>;
beforeEach(async () => {
  on = ground();
  await on.enrol.execute(enrolling());
});

describe('enrolment', () => {
  it('lets nobody in who cannot prove that it belongs to the swarm, and hears no ghost (S13)', async () => {
    const answer = await on.enrol.execute(enrolling({ drone: 'ghost', proof: 'b'.repeat(64) }));
    expect(answer).toMatchObject({ accepted: false, reason: expect.stringContaining('SWARM_ENROLMENT_KEY') });
    expect(await on.note.execute(beat({ drone: 'ghost' }))).toBe(false);
    expect(await on.stateOf('ghost')).toBeUndefined();
  });

  it('hears only the incarnation that enrolled last', async () => {
    await on.enrol.execute(enrolling({ incarnation: randomUUID() }));
    expect(await on.note.execute(beat())).toBe(false);
  });
});

describe('a drone', () => {
  it('that falls silent is suspect, then offline, and online again with its next sign', async () => {
    on.clock.advance(15_000);
    await on.judge.all();
    expect(await on.stateOf('drone-1')).toBe('suspect');
    on.clock.advance(15_000);
    await on.judge.all();
    expect(await on.stateOf('drone-1')).toBe('offline');
    await on.note.execute(beat());
    expect(await on.stateOf('drone-1')).toBe('online');
  });

  it('that drains is given no more, and is not forgotten when it goes', async () => {
    await on.note.execute(beat({ draining: true }));
    expect(await on.stateOf('drone-1')).toBe('draining');
    on.clock.advance(30_000);
    await on.judge.all();
    expect(await on.stateOf('drone-1')).toBe('offline');
  });

  it('is not taken down by an outage of the monitor’s own ears', async () => {
    on.ears.open = false;
    on.clock.advance(3_600_000);
    await on.judge.all();
    on.ears.open = true;
    await on.judge.all();
    expect(await on.stateOf('drone-1')).toBe('online');
    on.clock.advance(30_000);
    await on.judge.all();
    expect(await on.stateOf('drone-1')).toBe('offline');
  });
});

describe('a monitor that stood still', () => {
  it('takes no drone down for what it could not note meanwhile, and judges from then on (S3, S31)', async () => {
    await on.judge.all();
    on.clock.advance(61_000);
    await on.judge.all();
    expect(await on.stateOf('drone-1')).toBe('online');
    on.clock.advance(14_999);
    await on.judge.all();
    expect(await on.stateOf('drone-1')).toBe('online');
    on.clock.advance(15_001);
    await on.judge.all();
    expect(await on.stateOf('drone-1')).toBe('offline');
  });

  it('hears what it hears: silence that it looked at all the time counts whole (S3)', async () => {
    for (let times = 0; times < 6; times += 1) {
      on.clock.advance(5_000);
      await on.judge.all();
    }
    expect(await on.stateOf('drone-1')).toBe('offline');
  });
});

describe('a grounded drone', () => {
  beforeEach(() => on.move('struck-out'));

  it('is not let back to work by a sign of life, by silence, or by a restart (S2)', async () => {
    await on.note.execute(beat());
    expect(await on.stateOf('drone-1')).toBe('grounded');
    on.clock.advance(60_000);
    await on.judge.all();
    expect(await on.stateOf('drone-1')).toBe('grounded');
    await on.enrol.execute(enrolling({ incarnation: randomUUID() }));
    expect(await on.stateOf('drone-1')).toBe('grounded');
  });

  it('owes its canary when it comes back from silence, or starts again, after its time is over (S2)', async () => {
    on.clock.advance(300_000);
    await on.move('grounding-ended');
    await on.judge.all();
    on.clock.advance(30_000);
    await on.judge.all();
    expect(await on.stateOf('drone-1')).toBe('offline');
    await on.note.execute(beat());
    expect(await on.stateOf('drone-1')).toBe('probation');
    await on.enrol.execute(enrolling({ incarnation: randomUUID() }));
    expect(await on.stateOf('drone-1')).toBe('probation');
    await on.move('canary-succeeded');
    expect(await on.stateOf('drone-1')).toBe('online');
  });
});

describe('the configuration', () => {
  it('reports every mistake at once, and times in the wrong order', () => {
    const env = { DATABASE_URL: 'mysql://x', SWARM_ENROLMENT_KEY: 'k', SWARM_HEARTBEAT_MS: 'soon' };
    expect(() => readMonitorConfig(env)).toThrow(/DATABASE_URL[^]*NATS_URL[^]*SWARM_HEARTBEAT_MS/);
    const right = { DATABASE_URL: 'postgresql://x/y', NATS_URL: 'nats://x', SWARM_ENROLMENT_KEY: 'k' };
    expect(() => readMonitorConfig({ ...right, SWARM_OFFLINE_AFTER_MS: '10' })).toThrow(
      /SWARM_OFFLINE_AFTER_MS: must be longer than SWARM_SUSPECT_AFTER_MS/,
    );
  });
});
