/* eslint-disable @typescript-eslint/require-await -- the ports promise; async also turns a throw into a rejection */
import {
  KEPT_PROBES,
  type HealingAction,
  type HealingRepository,
  type HostBook,
} from '@swarm/domain-healing';

import type { MemoryStore } from './memory-store.js';
import { readyToStore } from './messages.js';

export function memoryHosts(store: MemoryStore, source: string): HostBook {
  return {
    find: async (drone) => store.hosts.get(drone),
    all: async () => [...store.hosts.values()].sort((a, b) => (a.drone < b.drone ? -1 : 1)),
    put: async (host, outgoing) => {
      const storeMessages = readyToStore(store, source, outgoing);
      store.hosts.set(host.drone, host);
      storeMessages();
    },
  };
}

export function memoryHealing(store: MemoryStore, source: string): HealingRepository {
  const openRequest = (matches: (of: { id: string; drone: string }) => boolean): number =>
    store.requests.findIndex(({ request, ended }) => ended === null && matches(request));
  const replace = (id: string, change: Partial<HealingAction>): boolean => {
    const index = store.healing.findIndex((action) => action.id === id && action.end === null);
    const known = store.healing[index];
    if (!known) return false;
    store.healing[index] = { ...known, ...change };
    return true;
  };
  return {
    begin: async (action, outgoing, uses) => {
      const used = uses ? openRequest(({ id }) => id === uses.id) : -1;
      if (isTaken(store, action) || (uses && used < 0)) return 'conflict';
      const storeMessages = readyToStore(store, source, outgoing);
      store.healing.push(action);
      const request = store.requests[used];
      if (request) request.ended = 'used';
      if (action.kind === 'probe') forgetProbes(store, action.drone);
      storeMessages();
      return 'saved';
    },
    noteBoot: async (id, bootBefore) => (replace(id, { bootBefore }) ? 'saved' : 'conflict'),
    end: async (id, end, outgoing) => {
      const storeMessages = readyToStore(store, source, outgoing);
      if (!replace(id, { end })) return 'conflict';
      storeMessages();
      return 'saved';
    },
    ofDrone: async (drone, limit) =>
      store.healing
        .filter((action) => action.drone === drone)
        .toReversed()
        .slice(0, limit),
    reboots: async (since) =>
      store.healing.filter(
        ({ kind, begunAt, end }) => kind === 'reboot' && (end === null || begunAt >= since),
      ),
    pages: async (since) =>
      store.healing.filter(({ kind, begunAt }) => kind === 'page' && begunAt >= since).toReversed(),
    openRequests: async () =>
      store.requests.filter(({ ended }) => ended === null).map(({ request }) => request),
    ask: async (request, outgoing) => {
      if (openRequest(({ drone }) => drone === request.drone) >= 0) return 'conflict';
      const storeMessages = readyToStore(store, source, outgoing);
      store.requests.push({ request, ended: null });
      storeMessages();
      return 'saved';
    },
    confirm: async (id, consent, outgoing) => {
      const found = store.requests[openRequest((request) => request.id === id)];
      if (!found) return 'conflict';
      const storeMessages = readyToStore(store, source, outgoing);
      found.request = { ...found.request, consent };
      storeMessages();
      return 'saved';
    },
    closeRequest: async (id, how, _at, outgoing) => {
      const found = store.requests[openRequest((request) => request.id === id)];
      if (!found) return 'conflict';
      const storeMessages = readyToStore(store, source, outgoing);
      found.ended = how;
      storeMessages();
      return 'saved';
    },
  };
}

/** What the indexes say in Postgres. */
function isTaken({ healing }: MemoryStore, { id, drone, kind, end }: HealingAction): boolean {
  return healing.some((known) => {
    if (known.id === id) return true;
    const areOpen = known.end === null && end === null;
    return areOpen && (known.drone === drone || (known.kind === 'reboot' && kind === 'reboot'));
  });
}

function forgetProbes({ healing }: MemoryStore, drone: string): void {
  const probes = healing.filter((action) => action.drone === drone && action.kind === 'probe');
  for (const old of probes.slice(0, -KEPT_PROBES)) healing.splice(healing.indexOf(old), 1);
}
