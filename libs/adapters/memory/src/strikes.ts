/* eslint-disable @typescript-eslint/require-await -- the ports promise; async also turns a throw into a rejection */
import type { StrikeRepository } from '@swarm/domain-drone';

import type { MemoryStore } from './memory-store.js';

export function memoryStrikes(store: MemoryStore): StrikeRepository {
  return {
    add: async (strike) => {
      if (!store.strikes.has(strike.attemptId)) store.strikes.set(strike.attemptId, strike);
    },
    standing: async () => [...store.strikes.values()].filter(({ ended }) => ended === null),
    ofJob: async (jobId) => [...store.strikes.values()].filter((strike) => strike.jobId === jobId),
    end: async (attemptIds, how) => {
      for (const id of attemptIds) {
        const strike = store.strikes.get(id);
        if (strike?.ended === null) store.strikes.set(id, { ...strike, ended: how });
      }
    },
  };
}
