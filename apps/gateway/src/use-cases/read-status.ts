import { droneStates, type ProfileStatus, type Status } from '@swarm/contracts';
import type { Drone } from '@swarm/domain-drone';
import type { Profile } from '@swarm/domain-plan';

import type { GatewayPorts } from '../ports.js';
import { JobReader } from './read-jobs.js';
import { nextThing } from './next-thing.js';
import { numbersOf } from './plan-numbers.js';
import { readAlarms, readRequests } from './read-healing.js';
import { readPauses } from './read-pauses.js';
import { latestPlans } from './latest-plans.js';
import { versionsOf } from './version-views.js';
import { planSummary, releaseView } from './views.js';

/** Most quarantined and blocked jobs that a profile's status names. */
const MAX_STUCK = 50;

/** The honest numbers, read from the ledger. */
export async function readStatus(ports: GatewayPorts): Promise<Status> {
  const [profiles, drones, latest, newest] = await Promise.all([
    ports.profiles.all(),
    ports.drones.all(),
    latestPlans(ports),
    ports.events.latest(1),
  ]);
  const reader = await JobReader.open(ports);
  const statuses: ProfileStatus[] = [];
  for (const profile of profiles) {
    statuses.push(await profileStatus(profile, latest.get(profile.name)?.id, reader, ports));
  }
  const pauses = await readPauses(ports);
  const [rebootRequests, alarms] = await Promise.all([readRequests(ports), readAlarms(ports)]);
  const standing = { pauses, rebootRequests, alarms };
  const numbers = { ...standing, profiles: statuses, drones: droneNumbers(drones.map(({ value }) => value)) };
  return {
    at: ports.clock.now().toISOString(),
    next: nextThing(numbers),
    synthetic: statuses.some(({ synthetic }) => synthetic),
    ...numbers,
    lastEvent: Number(newest.at(-1)?.sequence ?? 0n),
  };
}

async function profileStatus(
  profile: Profile,
  planId: string | undefined,
  reader: JobReader,
  ports: GatewayPorts,
): Promise<ProfileStatus> {
  const { plans, generations, binhostUrl } = ports;
  const synthetic = profile.kind === 'synthetic';
  // Read after its jobs were chosen, so that the plan is never older than what is said of it.
  const jobs = planId === undefined ? [] : await reader.rawOfPlan(planId);
  const plan = planId === undefined ? undefined : (await plans.find(planId))?.value;
  const current = (await generations.of(profile.name)).find(({ state }) => state === 'current');
  return {
    profile: profile.name,
    kind: profile.kind,
    synthetic,
    plan: plan ? planSummary(plan, synthetic, (await versionsOf(ports, [plan]))(plan)) : null,
    numbers: numbersOf(plan, jobs),
    stuck: reader
      .summaries(jobs)
      .filter(({ state }) => state === 'quarantined' || state === 'blocked')
      .sort((a, b) => b.state.localeCompare(a.state))
      .slice(0, MAX_STUCK),
    release: current ? releaseView(current, synthetic, binhostUrl) : null,
  };
}

function droneNumbers(drones: readonly Drone[]): Status['drones'] {
  const states = Object.fromEntries(
    droneStates.map((state) => [state, drones.filter((drone) => drone.state === state).length]),
  ) as Record<(typeof droneStates)[number], number>;
  const online = drones.filter(({ state }) => state === 'online');
  return {
    total: drones.length,
    ...states,
    slots: online.reduce((sum, { capabilities }) => sum + capabilities.slots, 0),
    working: online.reduce((sum, { lastSign }) => sum + lastSign.attempts.length, 0),
  };
}
