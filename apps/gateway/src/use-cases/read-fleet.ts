import type { DroneView, OrderView, Release } from '@swarm/contracts';
import { silenceMs, type Drone, type Order } from '@swarm/domain-drone';
import type { Attempt, AttemptId, JobId } from '@swarm/domain-job';

import type { GatewayPorts } from '../ports.js';
import { ApiRefusal } from './api-refusal.js';
import { latestPlans, syntheticProfiles } from './latest-plans.js';
import { releaseView } from './views.js';

/** Names that a refusal lists. */
const MOST_NAMED = 20;

/** Every drone by name, with what it says it has in hand. */
export async function readDrones(ports: GatewayPorts): Promise<DroneView[]> {
  const [drones, attempts, plans, strikes] = await Promise.all([
    ports.drones.all(),
    ports.jobs.openAttempts(),
    latestPlans(ports),
    ports.strikes.standing(),
  ]);
  const byId = new Map<string, Attempt>(attempts.map((attempt) => [attempt.id, attempt]));
  const resolving = new Set([...plans.values()].map(({ resolving: held }) => held?.attemptId));
  const views: DroneView[] = [];
  for (const { value } of [...drones].sort((a, b) => a.value.name.localeCompare(b.value.name))) {
    const working = value.lastSign.attempts.map(async ({ attemptId, phase, sinceMs }) => {
      // What has just ended stays in a drone's last sign until the next one.
      const attempt = byId.get(attemptId) ?? (await ports.jobs.findAttempt(attemptId as AttemptId));
      const jobId = attempt?.jobId ?? null;
      const cpv = jobId === null ? undefined : await cpvOfJob(ports, jobId);
      const what = cpv ?? (resolving.has(attemptId) ? 'resolving a plan' : 'unknown');
      return { attemptId, jobId, what, phase, sinceMs };
    });
    const count = strikes.filter(({ drone }) => drone === value.name).length;
    const view = droneView(value, ports.clock.now(), await Promise.all(working));
    views.push({ ...view, strikes: count });
  }
  return views;
}

/** One of them. */
export async function readDrone(ports: GatewayPorts, name: string): Promise<DroneView> {
  const drones = await readDrones(ports);
  const found = drones.find((drone) => drone.name === name);
  if (found) return found;
  const known = drones.map((drone) => drone.name).slice(0, MOST_NAMED);
  const hint = known.length === 0 ? 'None has enrolled yet.' : `Drones: ${known.join(', ')}.`;
  throw new ApiRefusal('not-found', `drone: there is no drone "${name}".`, hint);
}

async function cpvOfJob({ jobs }: Pick<GatewayPorts, 'jobs'>, id: JobId): Promise<string | undefined> {
  return (await jobs.find(id))?.value.spec.cpv;
}

function droneView(drone: Drone, now: Date, working: DroneView['working']): Omit<DroneView, 'strikes'> {
  const { name, state, reason, capabilities, lastSign } = drone;
  const isGone = state === 'offline' || state === 'retired';
  return {
    name,
    state,
    reason,
    ...capabilities,
    synthetic: capabilities.executor === 'synthetic',
    enrolledAt: drone.enrolledAt.toISOString(),
    lastSignAt: lastSign.at.toISOString(),
    silentMs: silenceMs(drone, now),
    load1: lastSign.load1,
    freeDiskBytes: lastSign.freeDiskBytes,
    freeMemoryBytes: lastSign.freeMemoryBytes,
    groundedUntil: state === 'grounded' ? (drone.grounding?.until?.toISOString() ?? null) : null,
    uploadPath: drone.badUpload === null ? 'good' : 'bad',
    drained: orderView(drone.drain),
    groundedBy: orderView(drone.grounding?.order),
    details: lastSign.details ?? null,
    // What a silent drone said last is no news of what it does now.
    working: isGone ? [] : working,
  };
}

function orderView(order: Order | null | undefined): OrderView | null {
  return order ? { ...order, since: order.since.toISOString() } : null;
}

/** Releases of one profile or of all, newest first. */
export async function readReleases(ports: GatewayPorts, profile: string | undefined): Promise<Release[]> {
  const synthetic = await syntheticProfiles(ports);
  const names = (await ports.profiles.all()).map(({ name }) => name);
  if (profile !== undefined && !names.includes(profile)) throw unknownProfile(profile, names);
  const wanted = profile === undefined ? names : [profile];
  const generations = (await Promise.all(wanted.map((name) => ports.generations.of(name)))).flat();
  return generations
    .map((generation) => releaseView(generation, synthetic.has(generation.profile), ports.binhostUrl))
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt) || b.generation - a.generation);
}

/** A refusal that names the profiles there are. */
export function unknownProfile(name: string, known: readonly string[]): ApiRefusal {
  const hint =
    known.length > 0 ? `Profiles: ${known.join(', ')}.` : 'There is none yet: POST /api/v1/profiles.';
  return new ApiRefusal('not-found', `profile: there is no profile "${name}".`, hint);
}
