/* eslint-disable @typescript-eslint/require-await -- the ports promise; async also turns a throw into a rejection */
import { scopeText, type Pause, type PauseChange, type PauseRepository } from '@swarm/domain-scheduling';
import type { Saved } from '@swarm/kernel';

import type { MemoryStore } from './memory-store.js';
import { readyToStore } from './messages.js';

export function memoryPauses(store: MemoryStore, source: string): PauseRepository {
  return {
    open: async () => open(store),
    find: async (id) => store.pauses.get(id),
    store: async (change) => changed(store, source, change),
  };
}

function changed(store: MemoryStore, source: string, { begun, ended, outgoing }: PauseChange): Saved {
  const ends = new Set(ended.map(({ pause }) => pause.id));
  const left = open(store).filter(({ id }) => !ends.has(id));
  if (open(store).length - left.length !== ends.size) return 'conflict';
  const isTaken = left.some(({ scope }) => begun && scopeText(scope) === scopeText(begun.scope));
  if (isTaken || (begun && store.pauses.has(begun.id))) return 'conflict';
  const storeMessages = readyToStore(store, source, outgoing);
  for (const { pause, end } of ended) {
    const known = store.pauses.get(pause.id);
    if (known) store.pauses.set(pause.id, { ...known, end });
  }
  if (begun) store.pauses.set(begun.id, { pause: begun, end: null });
  storeMessages();
  return 'saved';
}

function open(store: MemoryStore): readonly Pause[] {
  return [...store.pauses.values()].filter(({ end }) => end === null).map(({ pause }) => pause);
}
