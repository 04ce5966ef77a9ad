/* eslint-disable @typescript-eslint/require-await -- the ports promise; async also turns a throw into a rejection */
import type { ScheduleRepository, ScheduleRun, Settlement } from '@swarm/domain-schedule';
import type { Saved } from '@swarm/kernel';

import { mustExist, type MemoryStore } from './memory-store.js';
import { readyToStore } from './messages.js';

export function memorySchedules(store: MemoryStore, source: string): ScheduleRepository {
  return {
    add: async (schedule) => {
      mustExist(store.profiles.has(schedule.profile), `profile ${schedule.profile}`);
      if (store.schedules.has(schedule.name)) return 'taken';
      store.schedules.set(schedule.name, { value: schedule, revision: 1 });
      return 'stored';
    },
    find: async (name) => store.schedules.get(name),
    all: async () => [...store.schedules.values()].sort((a, b) => (a.value.name < b.value.name ? -1 : 1)),
    save: async (schedule, expected) => {
      if (store.schedules.get(schedule.name)?.revision !== expected) return 'conflict';
      mustExist(store.profiles.has(schedule.profile), `profile ${schedule.profile}`);
      store.schedules.set(schedule.name, { value: schedule, revision: expected + 1 });
      return 'saved';
    },
    remove: async (name) => store.schedules.delete(name),
    settle: async (settlement) => settle(store, source, settlement),
    startRun: async (run, outgoing) => {
      if (isKnown(store, run)) return 'known';
      const storeMessages = readyToStore(store, source, outgoing);
      store.runs.set(run.id, { value: run, revision: 1 });
      storeMessages();
      return 'stored';
    },
    openRuns: async () => [...store.runs.values()].filter(({ value }) => value.state !== 'ended'),
    findRun: async (id) => store.runs.get(id),
    saveRun: async (run, expected, outgoing) => {
      if (store.runs.get(run.id)?.revision !== expected) return 'conflict';
      if (run.planId !== null) mustExist(store.plans.has(run.planId), `plan ${run.planId}`);
      const storeMessages = readyToStore(store, source, outgoing);
      store.runs.set(run.id, { value: run, revision: expected + 1 });
      storeMessages();
      return 'saved';
    },
    runs: async (limit, schedule) =>
      [...store.runs.values()]
        .map(({ value }) => value)
        .filter((run) => schedule === undefined || run.schedule === schedule)
        .reverse()
        .slice(0, limit),
    raise: async (outgoing) => {
      readyToStore(store, source, outgoing)();
    },
  };
}

function settle(store: MemoryStore, source: string, settlement: Settlement): Saved {
  const { schedule, expected, newRuns, changedRuns, outgoing } = settlement;
  if (store.schedules.get(schedule.name)?.revision !== expected) return 'conflict';
  if (changedRuns.some(({ value, revision }) => store.runs.get(value.id)?.revision !== revision))
    return 'conflict';
  const storeMessages = readyToStore(store, source, outgoing);
  store.schedules.set(schedule.name, { value: schedule, revision: expected + 1 });
  for (const { value, revision } of changedRuns) store.runs.set(value.id, { value, revision: revision + 1 });
  for (const run of newRuns) if (!isKnown(store, run)) store.runs.set(run.id, { value: run, revision: 1 });
  storeMessages();
  return 'saved';
}

/** One run for each id, and one for each occurrence of a schedule. */
function isKnown(store: MemoryStore, { id, schedule, occurrence }: ScheduleRun): boolean {
  if (store.runs.has(id)) return true;
  if (occurrence === null) return false;
  return [...store.runs.values()].some(
    ({ value }) => value.schedule === schedule && value.occurrence?.getTime() === occurrence.getTime(),
  );
}
