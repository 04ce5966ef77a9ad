/* eslint-disable @typescript-eslint/require-await -- the ports promise; async also turns a throw into a rejection */
import type { Job } from '@swarm/domain-job';
import type { PlanChange, PlanRepository } from '@swarm/domain-plan';
import type { Saved } from '@swarm/kernel';

import { mustExist, type MemoryStore } from './memory-store.js';
import { readyToStore } from './messages.js';

export function memoryPlans(store: MemoryStore, source: string): PlanRepository<Job> {
  return {
    create: async (plan, outgoing) => {
      mustExist(store.profiles.has(plan.profile), `profile ${plan.profile}`);
      if (store.plans.has(plan.id)) throw new Error(`there is a plan ${plan.id} already`);
      const storeMessages = readyToStore(store, source, outgoing);
      store.plans.set(plan.id, { value: plan, revision: 1 });
      storeMessages();
    },
    find: async (id) => store.plans.get(id),
    open: async () =>
      [...store.plans.values()]
        .filter(({ value }) => value.state === 'resolving' || value.state === 'building')
        .sort((a, b) => a.value.createdAt.getTime() - b.value.createdAt.getTime())
        .map(({ value: { findings: _findings, members: _members, ...value }, revision }) => ({
          value,
          revision,
        })),
    recent: async (limit) =>
      [...store.plans.values()]
        .map(({ value }) => value)
        .reverse()
        .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime())
        .slice(0, limit),
    save: async (change) => savePlan(store, source, change),
  };
}

function savePlan(store: MemoryStore, source: string, change: PlanChange<Job>): Saved {
  const { plan, expected, newJobs, at, outgoing } = change;
  if (store.plans.get(plan.id)?.revision !== expected) return 'conflict';
  const stranger = newJobs.find(({ spec }) => spec.planId !== plan.id);
  if (stranger) throw new Error(`job ${stranger.id} is of another plan than ${plan.id}`);
  const known = newJobs.find(({ id }) => store.jobs.has(id));
  if (known) throw new Error(`there is a job ${known.id} already`);
  const storeMessages = readyToStore(store, source, outgoing);
  store.plans.set(plan.id, { value: plan, revision: expected + 1 });
  for (const job of newJobs) {
    store.jobs.set(job.id, { value: job, revision: 1, movedAt: at });
    store.moves.push({ jobId: job.id, at, state: job.state, attempt: job.attempt, reason: 'planned' });
  }
  storeMessages();
  return 'saved';
}
