/* eslint-disable @typescript-eslint/require-await -- the ports promise; async also turns a throw into a rejection */
import { messageNamed, type EventLog, type Outbox } from '@swarm/contracts';
import type { Outgoing } from '@swarm/kernel';

import type { MemoryStore } from './memory-store.js';

/**
 * Checks messages and returns the step that stores them, to be taken with the change that they tell of. Throws for a
 * message that no registry knows; one that is there already, by name and id, is not stored again.
 */
export function readyToStore(store: MemoryStore, source: string, outgoing: readonly Outgoing[]): () => void {
  const rows = outgoing.map(({ id, message, payload }) => {
    const definition = messageNamed(message);
    if (!definition) throw new Error(`no message is called ${message}`);
    const json = JSON.parse(JSON.stringify(payload)) as { readonly at?: string };
    const isEvent = definition.carrier === 'EVENTS';
    if (isEvent && !json.at) throw new Error(`an event must say when it became true: ${message}`);
    return { id, message, payload: json, at: new Date(json.at ?? 0), isEvent };
  });
  return () => {
    for (const { isEvent, at, ...row } of rows) {
      if (isEvent) add(store.events, { ...row, at });
      add(store.outbox, { ...row, source, storedAt: Date.now(), sentAt: null, parkedReason: null });
    }
    if (rows.length > 0) for (const wake of store.outboxListeners) wake();
  };
}

function add<R extends { readonly id: string; readonly message: string; readonly sequence: bigint }>(
  table: R[],
  row: Omit<R, 'sequence'>,
): void {
  if (table.some(({ id, message }) => id === row.id && message === row.message)) return;
  table.push({ ...row, sequence: (table.at(-1)?.sequence ?? 0n) + 1n } as R);
}

export function memoryEvents(store: MemoryStore): EventLog {
  return {
    after: async (sequence, limit) =>
      store.events.filter((event) => event.sequence > sequence).slice(0, limit),
    latest: async (limit) => (limit > 0 ? store.events.slice(-limit) : []),
  };
}

export function memoryOutbox(store: MemoryStore, source: string): Outbox {
  let hasNews = false;
  store.outboxListeners.add(() => {
    hasNews = true;
  });
  return {
    unsent: async (limit, after = 0n) =>
      store.outbox
        .filter((row) => row.source === source && row.sentAt === null && row.parkedReason === null)
        .filter(({ sequence }) => sequence > after)
        .slice(0, limit)
        .map(({ sequence, id, message, payload }) => ({ sequence, id, message, payload })),
    markSent: async (sequences) => {
      for (const row of store.outbox) if (sequences.includes(row.sequence)) row.sentAt ??= Date.now();
    },
    park: async (sequence, reason) => {
      for (const row of store.outbox) if (row.sequence === sequence) row.parkedReason = reason;
    },
    prune: async (olderThanMs, limit) => {
      const isOld = (row: (typeof store.outbox)[number]): boolean =>
        row.source === source && row.sentAt !== null && row.sentAt < Date.now() - olderThanMs;
      const old = store.outbox.filter(isOld).slice(0, limit);
      for (const row of old) store.outbox.splice(store.outbox.indexOf(row), 1);
      return old.length;
    },
    wait: async (maxWaitMs) => {
      if (!hasNews) await news(store, maxWaitMs);
      hasNews = false;
    },
  };
}

function news(store: MemoryStore, maxWaitMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      store.outboxListeners.delete(done);
      resolve();
    };
    const timer = setTimeout(done, maxWaitMs);
    store.outboxListeners.add(done);
  });
}
