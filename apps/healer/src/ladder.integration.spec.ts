import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openMemoryDatabase, type MemoryDatabase } from '@swarm/adapter-memory';
import { sshHosts } from '@swarm/adapter-ssh';
import type { HealingAnswered, HealingAsked } from '@swarm/contracts';
import type { Drone, DroneState } from '@swarm/domain-drone';
import {
  defaultHealing,
  type Decision,
  type HealingAction,
  type HostAccess,
  type Page,
  type PageDelivery,
} from '@swarm/domain-healing';
import { silentLogger } from '@swarm/platform';
import {
  ensureOpensshServer,
  ManualClock,
  repositoryRoot,
  startTestHost,
  type TestHost,
} from '@swarm/testing';

import type { LadderPorts } from './healer.ports.js';
import { AnswerOperator } from './use-cases/answer-operator.js';
import { CallPeople } from './use-cases/call-people.js';
import { ClimbLadder } from './use-cases/climb-ladder.js';
import { HealingRecord } from './use-cases/healing-record.js';
import { TreatHost } from './use-cases/treat-host.js';

const server = await ensureOpensshServer(join(repositoryRoot(), '.cache'));
const whenSshdIsThere = server.kind === 'ready' ? describe : describe.skip;
const MINUTE = 60_000;

const clock = new ManualClock();
let db: MemoryDatabase;
let host: TestHost;
let pages: Page[];
let answers: readonly PageDelivery[];
let access: HostAccess;
beforeEach(async () => {
  if (server.kind !== 'ready') return;
  clock.set('2026-01-01T00:00:00Z');
  db = openMemoryDatabase({ source: 'healer' });
  pages = [];
  answers = [{ channel: 'webhook', isDelivered: true, detail: 'answered 200' }];
  host = await startTestHost(server);
  access = sshHosts({
    privateKey: host.privateKey,
    limits: {
      ...{ connectMs: 5_000, execMs: 5_000, totalMs: 20_000 },
      ...{ serviceUpMs: 300, lookEveryMs: 20, outputChars: 2_000 },
    },
    pause: async (ms) => {
      await delay(ms);
    },
  });
  await put('offline');
});
afterEach(async () => {
  await host[Symbol.asyncDispose]();
});

/** A healer as it is after each start: it knows nothing but the ledger. */
function healer(over: Partial<LadderPorts> = {}): { climb: ClimbLadder; operator: AnswerOperator } {
  const ports: LadderPorts = {
    ...db,
    ...{ access, clock, newId: () => randomUUID(), log: silentLogger(), healingPolicy: defaultHealing },
    pager: {
      send: (page) => {
        pages.push(page);
        return Promise.resolve(answers);
      },
    },
    ...over,
  };
  const record = new HealingRecord(ports);
  const climb = new ClimbLadder(ports, record, new TreatHost(ports, record), new CallPeople(ports, record));
  return { climb, operator: new AnswerOperator(ports, record) };
}

async function put(state: DroneState, given: Partial<Drone> = {}): Promise<void> {
  const known = await db.drones.find('drone-1');
  const drone: Drone = {
    ...{ name: 'drone-1', state, reason: 'so it is', incarnation: 'i', enrolledAt: clock.now() },
    capabilities: {
      ...{ profile: 'lab', executor: 'portage', slots: 1, cores: 1 },
      ...{ memoryBytes: 1, portageVersion: '' },
    },
    lastSign: {
      ...{ incarnation: 'i', sequence: 1, at: clock.now(), attempts: [], draining: false },
      ...{ load1: 0, freeDiskBytes: 0, freeMemoryBytes: 0 },
    },
    ...{ grounding: null, badUpload: null, drain: null },
    ...given,
  };
  await db.drones.save(drone, known?.revision ?? 0, []);
}

async function ask(wish: HealingAsked['wish']): Promise<HealingAnswered> {
  return healer().operator.execute({ requestId: randomUUID(), wish });
}

async function writePage(
  given: { mayReboot?: boolean; machineId?: string; isProtected?: boolean } = {},
): Promise<void> {
  const { address, port, user, machineId, hostKeys } = host;
  const page = { kind: 'lxc', address, port, user, init: 'openrc', machineId, mayReboot: false } as const;
  const wish = { ...page, hostKeys: [hostKeys], ...given };
  expect(await ask({ kind: 'set-host', drone: 'drone-1', host: wish, author: 'anna' })).toMatchObject({
    outcome: 'done',
  });
}

/** One round of a healer that was just started. */
async function round(over: Partial<LadderPorts> = {}): Promise<Decision['kind'] | undefined> {
  return (await healer(over).climb.execute()).get('drone-1')?.kind;
}

/** Rounds every minute until one decides this; resolves to what was decided on the way. */
async function until(kind: Decision['kind'], limit = 40): Promise<string[]> {
  const decided: string[] = [];
  for (let rounds = 0; rounds < limit; rounds++) {
    const decision = (await round()) ?? 'failed';
    if (decision !== 'nothing') decided.push(decision);
    if (decision === kind) return decided;
    clock.advance(MINUTE);
  }
  throw new Error(`no ${kind}: ${decided.join(', ')}`);
}

const history = (): Promise<readonly HealingAction[]> => db.healing.ofDrone('drone-1', 100);
const acts = async (): Promise<string[]> =>
  (await history())
    .filter(({ kind }) => kind !== 'probe')
    .map(({ kind, end }) => `${kind} ${end?.state ?? 'begun'}`)
    .toReversed();

whenSshdIsThere('the ladder, climbed at a real host', () => {
  it('restarts the agent after three looks, and begins at its foot again when the drone is well (S21, S25)', async () => {
    await writePage();
    expect(await until('restart')).toEqual(['probe', 'probe', 'probe', 'restart']);
    expect(await host.agentPid()).toBeDefined();
    expect(await acts()).toEqual(['restart done']);
    await put('online');
    clock.advance(10 * MINUTE);
    expect(await round()).toBe('close');
    expect(await acts()).toEqual(['restart done', 'recovered done']);
    expect((await db.events.latest(10)).map(({ message }) => message)).toEqual([
      'HostMoved',
      'HealingMoved',
      'HealingMoved',
      'HealingMoved',
    ]);
  });

  it('climbs to a reboot that waits for its confirmation, sees it done, and calls a person when it did not help (S30)', async () => {
    await writePage();
    await until('ask');
    expect(await acts()).toEqual(['restart done', 'restart done']);
    expect(await host.calls()).not.toContain('reboot');
    const confirm = { kind: 'confirm-reboot', drone: 'drone-1', forMs: 5 * MINUTE, author: 'anna' } as const;
    expect(await ask({ ...confirm, drone: 'drone-2' })).toMatchObject({ outcome: 'unknown' });
    expect(await ask(confirm)).toMatchObject({ outcome: 'done' });
    expect(await round()).toBe('reboot');
    expect(await host.calls()).toContain('reboot');
    expect(await acts()).toContain('reboot begun');
    expect(await round()).toBe('settle');
    expect(await acts()).toEqual(['restart done', 'restart done', 'reboot done']);
    expect(await db.healing.openRequests()).toEqual([]);
    await until('page');
    expect(pages).toHaveLength(1);
    expect(pages[0]).toMatchObject({ drone: 'drone-1', cause: 'still-sick' });
    expect(pages[0]?.text).toContain('rung 3 reboot done: the host is up with another boot');
    expect(pages[0]?.text).toContain('docs/operations/page-reboot-failed.md');
    clock.advance(30 * MINUTE);
    await round();
    expect(pages).toHaveLength(1);
  });

  it('lets a confirmation lapse, and asks again', async () => {
    await writePage();
    await until('ask');
    await ask({ kind: 'confirm-reboot', drone: 'drone-1', forMs: MINUTE, author: 'anna' });
    clock.advance(MINUTE);
    expect([await round(), await round()]).toEqual(['withdraw', 'ask']);
    expect(await host.calls()).not.toContain('reboot');
    clock.advance(15 * MINUTE);
    expect(await round()).toBe('page');
    expect(pages).toMatchObject([{ cause: 'unconfirmed' }]);
  });

  it('a reboot that does nothing has failed, and reaches a person (S29, S30)', async () => {
    await writePage({ mayReboot: true });
    await host.behave({ 'on-reboot': 'exit 0' });
    await until('page');
    expect(await acts()).toEqual(['restart done', 'restart done', 'reboot failed', 'page done']);
    expect(pages).toMatchObject([
      {
        cause: 'reboot-failed',
        title: expect.stringContaining('the same boot after 600 s: nothing was rebooted'),
      },
    ]);
  });

  it('a host that does not answer reaches a person, and nothing is tried in vain (S30)', async () => {
    await writePage({ mayReboot: true });
    await host.powerOff();
    await until('page');
    expect(await acts()).toEqual(['page done']);
    expect(pages).toMatchObject([{ cause: 'unreachable', title: expect.stringContaining('ECONNREFUSED') }]);
    await host.powerOn();
    clock.advance(5 * MINUTE);
    expect(await until('restart')).toContain('restart');
  });

  it('a protected host is not rebooted, whoever consents (S14, S30)', async () => {
    await writePage({ mayReboot: true, isProtected: true });
    await until('page');
    expect(pages).toMatchObject([{ cause: 'protected' }]);
    expect(await host.calls()).not.toContain('reboot');
  });

  it('the gateway trap: another machine at the address of a drone is left alone, and reported (S14)', async () => {
    await writePage({ mayReboot: true, machineId: 'e'.repeat(32) });
    expect(await until('page')).toEqual(['probe', 'page']);
    expect(pages).toMatchObject([
      { cause: 'identity', title: expect.stringContaining('nothing was executed there') },
    ]);
    for (let minute = 0; minute < 90; minute++) {
      clock.advance(MINUTE);
      await round();
    }
    expect(await host.calls()).toEqual([]);
    expect(pages).toHaveLength(2);
  });

  it('a host that becomes another one between look and act: nothing is executed, and the act is refused (S14)', async () => {
    await writePage();
    await until('probe');
    for (let minute = 0; minute < 2; minute++) {
      clock.advance(MINUTE);
      await round();
    }
    clock.advance(2 * MINUTE);
    await host.pretend('e'.repeat(32));
    expect(await until('restart')).toContain('restart');
    expect(await acts()).toEqual(['restart refused']);
    expect((await host.calls()).filter((call) => call.includes('restart'))).toEqual([]);
    expect(await until('page')).toContain('page');
    expect(pages).toMatchObject([{ cause: 'identity' }]);
  });

  it('leaves a drone that is heard alone, whatever its host is like (S25)', async () => {
    await writePage({ mayReboot: true });
    await host.powerOff();
    for (let minute = 0; minute < 60; minute++) {
      await put('online');
      clock.advance(10_000);
      expect(await round()).toBe('nothing');
      clock.advance(50_000);
    }
    expect([await history(), pages]).toEqual([[], []]);
  });
});

whenSshdIsThere('a healer that is killed', () => {
  /** An access whose host does what it is told, and whose healer never hears of it. */
  function killedDuring(act: 'restart' | 'reboot', when: 'before' | 'after'): HostAccess {
    const dies = async (): Promise<never> => {
      throw new Error('killed');
    };
    return {
      ...access,
      [act]: async (page: never, beforeAct: never) => {
        if (when === 'after') await access[act](page, beforeAct);
        return dies();
      },
    };
  }

  it('before a reboot was executed: it is settled without a reboot, and never repeated', async () => {
    await writePage({ mayReboot: true });
    await until('restart');
    await until('restart');
    for (let minute = 0; (await acts()).length < 3 && minute < 20; minute++) {
      clock.advance(MINUTE);
      await round({ access: killedDuring('reboot', 'before') });
    }
    expect(await acts()).toContain('reboot begun');
    expect(await round()).toBe('settle');
    expect((await history()).find(({ kind }) => kind === 'reboot')?.end).toMatchObject({
      ...{ state: 'failed', detail: 'it was interrupted before anything was executed' },
    });
    await until('page');
    expect(await host.calls()).not.toContain('reboot');
  });

  it('after a reboot was executed: it is found done by the boot of the host, and executed once', async () => {
    await writePage({ mayReboot: true });
    await until('restart');
    await until('restart');
    for (let minute = 0; (await acts()).length < 3 && minute < 20; minute++) {
      clock.advance(MINUTE);
      await round({ access: killedDuring('reboot', 'after') });
    }
    expect(await round()).toBe('settle');
    expect(await acts()).toEqual(['restart done', 'restart done', 'reboot done']);
    await until('page');
    expect((await host.calls()).filter((call) => call === 'reboot')).toHaveLength(1);
  });

  it('after a restart: it is settled by what the service is now', async () => {
    await writePage();
    for (let minute = 0; (await acts()).length < 1 && minute < 20; minute++) {
      await round({ access: killedDuring('restart', 'after') });
      clock.advance(MINUTE);
    }
    expect(await acts()).toEqual(['restart begun']);
    expect(await round()).toBe('settle');
    expect(await acts()).toEqual(['restart done']);
    expect((await host.calls()).filter((call) => call.includes('restart'))).toHaveLength(1);
  });

  it('over a page: it goes out again, under the same id (S30)', async () => {
    const dead = { send: () => Promise.reject(new Error('killed')) };
    clock.advance(10 * MINUTE);
    expect(await round({ pager: dead })).toBeUndefined();
    expect(await acts()).toEqual(['page begun']);
    expect(await round()).toBe('settle');
    const [page] = await history();
    expect(pages).toMatchObject([{ id: page?.id, cause: 'no-host' }]);
    expect(await acts()).toEqual(['page done']);
  });
});

whenSshdIsThere('a page', () => {
  it('that reaches nobody is sent again, and says so; with no way to people the row says that (S30)', async () => {
    answers = [{ channel: 'webhook', isDelivered: false, detail: 'ECONNREFUSED' }];
    clock.advance(10 * MINUTE);
    expect(await round()).toBe('page');
    expect(await acts()).toEqual(['page failed']);
    expect(await round()).toBe('nothing');
    clock.advance(defaultHealing.pageAgainMs);
    answers = [];
    expect(await round()).toBe('page');
    expect((await history())[0]?.end).toMatchObject({
      ...{ state: 'done', detail: expect.stringContaining('no way to people is configured') },
    });
    expect(await round()).toBe('nothing');
  });
});

whenSshdIsThere('the host book', () => {
  it('takes no page without a key for that address, and protects bare metal unless told otherwise (S14)', async () => {
    const { address, port, user, machineId, hostKeys } = host;
    const wish = {
      kind: 'bare-metal',
      address,
      port,
      user,
      init: 'openrc',
      machineId,
      mayReboot: false,
    } as const;
    const set = (keys: string[], isProtected?: boolean): Promise<HealingAnswered> =>
      ask({
        ...{ kind: 'set-host', drone: 'drone-1', author: 'anna' },
        host: { ...wish, hostKeys: keys, ...(isProtected !== undefined && { isProtected }) },
      });
    expect(await set([`gateway.example ${hostKeys}`])).toMatchObject({
      ...{ outcome: 'refused', reason: expect.stringContaining('no line is for') },
    });
    expect(await db.hosts.all()).toEqual([]);
    await set([hostKeys]);
    expect(await db.hosts.find('drone-1')).toMatchObject({ isProtected: true, by: 'anna' });
    await set([hostKeys], false);
    expect(await db.hosts.find('drone-1')).toMatchObject({ isProtected: false });
  });

  it('is not filled by a scan, which only tells', async () => {
    const { address, port, user, machineId } = host;
    expect(await ask({ kind: 'scan', address, port, user })).toMatchObject({
      ...{ outcome: 'done', scan: { machineId, keys: [{ fingerprint: expect.stringMatching(/^SHA256:/) }] } },
    });
    expect(await db.hosts.all()).toEqual([]);
    await host.powerOff();
    expect(await ask({ kind: 'scan', address, port, user })).toMatchObject({ outcome: 'refused' });
  });
});
