import type { Drone } from '@swarm/domain-drone';
import type { Job, JobId, PlanId } from '@swarm/domain-job';

import type { FaultScript } from './faults.js';
import type { Random } from './random.js';
import type { WorldDrone, WorldJob } from './world.js';

/** What comes of every attempt at a package. */
export type Fate = 'builds' | 'broken' | 'flaky';

/** What a package is like, as the script wants it. */
export function fateOf({ broken, flaky }: FaultScript, random: Random): Fate {
  const dice = random.next();
  if (dice < broken) return 'broken';
  return dice < broken + flaky ? 'flaky' : 'builds';
}

/** A job of the swarm for a package of the world. */
export function jobOf(id: JobId, plan: number, { cpv, slot, use }: WorldJob): Job {
  return {
    ...{ id, state: 'waiting', attempt: 0, failures: 0, reclaims: 0, failedOn: [] },
    spec: {
      ...{ planId: String(plan) as PlanId, profile: PROFILE, cpv: cpv as Job['spec']['cpv'], slot, use },
      ...{ repository: 'gentoo', buildKey: id, inputs: null, bootstrap: false, why: 'new', needs: [] },
      ...{ waits: [], criticalPath: 0, synthetic: null },
    },
  };
}

const PROFILE = 'simulated';

/** A drone of the swarm for a machine of the world. */
export function droneOf({ name, slots, cores, memoryBytes }: WorldDrone, at: Date): Drone {
  return {
    ...{ name, state: 'online', reason: '', incarnation: name, enrolledAt: at },
    capabilities: {
      ...{ profile: PROFILE, executor: 'synthetic', slots, cores, memoryBytes, portageVersion: '' },
    },
    lastSign: {
      ...{ incarnation: name, sequence: 1, at, attempts: [], draining: false, load1: 0 },
      ...{ freeDiskBytes: Number.MAX_SAFE_INTEGER, freeMemoryBytes: memoryBytes },
    },
    ...{ grounding: null, badUpload: null, drain: null },
  };
}
