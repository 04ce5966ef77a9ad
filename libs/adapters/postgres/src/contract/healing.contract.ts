import { randomUUID } from 'node:crypto';

import { beforeAll, expect, it } from '@jest/globals';
import {
  KEPT_PROBES,
  type ActionEnd,
  type DroneHost,
  type HealingAction,
  type RebootRequest,
} from '@swarm/domain-healing';

import type { Database } from '../database.js';
import type { TestLedger } from './ledgers.contract.js';
import { AT, later, unknownMessage } from './samples.contract.js';

const done: ActionEnd = {
  state: 'done',
  at: later(5),
  found: 'agent-up',
  detail: 'it runs',
  output: '$ x\n',
};

function anAction(given: Partial<HealingAction> = {}): HealingAction {
  return {
    ...{ id: randomUUID(), drone: `drone-${randomUUID()}`, kind: 'restart', begunAt: AT },
    ...{
      reason: 'it is silent',
      fault: 'agent-down',
      groundings: 0,
      cause: null,
      bootBefore: null,
      end: null,
    },
    ...given,
  };
}

function aRequest(drone = `drone-${randomUUID()}`): RebootRequest {
  return { id: randomUUID(), drone, askedAt: AT, reason: 'two restarts', consent: null };
}

/** What every HostBook and HealingRepository does. */
export function healingRepositoryContract(ledger: () => TestLedger): void {
  let db: Database;
  beforeAll(() => {
    db = ledger().open();
  });

  it('keeps one page of the host book for each drone, as it was written last (S14)', async () => {
    const host: DroneHost = {
      ...{ drone: `drone-${randomUUID()}`, kind: 'lxc', address: '10.0.0.7', port: 22, user: 'root' },
      ...{ init: 'openrc', hostKeys: [{ type: 'ssh-ed25519', base64: 'AAAA' }], machineId: 'f'.repeat(32) },
      ...{ isProtected: false, mayReboot: false, since: AT, by: 'anna' },
    };
    expect(await db.hosts.find(host.drone)).toBeUndefined();
    await db.hosts.put(host, []);
    const moved: DroneHost = {
      ...host,
      ...{ kind: 'bare-metal', init: 'systemd', address: '10.0.0.8', isProtected: true, mayReboot: true },
      hostKeys: [...host.hostKeys, { type: 'ssh-rsa', base64: 'BBBB' }],
    };
    await db.hosts.put(moved, []);
    expect(await db.hosts.find(host.drone)).toEqual(moved);
    expect(await db.hosts.all()).toContainEqual(moved);
    await expect(db.hosts.put({ ...host, drone: 'other' }, [unknownMessage])).rejects.toThrow('NobodyKnows');
    expect(await db.hosts.find('other')).toBeUndefined();
  });

  it('has the row before the act, one at a time for each drone, and ends it once', async () => {
    const action = anAction();
    expect(await db.healing.begin(action, [])).toBe('saved');
    expect(await db.healing.begin(action, [])).toBe('conflict');
    expect(await db.healing.begin(anAction({ drone: action.drone }), [])).toBe('conflict');
    expect(await db.healing.ofDrone(action.drone, 10)).toEqual([action]);
    expect(await db.healing.end(action.id, done, [])).toBe('saved');
    expect(await db.healing.end(action.id, { ...done, state: 'failed' }, [])).toBe('conflict');
    const next = anAction({ drone: action.drone, end: done });
    expect(await db.healing.begin(next, [])).toBe('saved');
    expect(await db.healing.ofDrone(action.drone, 10)).toEqual([next, { ...action, end: done }]);
    expect(await db.healing.ofDrone(action.drone, 1)).toEqual([next]);
  });

  it('has at most one reboot on its way, of whichever drone, and notes its boot before it is executed', async () => {
    const first = anAction({ kind: 'reboot' });
    const second = anAction({ kind: 'reboot' });
    expect(await db.healing.begin(first, [])).toBe('saved');
    expect(await db.healing.begin(second, [])).toBe('conflict');
    expect(await db.healing.noteBoot(first.id, 'boot-1')).toBe('saved');
    expect(await db.healing.reboots(later(60_000))).toEqual([{ ...first, bootBefore: 'boot-1' }]);
    await db.healing.end(first.id, done, []);
    expect(await db.healing.noteBoot(first.id, 'boot-2')).toBe('conflict');
    expect(await db.healing.begin(second, [])).toBe('saved');
    await db.healing.end(second.id, { ...done, state: 'refused', found: 'wrong-machine' }, []);
    const since = await db.healing.reboots(AT);
    expect(since.map(({ id }) => id)).toEqual(expect.arrayContaining([first.id, second.id]));
    expect(await db.healing.reboots(later(60_000))).toEqual([]);
  });

  it('stores nothing when the messages cannot be stored', async () => {
    const action = anAction();
    await expect(db.healing.begin(action, [unknownMessage])).rejects.toThrow('NobodyKnows');
    expect(await db.healing.ofDrone(action.drone, 1)).toEqual([]);
  });

  it('forgets looks that are old, and nothing that was done', async () => {
    const drone = `drone-${randomUUID()}`;
    const acted = anAction({ drone, end: done });
    await db.healing.begin(acted, []);
    const probes = Array.from({ length: KEPT_PROBES + 2 }, () =>
      anAction({ drone, kind: 'probe', end: done }),
    );
    for (const probe of probes) await db.healing.begin(probe, []);
    const kept = await db.healing.ofDrone(drone, 1_000);
    expect(kept.map(({ id }) => id)).toEqual([acted, ...probes.slice(2)].map(({ id }) => id).toReversed());
  });

  it('finds pages by time, newest first', async () => {
    const pages = [10, 20].map((seconds) =>
      anAction({ kind: 'page', cause: 'unreachable', begunAt: later(seconds), end: done }),
    );
    for (const page of pages) await db.healing.begin(page, []);
    const found = (await db.healing.pages(later(10))).map(({ id }) => id);
    expect(found.filter((id) => pages.some((page) => page.id === id))).toEqual(
      pages.map(({ id }) => id).toReversed(),
    );
  });

  it('keeps one open request of a drone; a confirmation ends with the reboot that uses it', async () => {
    const request = aRequest();
    expect(await db.healing.ask(request, [])).toBe('saved');
    expect(await db.healing.ask(aRequest(request.drone), [])).toBe('conflict');
    const consent = { by: 'anna', at: later(1), until: later(60) };
    expect(await db.healing.confirm(request.id, consent, [])).toBe('saved');
    const open = async (): Promise<readonly RebootRequest[]> =>
      (await db.healing.openRequests()).filter(({ drone }) => drone === request.drone);
    expect(await open()).toEqual([{ ...request, consent }]);
    const reboot = anAction({ drone: request.drone, kind: 'reboot' });
    expect(await db.healing.begin(reboot, [], request)).toBe('saved');
    expect(await open()).toEqual([]);
    await db.healing.end(reboot.id, done, []);
    // One confirmation is good for one reboot.
    const again = anAction({ drone: request.drone, kind: 'reboot' });
    expect(await db.healing.begin(again, [], request)).toBe('conflict');
    expect((await db.healing.ofDrone(request.drone, 10)).map(({ id }) => id)).toEqual([reboot.id]);
    expect(await db.healing.confirm(request.id, consent, [])).toBe('conflict');
    expect(await db.healing.closeRequest(request.id, 'expired', later(9), [])).toBe('conflict');
  });

  it('lets a drone be asked for again after its request ended', async () => {
    const request = aRequest();
    await db.healing.ask(request, []);
    expect(await db.healing.closeRequest(request.id, 'recovered', later(9), [])).toBe('saved');
    const next = aRequest(request.drone);
    expect(await db.healing.ask(next, [])).toBe('saved');
    expect(await db.healing.openRequests()).toContainEqual(next);
    await db.healing.closeRequest(next.id, 'expired', later(10), []);
  });
}
