/* eslint-disable @typescript-eslint/require-await -- the ports promise; async also turns a throw into a rejection */
import type { Drone, DroneRepository, DroneSign, RecoveryRepository } from '@swarm/domain-drone';

import type { MemoryStore } from './memory-store.js';
import { readyToStore } from './messages.js';

export function memoryDrones(store: MemoryStore, source: string): DroneRepository {
  return {
    find: async (name) => store.drones.get(name),
    all: async () => [...store.drones.values()].sort((a, b) => (a.value.name < b.value.name ? -1 : 1)),
    save: async (drone, expected, outgoing) => {
      const stored = store.drones.get(drone.name);
      if ((stored?.revision ?? 0) !== expected) return 'conflict';
      const storeMessages = readyToStore(store, source, outgoing);
      // The sign that came with the decision replaces only an older one.
      const value =
        stored && !replaces(drone.lastSign, stored.value) ? withSign(drone, stored.value.lastSign) : drone;
      store.drones.set(drone.name, { value, revision: expected + 1 });
      storeMessages();
      return 'saved';
    },
    recordSign: async (name, sign) => {
      const stored = store.drones.get(name);
      if (stored?.value.incarnation !== sign.incarnation || !replaces(sign, stored.value)) return false;
      store.drones.set(name, { value: withSign(stored.value, sign), revision: stored.revision });
      return true;
    },
    tell: async (outgoing) => {
      readyToStore(store, source, outgoing)();
    },
  };
}

function replaces(sign: DroneSign, { lastSign }: Drone): boolean {
  return lastSign.incarnation !== sign.incarnation || lastSign.sequence <= sign.sequence;
}

function withSign(drone: Drone, lastSign: DroneSign): Drone {
  return { ...drone, lastSign };
}

export function memoryRecovery(store: MemoryStore, source: string): RecoveryRepository {
  return {
    begin: async (action, outgoing) => {
      if (store.recovery.some(({ id }) => id === action.id))
        throw new Error(`there is an action ${action.id} already`);
      const storeMessages = readyToStore(store, source, outgoing);
      store.recovery.push(action);
      storeMessages();
    },
    latest: async (drone) => store.recovery.findLast((action) => action.drone === drone),
    recent: async (limit) => store.recovery.toReversed().slice(0, limit),
  };
}
