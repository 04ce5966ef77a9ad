import type { DroneName, Job, JobId, JobIn } from '@swarm/domain-job';
import { byCanary } from '@swarm/domain-blame';
import { owesCanary, workLimit, type Drone } from '@swarm/domain-drone';

/** What placing is decided from: a snapshot, with no I/O behind it. */
export interface PlacementState {
  /** Jobs of open plans, whatever their state. */
  readonly jobs: readonly Job[];
  readonly drones: readonly Drone[];
  /** Pieces of work that each drone holds, or was just given. */
  readonly load: ReadonlyMap<string, number>;
  /** How a profile is built; undefined for one that is not known. */
  readonly kindOf: (profile: string) => 'portage' | 'synthetic' | undefined;
  /** Why a drone is not asked for a profile again yet, after it refused; undefined when it may be (S17). */
  readonly refusalOf?: (drone: string, profile: string) => string | undefined;
}

/** One decision: this job goes to this drone, now. */
export interface Placement {
  readonly jobId: JobId;
  readonly drone: DroneName;
  /** `-j` for the build. */
  readonly makeJobs: number;
}

/** Why a job that could be built is not being given to anybody. */
export type NotPlaced =
  | { readonly kind: 'delayed'; readonly until: Date }
  | { readonly kind: 'no-drone'; readonly profile: string; readonly excluded: readonly Exclusion[] }
  | { readonly kind: 'no-free-slot'; readonly drones: readonly string[] };

/** Why one drone does not come into question. */
export interface Exclusion {
  readonly drone: string;
  readonly because: string;
}

export interface PlacementRound {
  readonly placements: readonly Placement[];
  readonly notPlaced: ReadonlyMap<JobId, NotPlaced>;
}

/**
 * Which needed job goes to which drone, now. Pure.
 * Just in time: only free slots are given work. Longest critical path first; among the drones, one that never
 * failed this package before one that did (S26: the latter is still taken when it is the only one).
 */
export function place(state: PlacementState, now: Date): PlacementRound {
  const free = new Map(
    state.drones.map((drone) => [
      drone.name,
      workLimit(drone, now).atMost - (state.load.get(drone.name) ?? 0),
    ]),
  );
  const placements: Placement[] = [];
  const notPlaced = new Map<JobId, NotPlaced>();
  const give = (job: Job, { name, capabilities }: Drone): void => {
    free.set(name, (free.get(name) ?? 0) - 1);
    placements.push({ jobId: job.id, drone: name as DroneName, makeJobs: makeJobsOf(capabilities) });
  };
  const canaries = chooseCanaries(state, free, now);
  for (const { job, drone } of canaries) give(job, drone);
  for (const job of inOrder(state.jobs)) {
    if (canaries.some((canary) => canary.job === job)) continue;
    const chosen = choose(job, state, free, now);
    if ('kind' in chosen) {
      notPlaced.set(job.id, chosen);
      continue;
    }
    give(job, chosen.drone);
  }
  return { placements, notPlaced };
}

/** What keeps a job that is not settled from being built, as one sentence for people (`swarm why`). */
export function whyNot(notPlaced: NotPlaced): string {
  switch (notPlaced.kind) {
    case 'delayed':
      return `tried again at ${notPlaced.until.toISOString()}`;
    case 'no-free-slot':
      return `every slot of ${notPlaced.drones.join(', ')} is taken`;
    case 'no-drone': {
      const each = notPlaced.excluded.map(({ drone, because }) => `${drone} ${because}`).join('; ');
      return `no drone can build for ${notPlaced.profile}: ${each || 'none is enrolled'}`;
    }
  }
}

function inOrder(jobs: readonly Job[]): JobIn<'needed'>[] {
  return jobs
    .filter((job): job is JobIn<'needed'> => job.state === 'needed')
    .sort((a, b) => b.spec.criticalPath - a.spec.criticalPath || (a.id < b.id ? -1 : 1));
}

interface Chosen {
  readonly drone: Drone;
}

/** One job for each drone that has to show what it can do: one that never failed, and that holds up the fewest others. */
function chooseCanaries(
  state: PlacementState,
  free: ReadonlyMap<string, number>,
  now: Date,
): readonly { readonly job: JobIn<'needed'>; readonly drone: Drone }[] {
  const order = byCanary({ isKnownToBuild: () => false, expectedMs: ({ spec }) => spec.criticalPath });
  const open = inOrder(state.jobs)
    .filter(({ notBefore }) => notBefore === null || notBefore <= now)
    .sort(order);
  const chosen: { readonly job: JobIn<'needed'>; readonly drone: Drone }[] = [];
  for (const drone of state.drones) {
    if (!owesCanary(drone) || (free.get(drone.name) ?? 0) <= 0) continue;
    const job = open.find(
      (each) => !chosen.some((other) => other.job === each) && !obstacle(each, drone, state, now),
    );
    if (job) chosen.push({ job, drone });
  }
  return chosen;
}

function choose(
  job: JobIn<'needed'>,
  state: PlacementState,
  free: ReadonlyMap<string, number>,
  now: Date,
): Chosen | NotPlaced {
  if (job.notBefore !== null && job.notBefore > now) return { kind: 'delayed', until: job.notBefore };
  const excluded: Exclusion[] = [];
  const feasible = state.drones.filter((drone) => {
    const because = obstacle(job, drone, state, now);
    if (because !== undefined) excluded.push({ drone: drone.name, because });
    return because === undefined;
  });
  if (feasible.length === 0) return { kind: 'no-drone', profile: job.spec.profile, excluded };

  const open = feasible.filter(({ name }) => (free.get(name) ?? 0) > 0);
  const best = open.toSorted(byPreference(job, free))[0];
  if (best === undefined) return { kind: 'no-free-slot', drones: feasible.map(({ name }) => name) };
  // A second opinion is worth waiting for while a drone that never failed it is merely busy.
  const untried = feasible.filter(({ name }) => !job.failedOn.includes(name as DroneName));
  if (job.failedOn.includes(best.name as DroneName) && untried.length > 0) {
    return { kind: 'no-free-slot', drones: untried.map(({ name }) => name) };
  }
  return { drone: best };
}

function byPreference(job: Job, free: ReadonlyMap<string, number>): (a: Drone, b: Drone) => number {
  const failed = ({ name }: Drone): number => (job.failedOn.includes(name as DroneName) ? 1 : 0);
  return (a, b) =>
    failed(a) - failed(b) ||
    (free.get(b.name) ?? 0) - (free.get(a.name) ?? 0) ||
    b.capabilities.cores - a.capabilities.cores ||
    (a.name < b.name ? -1 : 1);
}

function obstacle(job: Job, drone: Drone, state: PlacementState, now: Date): string | undefined {
  const limit = workLimit(drone, now);
  if (limit.atMost === 0) return limit.because;
  if (drone.capabilities.profile !== job.spec.profile) return `builds for ${drone.capabilities.profile}`;
  const refusal = state.refusalOf?.(drone.name, job.spec.profile);
  if (refusal !== undefined) return `refused: ${refusal}`;
  const kind = state.kindOf(job.spec.profile);
  if (kind !== drone.capabilities.executor) {
    return `makes ${drone.capabilities.executor} builds and the profile wants ${kind ?? 'nothing'}`;
  }
  return undefined;
}

function makeJobsOf({ cores, slots }: Drone['capabilities']): number {
  return Math.max(1, Math.floor(cores / slots));
}
