import { workLimit } from '@swarm/domain-drone';
import type { OpenJob } from '@swarm/domain-job';

import type { FleetDrone, PlacementFacts, ResourceNeed } from './fleet.js';

const BYTES_PER_GIB = 1024 ** 3;

/** Why a drone does not come into question for a job, as it follows its name in a sentence; undefined if it does. */
export function obstacle(
  job: OpenJob,
  each: FleetDrone,
  facts: PlacementFacts,
  now: Date,
): string | undefined {
  const limit = workLimit(each.drone, now);
  return limit.atMost === 0 ? limit.because : misfit(job, each, facts);
}

/** The same of a drone that may have work, whosever it is. */
export function misfit(job: OpenJob, { drone }: FleetDrone, facts: PlacementFacts): string | undefined {
  const { profile } = job.spec;
  if (drone.capabilities.profile !== profile) return `builds for ${drone.capabilities.profile}`;
  const kind = facts.kindOf(profile);
  if (kind !== drone.capabilities.executor) {
    return `makes ${drone.capabilities.executor} builds and the profile wants ${kind ?? 'nothing'}`;
  }
  const refusal = facts.refusalOf(drone.name, profile);
  return refusal === undefined ? undefined : `refused: ${refusal}`;
}

/** What a drone lacks of what a package needs; undefined if nothing. Binds only while another drone has it (S26). */
export function shortage({ drone }: FleetDrone, need: ResourceNeed): string | undefined {
  const { memoryBytes } = drone.capabilities;
  if (memoryBytes < need.memoryBytes) {
    return `has ${inGib(memoryBytes)} of memory and it needs ${inGib(need.memoryBytes)}`;
  }
  const { freeDiskBytes } = drone.lastSign;
  if (freeDiskBytes < need.diskBytes) {
    return `has ${inGib(freeDiskBytes)} of disk free and it needs ${inGib(need.diskBytes)}`;
  }
  return undefined;
}

function inGib(bytes: number): string {
  return `${(bytes / BYTES_PER_GIB).toFixed(1)} GiB`;
}
