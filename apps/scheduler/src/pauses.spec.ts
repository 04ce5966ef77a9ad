import { randomUUID } from 'node:crypto';

import { beforeEach, describe, expect, it } from '@jest/globals';
import { MemoryStore, openMemoryDatabase, type MemoryDatabase } from '@swarm/adapter-memory';
import { PauseMoved, type PauseAnswered, type PauseAsked } from '@swarm/contracts';
import type { Drone } from '@swarm/domain-drone';
import type { Plan } from '@swarm/domain-plan';
import { silentLogger } from '@swarm/platform';
import { ManualClock } from '@swarm/testing';

import { Ground, policy } from './scheduler.contract.js';
import { KeepPauses } from './use-cases/keep-pauses.js';
import { Refusals } from './use-cases/refusals.js';
import { ResolvePlans } from './use-cases/resolve-plans.js';

const HOUR = 3_600_000;
const SWARM = { kind: 'swarm' } as const;
const LAB = { kind: 'profile', profile: 'lab' } as const;

let clock: ManualClock;
let store: MemoryStore;
let db: MemoryDatabase;
let keep: KeepPauses;
const entropy = { id: () => randomUUID(), token: () => 't', sha256: (text: string) => text };

beforeEach(async () => {
  clock = new ManualClock();
  store = new MemoryStore();
  db = openMemoryDatabase({ source: 'scheduler', store });
  keep = newKeeper();
  await db.profiles.put({ name: 'lab', kind: 'portage', targets: [], createdAt: clock.now() });
});

/** A scheduler of its own over the same ledger. */
function newKeeper(): KeepPauses {
  return new KeepPauses({ ...db, clock, entropy, log: silentLogger() });
}

function pause(
  scope: PauseAsked['scope'] = SWARM,
  over: Partial<Extract<PauseAsked['wish'], { kind: 'pause' }>> = {},
  requestId: string = randomUUID(),
): Promise<PauseAnswered> {
  const wish = { kind: 'pause' as const, forMs: HOUR, author: 'anna', reason: 'the mirror moves', ...over };
  return keep.execute({ requestId, scope, wish });
}

function resume(scope: PauseAsked['scope'] = SWARM): Promise<PauseAnswered> {
  return keep.execute({ requestId: randomUUID(), scope, wish: { kind: 'resume', author: 'bert' } });
}

async function told(): Promise<readonly PauseMoved[]> {
  const events = await db.events.latest(1_000);
  return events
    .filter(({ message }) => message === 'PauseMoved')
    .map(({ payload }) => PauseMoved.schema.parse(payload));
}

async function plan(over: Partial<Plan> = {}): Promise<Plan> {
  const made: Plan = {
    ...{ id: randomUUID(), profile: 'lab', targets: ['@world'], configuration: null, origin: 'test' },
    ...{ state: 'resolving', createdAt: clock.now(), endedAt: null, resolveAttempt: 0, resolving: null },
    ...{ findings: [], members: [], detail: '', ...over },
  };
  await db.plans.create(made, []);
  return made;
}

describe('a pause that a person asks for', () => {
  it('stands with its author, its reason and its end, and is told (S19)', async () => {
    const begun = await pause();
    const fact = {
      ...{ scope: SWARM, author: 'anna', reason: 'the mirror moves' },
      since: clock.now().toISOString(),
      until: new Date(clock.now().getTime() + HOUR).toISOString(),
    };
    expect(begun).toMatchObject({ outcome: 'done', pause: fact, reason: '' });
    expect(await keep.standing(clock.now())).toMatchObject([{ author: 'anna', id: begun.pause?.id }]);
    expect(await told()).toMatchObject([{ state: 'begun', by: 'anna', pause: fact, at: fact.since }]);
  });

  it('ends by itself, however late anybody looks, and is told once, at the time at which it ended (S19)', async () => {
    const begun = await pause();
    clock.advance(HOUR - 1);
    expect(await keep.expire(clock.now())).toBe(false);
    expect(await keep.standing(clock.now())).toHaveLength(1);
    clock.advance(1);
    // Nobody has put its end on record, and it holds nothing.
    expect(await keep.standing(clock.now())).toEqual([]);
    clock.advance(48 * HOUR);
    const looks = await Promise.all([keep, newKeeper(), keep].map((each) => each.expire(clock.now())));
    expect(looks.filter((moved) => moved)).toHaveLength(1);
    const [, over, ...more] = await told();
    expect(over).toMatchObject({ state: 'over', by: null, at: begun.pause?.until });
    expect(more).toEqual([]);
  });

  it('is ended by hand once, by whom is told, and others stand (S19)', async () => {
    await pause();
    await pause(LAB, { author: 'carl' });
    expect(await resume()).toMatchObject({ outcome: 'done', pause: { author: 'anna' } });
    expect(await resume()).toMatchObject({ outcome: 'done', pause: null });
    expect(await keep.standing(clock.now())).toMatchObject([{ scope: LAB }]);
    expect((await told()).at(-1)).toMatchObject({ state: 'resumed', by: 'bert', pause: { scope: SWARM } });
    clock.advance(2 * HOUR);
    // Time was first.
    expect(await resume(LAB)).toMatchObject({ outcome: 'done', pause: null });
    expect((await told()).at(-1)).toMatchObject({ state: 'over', by: null });
  });

  it('makes way for a newer one of its scope; the same request twice is one pause', async () => {
    const id = randomUUID();
    const [first, again] = [await pause(SWARM, {}, id), await pause(SWARM, {}, id)];
    expect(again).toEqual(first);
    await pause(SWARM, { author: 'bert', forMs: 2 * HOUR });
    expect(await keep.standing(clock.now())).toMatchObject([{ author: 'bert' }]);
    expect((await told()).map(({ state, by }) => [state, by])).toEqual([
      ['begun', 'anna'],
      ['replaced', 'bert'],
      ['begun', 'bert'],
    ]);
    // A late copy of the first request does not bring it back.
    await pause(SWARM, {}, id);
    expect(await keep.standing(clock.now())).toMatchObject([{ author: 'bert' }]);
  });

  it('of two schedulers that are asked at once, one is there in the end, and each is answered', async () => {
    const other = newKeeper();
    const asked = [keep, other, keep, other].map((each, at) =>
      each.execute({
        requestId: randomUUID(),
        scope: SWARM,
        wish: { kind: 'pause', forMs: HOUR, author: `a${at}`, reason: 'x' },
      }),
    );
    expect((await Promise.all(asked)).map(({ outcome }) => outcome)).toEqual([
      'done',
      'done',
      'done',
      'done',
    ]);
    expect(await other.standing(clock.now())).toHaveLength(1);
    expect((await told()).filter(({ state }) => state === 'replaced')).toHaveLength(3);
  });

  it('is refused with the field and the fix, and nothing is stored', async () => {
    const reasonOf = async (answer: Promise<PauseAnswered>): Promise<readonly string[]> => {
      const { outcome, reason } = await answer;
      return [outcome, reason];
    };
    expect(await reasonOf(pause(SWARM, { reason: ' ' }))).toEqual([
      'refused',
      'reason: say why, in one line',
    ]);
    expect(await reasonOf(pause(SWARM, { forMs: 8 * 24 * HOUR }))).toEqual([
      'refused',
      'forMs: a pause lasts at most 7 days; pause again before it ends',
    ]);
    expect(await reasonOf(pause({ kind: 'profile', profile: 'desk' }))).toEqual([
      'unknown',
      'profile: there is no profile "desk"; known: lab',
    ]);
    const nowhere = randomUUID();
    expect(await reasonOf(pause({ kind: 'plan', plan: nowhere }))).toEqual([
      'unknown',
      `plan: there is no plan ${nowhere}`,
    ]);
    const { id } = await plan({ state: 'complete', endedAt: clock.now() });
    expect(await reasonOf(pause({ kind: 'plan', plan: id }))).toEqual([
      'refused',
      'plan: it is complete, nothing of it is handed out any more',
    ]);
    expect([await told(), await keep.standing(clock.now())]).toEqual([[], []]);
  });
});

describe('a plan that is paused before it is resolved', () => {
  it('is handed to no drone, and one that is being resolved is still looked after (S19)', async () => {
    const drone = await online('drone-1');
    const resolve = new ResolvePlans(
      {
        ...{ ...db, clock, entropy, policy, log: silentLogger(), binhostUrl: 'http://127.0.0.1:1' },
      },
      new Refusals(clock),
    );
    const look = async (
      id: string,
      isHeld: boolean,
      drones: readonly Drone[],
    ): Promise<string | undefined> => {
      const found = await db.plans.find(id);
      if (!found) throw new Error('no plan');
      await resolve.handOut(found, drones, isHeld);
      return (await db.plans.find(id))?.value.resolving?.drone;
    };
    const { id } = await plan();
    expect(await look(id, true, [drone])).toBeUndefined();
    expect(await look(id, false, [drone])).toBe('drone-1');
    expect(await look(id, true, [{ ...drone, state: 'offline' }])).toBeUndefined();
    expect((await db.plans.find(id))?.value.detail).toContain('drone-1 is lost');
  });
});

async function online(name: string): Promise<Drone> {
  const [at, incarnation] = [clock.now(), 'i'];
  const about = { executor: 'portage' as const, slots: 1, cores: 4, memoryBytes: 8e9, portageVersion: '3' };
  const vitals = { draining: false, load1: 0, freeDiskBytes: 1e11, freeMemoryBytes: 8e9 };
  const drone: Drone = {
    ...{ name, state: 'online', reason: '', incarnation, enrolledAt: at, grounding: null, badUpload: null, drain: null },
    capabilities: { profile: 'lab', ...about },
    lastSign: { incarnation, sequence: 1, at, attempts: [], ...vitals },
  };
  await db.drones.save(drone, 0, []);
  return drone;
}

describe('a round', () => {
  it('gives out nothing while a pause stands, names it, and goes on by itself at its end (S19, Q11)', async () => {
    const ground = new Ground();
    await ground.start();
    const { pauses, explain } = ground.scheduler;
    const builds = async (): Promise<number> => (await ground.openBuilds()).length;
    expect(await builds()).toBe(1);
    const wish = { kind: 'pause' as const, forMs: HOUR, author: 'anna', reason: 'the mirror moves' };
    await pauses.execute({ requestId: randomUUID(), scope: SWARM, wish });
    // What is in hand goes on; what it was for is not given out.
    const [work] = await ground.openBuilds();
    if (!work) throw new Error('nothing is in hand');
    await ground.storeBuild(work);
    await ground.round.execute();
    expect((await ground.job('b')).state).toBe('needed');
    const [answer] = (await explain.execute({ requestId: randomUUID(), atom: 'app-small/b' })).answers;
    expect(answer).toMatchObject({ kind: 'paused' });
    expect(answer?.sentence).toContain('anna');

    ground.clock.advance(HOUR);
    await ground.hear('drone-1');
    await ground.round.execute();
    expect((await ground.job('b')).state).toBe('delegated');
    const over = (await ground.db.events.latest(100)).find(
      ({ message, payload }) => message === 'PauseMoved' && (payload as PauseMoved).state === 'over',
    );
    expect(over).toBeDefined();
  });
});
