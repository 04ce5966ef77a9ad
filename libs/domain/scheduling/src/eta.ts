import { workLimit } from '@swarm/domain-drone';

import { isLost, type BoardJob } from './board-job.js';
import { seedOf } from './chance.js';
import { BUILT, drawCourse, NOBODY_HAS_IT, type Course, type CourseJob } from './course.js';
import type { FleetDrone } from './fleet.js';
import { obstacle } from './obstacle.js';
import { defaultPlacement } from './place.js';
import { expectedTotalMs, meanMs } from './prediction.js';
import type { WhyView } from './why.js';

/** When something can be expected to be published: half of all such times lie before `at`, eight in ten in between. */
export interface Eta {
  readonly at: Date;
  /** One in ten is earlier. */
  readonly earliest: Date;
  /** One in ten is later. */
  readonly latest: Date;
}

/** An ETA, or why nobody can give one, in a few words. */
export type Expected = { readonly eta: Eta } | { readonly eta: null; readonly because: string };

/** Courses of events that are drawn. */
const DRAWS = 40;
/** For large boards there are fewer, so that an answer does not take much longer than a placement round … */
const MAX_DRAWN_JOBS = 100_000;
/** … but never fewer than these; the more jobs, the less their sum depends on luck. */
const LEAST_DRAWS = 3;
/** On larger boards nobody is told when: finding that out would keep the scheduler from its work for seconds. */
export const MAX_ETA_JOBS = 60_000;
/** So many standard deviations from the mean lies one in ten. */
const TENTH_Z = 1.2816;

/** When a job can be expected to be published. Pure: the same board gives the same answer. */
export function etaOfJob(view: WhyView, entry: BoardJob, now: Date): Expected {
  return new Etas(view, now).ofJob(entry);
}

/** When everything of a plan that can still be published will be; what is lost is not waited for. */
export function etaOfPlan(view: WhyView, plan: string, now: Date): Expected {
  return new Etas(view, now).ofPlan(plan);
}

/** What one profile's drones will have published when, in every course that was drawn. */
interface Drawn {
  readonly places: ReadonlyMap<BoardJob, number>;
  readonly courses: readonly Float64Array[];
}

/** ETAs of one moment: all of one profile share their courses of events, which are drawn when they are first needed. */
export class Etas {
  readonly #byProfile = new Map<string, Drawn>();

  constructor(
    private readonly view: WhyView,
    private readonly now: Date,
  ) {}

  ofJob(entry: BoardJob): Expected {
    const { job } = entry;
    if (job.state === 'published') return { eta: null, because: 'it is published' };
    if (isLost(job)) return { eta: null, because: `it is ${job.state}` };
    return this.#last([entry], job.spec.profile);
  }

  ofPlan(plan: string): Expected {
    const open = (this.view.board.plans.get(plan)?.jobs ?? []).filter(isOpen);
    const [first] = open;
    return first
      ? this.#last(open, first.job.spec.profile)
      : { eta: null, because: 'nothing of it can be built any more' };
  }

  /** When the last of these is published. */
  #last(entries: readonly BoardJob[], profile: string): Expected {
    if (this.#isTooLarge(profile)) {
      return { eta: null, because: `more than ${MAX_ETA_JOBS} jobs of profile ${profile} are on the board` };
    }
    const { places, courses } = this.#drawn(profile);
    const logs = courses.map((ends) => {
      const last = entries.reduce(
        (most, entry) => Math.max(most, ends[places.get(entry) ?? -1] ?? Infinity),
        0,
      );
      return Math.log(last);
    });
    const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
    if (mean === Infinity) return { eta: null, because: `no drone can build for profile ${profile}` };
    const variance = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / Math.max(1, logs.length - 1);
    const quantile = (z: number): Date =>
      new Date(this.now.getTime() + Math.round(Math.exp(mean + z * Math.sqrt(variance))));
    return { eta: { at: quantile(0), earliest: quantile(-TENTH_Z), latest: quantile(TENTH_Z) } };
  }

  #isTooLarge(profile: string): boolean {
    let jobs = 0;
    for (const lane of this.view.board.plans.values()) {
      if (lane.jobs[0]?.job.spec.profile === profile) jobs += lane.jobs.length;
    }
    return jobs > MAX_ETA_JOBS;
  }

  #drawn(profile: string): Drawn {
    const known = this.#byProfile.get(profile);
    if (known) return known;
    const { course, places } = courseOf(this.view, profile, this.now);
    const fitting = Math.floor(MAX_DRAWN_JOBS / Math.max(1, course.jobs.length));
    const draws = Math.max(LEAST_DRAWS, Math.min(DRAWS, fitting));
    const courses = Array.from({ length: draws }, (_, draw) => drawCourse(course, draw));
    this.#byProfile.set(profile, { places, courses });
    return { places, courses };
  }
}

function isOpen({ job }: BoardJob): boolean {
  return job.state !== 'published' && !isLost(job);
}

function courseOf(
  view: WhyView,
  profile: string,
  now: Date,
): { readonly course: Course; readonly places: ReadonlyMap<BoardJob, number> } {
  const lanes = [...view.board.plans.values()];
  const open = lanes.flatMap(({ jobs }, lane) =>
    jobs.flatMap((entry) => (entry.job.spec.profile === profile && isOpen(entry) ? [{ entry, lane }] : [])),
  );
  const places = new Map(open.map(({ entry }, at) => [entry, at]));
  const drones = new Map(view.fleet.map((each, at) => [each.drone.name, { ...each, at }]));
  const jobs = open.map(({ entry, lane }): CourseJob => {
    const { job, prediction } = entry;
    const rest =
      job.state === 'delegated'
        ? restOf(entry, drones.get(job.drone), now)
        : { ...prediction, drone: NOBODY_HAS_IT };
    return {
      seed: seedOf(job.id),
      dependents: placesOf(entry.dependents, places),
      // What was released from quarantine is needed, whatever it once waited for.
      unmet: job.state === 'waiting' ? entry.unmet : 0,
      notBeforeMs: heldBackMs(view, entry, now),
      readyMs: Math.min(0, entry.since.getTime() - now.getTime()),
      lane,
      rankMs: entry.rankMs,
      expectedMs: entry.expectedMs,
      sigma: prediction.sigma,
      medianMs: rest.medianMs,
      drone: job.state === 'received' ? BUILT : rest.drone,
    };
  });
  const sample = open[0]?.entry.job;
  const fleet = view.fleet.map((each) => {
    const isAble = sample !== undefined && obstacle(sample, each, view.facts, now) === undefined;
    const slots = isAble ? workLimit(each.drone, now).atMost : 0;
    return { slots, speed: each.speed, overheadMs: each.overheadMs };
  });
  const { ageing } = defaultPlacement;
  return {
    course: { jobs, drones: fleet, servedMs: lanes.map(({ servedMs }) => servedMs), ageing },
    places,
  };
}

function placesOf(entries: readonly BoardJob[], places: ReadonlyMap<BoardJob, number>): number[] {
  const found: number[] = [];
  for (const entry of entries) {
    const place = places.get(entry);
    if (place !== undefined) found.push(place);
  }
  return found;
}

/** What is left of a running build: about the mean of what is left, with the spread that it had from the start. */
function restOf(
  { prediction, since }: BoardJob,
  on: (FleetDrone & { readonly at: number }) | undefined,
  now: Date,
): Pick<CourseJob, 'medianMs' | 'drone'> {
  const speed = on?.speed ?? 1;
  const doneMs = Math.max(0, now.getTime() - since.getTime() - (on?.overheadMs ?? 0)) * speed;
  const restMs = (expectedTotalMs(prediction, doneMs) - doneMs) / speed;
  return {
    medianMs: restMs / meanMs({ medianMs: 1, sigma: prediction.sigma }),
    // One that the fleet does not have any more is taken for one without a slot: its build ends, and frees nothing.
    drone: on?.at ?? Number.MAX_SAFE_INTEGER,
  };
}

function heldBackMs({ pauseOf }: WhyView, { job, plan }: BoardJob, now: Date): number {
  if (job.state !== 'needed' && job.state !== 'waiting') return 0;
  const delayedUntil = job.state === 'needed' ? (job.notBefore?.getTime() ?? 0) : 0;
  const until = Math.max(delayedUntil, pauseOf?.(plan)?.until.getTime() ?? 0);
  return Math.max(0, until - now.getTime());
}
