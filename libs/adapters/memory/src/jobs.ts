/* eslint-disable @typescript-eslint/require-await -- the ports promise; async also turns a throw into a rejection */
import {
  type BuiltAttempt,
  isOpen,
  type Attempt,
  type Job,
  type JobChange,
  type JobChanges,
  type JobRepository,
  type PlanId,
  type StandingJob,
} from '@swarm/domain-job';
import type { Fence, Saved } from '@swarm/kernel';

import type { MemoryJob, MemoryStore } from './memory-store.js';
import { readyToStore } from './messages.js';

export function memoryJobs(store: MemoryStore, source: string): JobRepository {
  const versioned = ({ value, revision }: MemoryJob) => ({ value, revision });
  return {
    find: async (id) => {
      const found = store.jobs.get(id);
      return found && versioned(found);
    },
    findAll: async (ids) =>
      ids.flatMap((id) => {
        const found = store.jobs.get(id);
        return found ? [versioned(found)] : [];
      }),
    openJobs: async (planId) => openJobs(store, planId),
    openRevisions: async () =>
      new Map(openJobs(store, undefined).map(({ value, revision }) => [value.id, revision])),
    ofPlan: async (planId) =>
      [...store.jobs.values()].filter(({ value }) => value.spec.planId === planId).map(versioned),
    quarantined: async (profile) => newestQuarantined(store, profile),
    save: async (...changes) => saveJobs(store, source, [changes])[0] ?? 'conflict',
    saveAll: async (all, fence) => (isFenced(store, fence) ? 'fenced' : saveJobs(store, source, all)),
    findAttempt: async (id) => store.attempts.get(id),
    attemptsOf: async (jobId) =>
      [...store.attempts.values()].filter((a) => a.jobId === jobId).sort((a, b) => a.number - b.number),
    openAttempts: async () =>
      [...store.attempts.values()]
        .filter(({ state }) => isOpen(state))
        .sort((a, b) => a.offeredAt.getTime() - b.offeredAt.getTime()),
    builtAttempts: async (limit) => builtAttempts(store).slice(0, limit),
    saveAttempt: async (attempt) => {
      const stored = store.attempts.get(attempt.id);
      if (!stored) throw new Error(`there is no attempt ${attempt.id}`);
      // News that an attempt is open never reopens one that has ended: messages come late.
      if (isOpen(stored.state) || !isOpen(attempt.state)) store.attempts.set(attempt.id, attempt);
    },
    historyOf: async (jobId) => store.moves.filter((move) => move.jobId === jobId),
  };
}

function builtAttempts(store: MemoryStore): readonly BuiltAttempt[] {
  return [...store.attempts.values()]
    .filter(({ state, measured }) => state === 'succeeded' && measured !== null)
    .sort((a, b) => (b.endedAt?.getTime() ?? 0) - (a.endedAt?.getTime() ?? 0))
    .flatMap(({ jobId, drone, measured }): BuiltAttempt[] => {
      const spec = store.jobs.get(jobId)?.value.spec;
      if (!spec || !measured) return [];
      const { cores = 1, slots = 1 } = store.drones.get(drone)?.value.capabilities ?? {};
      const sizeBytes = store.artifacts.get(jobId)?.sizeBytes ?? null;
      const { cpv, slot, use } = spec;
      return [{ cpv, slot, use, drone, coresPerSlot: cores / slots, measured, sizeBytes }];
    });
}

function openJobs(store: MemoryStore, planId: PlanId | undefined): readonly StandingJob[] {
  const plans = [...store.plans.values()]
    .map(({ value }) => value)
    .filter(({ id, state }) => state === 'building' && (planId ?? id) === id)
    .sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
  const jobs = [...store.jobs.values()];
  return plans.flatMap(({ id }) =>
    jobs
      .filter(({ value }) => value.spec.planId === id)
      .map(({ value, revision, movedAt }) => {
        const { inputs: _inputs, needs: _needs, synthetic: _synthetic, ...outline } = value.spec;
        return { value: { ...value, spec: outline }, revision, since: movedAt };
      }),
  );
}

function isFenced(store: MemoryStore, fence: Fence | undefined): boolean {
  return fence !== undefined && store.locks.get(fence.lock)?.epoch !== fence.epoch;
}

/** Messages are checked before anything changes: after that, nothing can fail. */
function saveJobs(store: MemoryStore, source: string, all: readonly JobChanges[]): readonly Saved[] {
  const steps = all.map((changes) => {
    const storeMessages = readyToStore(
      store,
      source,
      changes.flatMap(({ outgoing }) => outgoing),
    );
    return (): Saved => {
      const saved = saveWhole(store, changes);
      if (saved === 'saved') storeMessages();
      return saved;
    };
  });
  return steps.map((step) => step());
}

/** All of them, or what was there before. */
function saveWhole(store: MemoryStore, changes: JobChanges): Saved {
  const jobs = changes.map(({ job }) => [job.id, store.jobs.get(job.id)] as const);
  const tried = changes.flatMap(({ attempt }) => (attempt ? [attempt.id] : []));
  const attempts = tried.map((id) => [id, store.attempts.get(id)] as const);
  const moves = store.moves.length;
  if (changes.every((change) => saveJob(store, change) === 'saved')) return 'saved';
  for (const [id, before] of jobs) if (before) store.jobs.set(id, before);
  for (const [id, before] of attempts) {
    if (before) store.attempts.set(id, before);
    else store.attempts.delete(id);
  }
  store.moves.length = moves;
  return 'conflict';
}

function saveJob(store: MemoryStore, { job, expected, at, reason, attempt }: JobChange): Saved {
  const stored = store.jobs.get(job.id);
  if (stored?.revision !== expected) return 'conflict';
  if (attempt && !isAdmissible(store, attempt)) return 'conflict';
  const { spec } = stored.value;
  store.jobs.set(job.id, { value: { ...job, spec }, revision: expected + 1, movedAt: at });
  if (attempt) store.attempts.set(attempt.id, attempt);
  store.moves.push({ jobId: job.id, at, state: job.state, attempt: job.attempt, reason });
  return 'saved';
}

/** One attempt of each number, and one open attempt, for each job. */
function isAdmissible(store: MemoryStore, attempt: Attempt): boolean {
  return [...store.attempts.values()]
    .filter(({ id, jobId }) => jobId === attempt.jobId && id !== attempt.id)
    .every(({ number, state }) => number !== attempt.number && !(isOpen(state) && isOpen(attempt.state)));
}

function newestQuarantined(store: MemoryStore, profile: string): readonly Job[] {
  const newest = new Map<string, MemoryJob>();
  for (const job of store.jobs.values()) {
    const { state, spec } = job.value;
    if (state !== 'quarantined' || spec.profile !== profile) continue;
    const other = newest.get(spec.buildKey);
    if (!other || other.movedAt <= job.movedAt) newest.set(spec.buildKey, job);
  }
  return [...newest.values()].map(({ value }) => value);
}
