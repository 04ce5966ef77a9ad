import { DroneView, JobDetail } from '@swarm/contracts';
import { waitFor } from '@swarm/testing';
import { z } from 'zod';

import type { TestSwarm } from './test-swarm.js';

const Drones = z.object({ drones: z.array(DroneView) });
const LOOK_EVERY_MS = 100;

/** The drones as the API shows them, by name. */
export async function fleetOf(swarm: TestSwarm): Promise<ReadonlyMap<string, DroneView>> {
  const { drones } = Drones.parse(await swarm.get('/drones'));
  return new Map(drones.map((drone) => [drone.name, drone]));
}

/** Resolves when all of these drones are in this state. */
export async function inState(
  swarm: TestSwarm,
  names: readonly string[],
  state: DroneView['state'],
  timeoutMs = 60_000,
): Promise<void> {
  await waitFor(
    async () => {
      const fleet = await fleetOf(swarm);
      return names.every((name) => fleet.get(name)?.state === state);
    },
    { timeoutMs, what: `${names.join(', ')} to be ${state}`, everyMs: LOOK_EVERY_MS },
  );
}

/** The job of this package in a plan, with its attempts and history. */
export async function jobOf(swarm: TestSwarm, planId: string, name: string): Promise<JobDetail> {
  const { jobs } = await swarm.planDetail(planId);
  const found = jobs.find(({ cpv }) => cpv.startsWith(`app-small/${name}-`));
  if (!found) throw new Error(`plan ${planId} has no job of ${name}`);
  return JobDetail.parse(await swarm.job(found.id));
}

/** Resolves to the job as soon as `condition` holds for it. */
export function jobWhen(
  swarm: TestSwarm,
  { planId, name, what }: { readonly planId: string; readonly name: string; readonly what: string },
  condition: (job: JobDetail) => boolean,
): Promise<JobDetail> {
  return waitFor(
    async () => {
      const job = await jobOf(swarm, planId, name);
      return condition(job) && job;
    },
    { timeoutMs: 60_000, what: `${name}: ${what}`, everyMs: LOOK_EVERY_MS },
  );
}

/** Number, drone and end of each attempt of a job, e.g. `1 drone-x succeeded`. */
export function attemptsOf({ attempts }: JobDetail): readonly string[] {
  return attempts.map(({ number, drone, state }) => `${number} ${drone} ${state}`);
}
