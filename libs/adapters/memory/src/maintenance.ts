/* eslint-disable @typescript-eslint/require-await -- the ports promise; async also turns a throw into a rejection */
import type { MaintenanceRepository, OutboxLag, PlanProgress, SweepRecord } from '@swarm/domain-maintenance';
import type { Plan } from '@swarm/domain-plan';
import type { Saved } from '@swarm/kernel';

import type { MemoryStore } from './memory-store.js';
import { readyToStore } from './messages.js';

export function memoryMaintenance(store: MemoryStore, source: string): MaintenanceRepository {
  return {
    outboxLag: async () => lags(store),
    planProgress: async () =>
      [...store.plans.values()]
        .map(({ value }) => value)
        .filter(({ state }) => state === 'resolving' || state === 'building')
        .sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime())
        .map((plan) => progressOf(store, plan)),
    leaders: async (services) =>
      services.map((service) => ({ service, isHeld: store.locks.get(service)?.isHeld ?? false })),
    disks: async () => [...store.disks.values()].sort((a, b) => a.place.localeCompare(b.place)),
    reportDisk: async (report) => {
      store.disks.set(report.place, report);
    },
    checks: async () => [...store.checks.values()].sort((a, b) => a.name.localeCompare(b.name)),
    save: async (sweep) => saved(store, source, sweep),
  };
}

function saved(store: MemoryStore, source: string, { records, after, outgoing }: SweepRecord): Saved {
  const times = [...store.checks.values()].map(({ ranAt }) => ranAt.getTime());
  const latest = times.length === 0 ? undefined : Math.max(...times);
  if (latest !== after?.getTime()) return 'conflict';
  const storeMessages = readyToStore(store, source, outgoing);
  store.checks.clear();
  for (const record of records) store.checks.set(record.name, record);
  storeMessages();
  return 'saved';
}

function lags(store: MemoryStore): readonly OutboxLag[] {
  const waiting = store.outbox.filter(({ sentAt }) => sentAt === null);
  return [...new Set(waiting.map((row) => row.source))].sort().map((service) => {
    const rows = waiting.filter((row) => row.source === service);
    const unsent = rows.filter(({ parkedReason }) => parkedReason === null);
    const oldest = Math.min(Date.now(), ...unsent.map(({ storedAt }) => storedAt));
    const parked = rows.length - unsent.length;
    return { source: service, unsent: unsent.length, unsentForMs: Date.now() - oldest, parked };
  });
}

function progressOf(store: MemoryStore, { id, profile, state, createdAt, resolving }: Plan): PlanProgress {
  const jobs = [...store.jobs.values()].filter(({ value }) => value.spec.planId === id);
  const inState = (...states: readonly string[]): typeof jobs =>
    jobs.filter(({ value }) => states.includes(value.state));
  const example = inState('needed')[0] ?? inState('waiting')[0];
  return {
    ...{ id, profile, state: state === 'resolving' ? state : 'building' },
    movedAt: new Date(Math.max(createdAt.getTime(), ...jobs.map(({ movedAt }) => movedAt.getTime()))),
    isBeingResolved: resolving !== null,
    needed: inState('needed').length,
    waiting: inState('waiting').length,
    inWork: inState('delegated', 'received').length,
    example: example?.value.spec.cpv ?? null,
  };
}
