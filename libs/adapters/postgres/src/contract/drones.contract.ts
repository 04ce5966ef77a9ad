import { randomUUID } from 'node:crypto';

import { beforeAll, expect, it } from '@jest/globals';
import { outgoing } from '@swarm/contracts';
import type { Strike } from '@swarm/domain-drone';
import type { Outgoing } from '@swarm/kernel';

import type { Database } from '../database.js';
import type { TestLedger } from './ledgers.contract.js';
import { aDrone, aSign, AT, later, unknownMessage } from './samples.contract.js';

function droneMoved(drone: string): Outgoing {
  const id = randomUUID();
  const moved = {
    id,
    at: AT.toISOString(),
    drone: drone.slice(0, 63),
    from: 'online',
    to: 'suspect',
    reason: 'quiet',
  };
  return outgoing('DroneMoved', id, moved);
}

/** What every DroneRepository, StrikeRepository and RecoveryRepository does. */
export function droneRepositoryContract(ledger: () => TestLedger): void {
  let db: Database;
  beforeAll(() => {
    db = ledger().open();
  });

  it('adds a drone once, and changes it only under the revision that was read', async () => {
    const drone = aDrone();
    expect(await db.drones.save(drone, 0, [])).toBe('saved');
    expect(await db.drones.save(drone, 0, [])).toBe('conflict');
    expect(await db.drones.find(drone.name)).toEqual({ value: drone, revision: 1 });

    const suspect = { ...drone, state: 'suspect' as const, reason: 'quiet for 15 s' };
    expect(await db.drones.save(suspect, 2, [])).toBe('conflict');
    expect(await db.drones.save(suspect, 1, [droneMoved(drone.name)])).toBe('saved');
    expect(await db.drones.save(drone, 1, [])).toBe('conflict');
    expect(await db.drones.find(drone.name)).toEqual({ value: suspect, revision: 2 });
    expect(await db.drones.all()).toContainEqual({ value: suspect, revision: 2 });
    expect(await db.drones.save(aDrone(), 1, [])).toBe('conflict');
  });

  it('stores nothing when the messages cannot be stored', async () => {
    const drone = aDrone();
    await expect(db.drones.save(drone, 0, [unknownMessage])).rejects.toThrow('NobodyKnows');
    expect(await db.drones.find(drone.name)).toBeUndefined();
  });

  it('keeps the newest sign of life, of the current incarnation only, and changes no revision by it', async () => {
    const drone = aDrone();
    await db.drones.save(drone, 0, []);
    const sign = aSign(drone.incarnation, 2);
    expect(await db.drones.recordSign(drone.name, sign)).toBe(true);
    expect(await db.drones.recordSign(drone.name, aSign(drone.incarnation, 1))).toBe(false);
    expect(await db.drones.recordSign(drone.name, aSign(randomUUID(), 9))).toBe(false);
    expect(await db.drones.recordSign('nobody', sign)).toBe(false);
    expect(await db.drones.find(drone.name)).toEqual({ value: { ...drone, lastSign: sign }, revision: 1 });
  });

  it('loses no sign of life to a state that was decided on before it came', async () => {
    const drone = aDrone();
    await db.drones.save(drone, 0, []);
    const sign = aSign(drone.incarnation, 5);
    await db.drones.recordSign(drone.name, sign);
    await db.drones.save({ ...drone, state: 'suspect' }, 1, []);
    expect((await db.drones.find(drone.name))?.value).toEqual({ ...drone, state: 'suspect', lastSign: sign });
  });

  it('keeps who wants what of a drone, why and since when, and what its sign tells beside life', async () => {
    const drone = aDrone();
    await db.drones.save(drone, 0, []);
    const order = { by: 'alice', reason: 'its fan is loud', since: AT };
    const grounding = { until: later(7_200_000), times: 1, order };
    const details = {
      ...{ pressure: { cpu: 1.5, memory: 0, io: 42 }, clockOffsetMs: -3, agentVersion: '0.1.0' },
      ...{ portageVersion: '3.0.82', fingerprint: 'f'.repeat(64), drainReason: '' },
      uploadPath: 'bad' as const,
    };
    const lastSign = { ...aSign(drone.incarnation, 1), details };
    const ordered = {
      ...drone,
      state: 'grounded' as const,
      grounding,
      drain: { ...order, reason: '' },
      lastSign,
    };
    expect(await db.drones.save(ordered, 1, [])).toBe('saved');
    expect((await db.drones.find(drone.name))?.value).toEqual(ordered);
    const free = { ...ordered, state: 'online' as const, grounding: null, drain: null };
    await db.drones.save(free, 2, []);
    expect((await db.drones.find(drone.name))?.value).toEqual(free);
  });

  it('tells of drones without changing them', async () => {
    const drone = aDrone();
    await db.drones.save(drone, 0, []);
    await db.drones.tell([droneMoved(drone.name)]);
    expect(await db.drones.find(drone.name)).toEqual({ value: drone, revision: 1 });
    await expect(db.drones.tell([unknownMessage])).rejects.toThrow('NobodyKnows');
  });

  it('takes the sign of a new incarnation, though its count begins again', async () => {
    const drone = aDrone();
    await db.drones.save(drone, 0, []);
    await db.drones.recordSign(drone.name, aSign(drone.incarnation, 100));
    const incarnation = randomUUID();
    const again = { ...drone, incarnation, lastSign: aSign(incarnation, 0) };
    await db.drones.save(again, 1, []);
    expect((await db.drones.find(drone.name))?.value).toEqual(again);
  });

  it('keeps groundings and bad ways to the binhost as they were stored', async () => {
    const drone = aDrone();
    await db.drones.save(drone, 0, []);
    const standings = [
      { state: 'grounded', grounding: { until: later(300_000), times: 1 } },
      { state: 'grounded', grounding: { until: null, times: 2 } },
      { state: 'probation', badUpload: { until: later(60_000), times: 3 } },
      { state: 'online', grounding: null, badUpload: null, drain: null },
    ] as const;
    let value = drone;
    for (const [i, standing] of standings.entries()) {
      value = { ...value, ...standing };
      expect(await db.drones.save(value, i + 1, [])).toBe('saved');
      expect((await db.drones.find(drone.name))?.value).toEqual(value);
    }
  });

  it('keeps one strike of each attempt, the oldest first, until it is ended (S2)', async () => {
    const jobId = randomUUID();
    const strikes = [1, 2, 3].map((n): Strike => ({
      attemptId: randomUUID(),
      drone: `drone-${randomUUID()}`,
      jobId,
      class: 'compile',
      at: later(n),
      counted: n > 1,
      ended: null,
    }));
    const [first, second, third] = strikes;
    for (const strike of strikes) await db.strikes.add(strike);
    await db.strikes.add({ ...strikes[0], class: 'told twice' } as Strike);
    const standing = async (): Promise<readonly Strike[]> =>
      (await db.strikes.standing()).filter((strike) => strike.jobId === jobId);
    expect(await standing()).toEqual(strikes);
    await db.strikes.end([first?.attemptId ?? '', randomUUID()], 'taken-back', later(4));
    await db.strikes.end(
      strikes.slice(0, 2).map(({ attemptId }) => attemptId),
      'grounded',
      later(5),
    );
    expect(await standing()).toEqual([third]);
    expect(await db.strikes.ofJob(jobId)).toEqual([
      { ...first, ended: 'taken-back' },
      { ...second, ended: 'grounded' },
      third,
    ]);
    await db.strikes.end([], 'success', later(6));
    expect(await db.strikes.ofJob('no-uuid')).toEqual([]);
  });

  it('keeps what the healer did, newest first', async () => {
    const drone = `drone-${randomUUID()}`;
    const actions = [1, 2].map((rung) => ({
      id: randomUUID(),
      drone,
      rung,
      at: later(rung),
      action: 'reclaim',
      reason: 'silent for 60 s',
    }));
    for (const action of actions) await db.recovery.begin(action, [droneMoved('drone-a')]);
    expect(await db.recovery.latest(drone)).toEqual(actions[1]);
    expect(await db.recovery.recent(2)).toEqual(actions.toReversed());
    expect(await db.recovery.latest('nobody')).toBeUndefined();
  });
}
