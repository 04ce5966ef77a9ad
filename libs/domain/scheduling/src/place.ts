import { byCanary, narrowed } from '@swarm/domain-blame';
import { owesCanary } from '@swarm/domain-drone';
import type { DroneName, JobId, OpenJob } from '@swarm/domain-job';

import { AsNeeded } from './as-needed.js';
import type { BoardJob } from './board-job.js';
import { Crew } from './crew.js';
import type { FleetDrone, PlacementFacts } from './fleet.js';
import { FleetTable } from './fleet-table.js';
import type { NotPlaced } from './not-placed.js';
import { isStanding, type Pause } from './pause.js';
import type { PlanLane } from './plan-lane.js';
import { ReadyWalk } from './ready-queue.js';
import type { WorkBoard } from './work-board.js';

/** One decision: this job goes to this drone, now. */
export interface Placement {
  readonly jobId: JobId;
  readonly drone: DroneName;
  /** `-j` for the build. */
  readonly makeJobs: number;
}

/** What placing is decided from: a snapshot, with no I/O behind it. */
export interface PlacementView {
  readonly board: WorkBoard;
  readonly fleet: readonly FleetDrone[];
  readonly facts: PlacementFacts;
  /** The pause that a plan is under, its own or a wider one; undefined where there is none (S19). */
  readonly pauseOf?: (plan: string) => Pause | undefined;
}

export interface PlacementPolicy {
  /** A job waits for a drone that is busy, if that saves this share of its time … */
  readonly waitSavesShare: number;
  /** … and at least so much. */
  readonly waitSavesMs: number;
  /** So much urgency, in milliseconds of critical path, comes with each millisecond of waiting for a slot. */
  readonly ageing: number;
  /** Memory that one of the compilers of a build is taken to need, in bytes. */
  readonly bytesPerMakeJob: number;
}

export const defaultPlacement: PlacementPolicy = {
  waitSavesShare: 0.02,
  waitSavesMs: 2_000,
  ageing: 0.01,
  bytesPerMakeJob: 1024 ** 3,
};

/** Jobs that may wait for busy drones in one round, for each drone: beyond that, whoever is free takes the next. */
const MAX_WAITS_PER_DRONE = 4;

/**
 * Which needed job goes to which drone, now. Pure.
 * Just in time: only free slots are given work, so nothing is ever queued behind a drone (S23). The plan that had
 * least is served next (Q8); of its jobs the one with the longest chain behind it; and that goes to the drone that
 * ends it first, even if it must wait for it: a giant on a slow drone costs more than a slow drone that takes
 * something else meanwhile. A drone that failed the job is taken only when no other could be (S26).
 */
export function place(
  view: PlacementView,
  now: Date,
  policy: PlacementPolicy = defaultPlacement,
): readonly Placement[] {
  return new PlacementRound(view, now, policy).run();
}

/** As `place`, and what it says of one job: where it goes, or why it goes nowhere. */
export function explainPlacement(
  view: PlacementView,
  job: BoardJob,
  now: Date,
  policy: PlacementPolicy = defaultPlacement,
): Placement | NotPlaced {
  return explainRound(view, now, policy).of(job);
}

/** What one round does, and an answer for every job that is needed. */
export interface ExplainedRound {
  readonly placements: readonly Placement[];
  /** Where the job goes, or why it goes nowhere. */
  readonly of: (job: BoardJob) => Placement | NotPlaced;
}

/** As `place`; one round that may be asked about many jobs. */
export function explainRound(
  view: PlacementView,
  now: Date,
  policy: PlacementPolicy = defaultPlacement,
): ExplainedRound {
  const round = new PlacementRound(view, now, policy);
  const placements = round.run();
  const byJob = new Map(placements.map((placement) => [placement.jobId, placement]));
  return { placements, of: (job) => byJob.get(job.job.id) ?? round.whyNot(job) };
}

interface Queue {
  readonly lane: PlanLane;
  readonly ready: ReadyWalk;
  servedMs: number;
}

class PlacementRound {
  readonly #table: FleetTable;
  /** By profile. */
  readonly #crews = new Map<string, Crew>();
  readonly #placements: Placement[] = [];
  readonly #placed = new Set<BoardJob>();
  readonly #waiting = new Map<BoardJob, NotPlaced>();
  /** Ready jobs that the round has not come to. */
  #left = 0;

  constructor(
    private readonly view: PlacementView,
    private readonly now: Date,
    private readonly policy: PlacementPolicy,
  ) {
    this.#table = new FleetTable(view.fleet, view.board, now);
  }

  run(): readonly Placement[] {
    this.#giveCanaries();
    if (this.#table.openSlots <= 0) return this.#placements;
    const queues = this.#queues();
    this.#left = queues.reduce((sum, { ready }) => sum + ready.left, 0);
    while (this.#table.openSlots > 0) {
      const queue = leastServed(queues);
      if (!queue) break;
      if (this.#isHopeless(queue.lane)) {
        this.#left -= queue.ready.left;
        queues.splice(queues.indexOf(queue), 1);
        continue;
      }
      const entry = queue.ready.next();
      if (!entry) break;
      this.#left -= 1;
      if (this.#placed.has(entry) || this.#isDelayed(entry)) continue;
      if (this.#choose(entry)) queue.servedMs += entry.expectedMs;
    }
    return this.#placements;
  }

  /** Why a job that is needed was given to nobody in this round. */
  whyNot(entry: BoardJob): NotPlaced {
    const { job } = entry;
    if (job.state === 'needed' && this.#isDelayed(entry)) {
      return { kind: 'delayed', until: job.notBefore ?? this.now };
    }
    const crew = this.#crewFor(job);
    const { at, excluded } = crew.candidatesFor(job);
    if (at.length === 0) return { kind: 'no-drone', profile: job.spec.profile, excluded };
    const waits = this.#waiting.get(entry);
    if (waits) return waits;
    const able = crew.preferred(job, at);
    const freeInMs = Math.min(...able.map((each) => this.#table.freeInMs[each] ?? 0));
    const drones = able.map((each) => this.#table.nameOf(each));
    return { kind: 'no-free-slot', drones, freeInMs, excluded };
  }

  #queues(): Queue[] {
    const { ageing } = this.policy;
    return this.#lanes().flatMap((lane) =>
      lane.ready.size === 0
        ? []
        : [{ lane, ready: new ReadyWalk(lane.queue(ageing)), servedMs: lane.servedMs }],
    );
  }

  /** True when nobody has room for anything of the plan: slots are only taken in a round. */
  #isHopeless({ profile, jobs: [first] }: PlanLane): boolean {
    return profile !== undefined && first !== undefined && !this.#crewFor(first.job).hasRoom;
  }

  /** Plans of which something may be given out. */
  #lanes(): PlanLane[] {
    const { board, pauseOf } = this.view;
    return [...board.plans.values()].filter(({ plan }) => {
      const pause = pauseOf?.(plan);
      return pause === undefined || !isStanding(pause, this.now);
    });
  }

  #isDelayed({ job }: BoardJob): boolean {
    return job.state === 'needed' && job.notBefore !== null && job.notBefore > this.now;
  }

  /** One job for each drone that has to show what it can do: one that tells a good drone from a bad one (S2). */
  #giveCanaries(): void {
    const owing = this.view.fleet.flatMap(({ drone }, at) =>
      owesCanary(drone) && (this.#table.free[at] ?? 0) > 0 ? [at] : [],
    );
    if (owing.length === 0) return;
    const ready = this.#lanes().flatMap((lane) => [...lane.ready]);
    const samples = new Map(ready.map((entry) => [entry.job.spec.profile, entry.job]));
    const able = owing.filter((at) => {
      const sample = samples.get(this.view.fleet[at]?.drone.capabilities.profile ?? '');
      return sample !== undefined && this.#crewFor(sample).has(at);
    });
    if (able.length === 0) return;
    const { isKnownToBuild } = this.view.facts;
    const order = byCanary({
      isKnownToBuild,
      expectedMs: ({ id }) => this.view.board.find(id)?.expectedMs ?? 0,
    });
    const open = new AsNeeded(
      ready.filter((entry) => !this.#isDelayed(entry)),
      (a, b) => order(a.job, b.job),
    );
    for (const at of able) {
      const entry = open.find((each) => !this.#placed.has(each) && this.#isCandidate(at, each.job));
      if (entry) this.#give(entry, at, this.#table.endMs(at, entry.expectedMs));
    }
  }

  #isCandidate(at: number, job: OpenJob): boolean {
    const crew = this.#crewFor(job);
    return crew.has(at) && crew.candidatesFor(job).at.includes(at);
  }

  /** Gives the job to the drone that ends it first, or lets it wait for that. True when it was given to one. */
  #choose(entry: BoardJob): boolean {
    const crew = this.#crewFor(entry.job);
    const choice = crew.hasRoom ? crew.choose(entry) : undefined;
    if (!choice || choice.free.at < 0) return false;
    const { soonest, free } = choice;
    const savesMs = free.endMs - soonest.endMs;
    const { waitSavesShare, waitSavesMs } = this.policy;
    const isWorthIt = savesMs > Math.max(waitSavesMs, waitSavesShare * entry.expectedMs);
    if (isWorthIt && this.#waiting.size < MAX_WAITS_PER_DRONE * this.view.fleet.length) {
      const inMs = this.#table.freeInMs[soonest.at] ?? 0;
      const [drone, instead] = [this.#table.nameOf(soonest.at), this.#table.nameOf(free.at)];
      this.#waiting.set(entry, { kind: 'waits-for', drone, inMs, instead, savesMs });
      this.#table.reserve(soonest.at, soonest.endMs);
      crew.update(soonest.at);
      return false;
    }
    this.#give(entry, free.at, free.endMs);
    return true;
  }

  #give(entry: BoardJob, at: number, endMs: number): void {
    const makeJobs = this.#makeJobs(entry, at);
    this.#placed.add(entry);
    this.#placements.push({ jobId: entry.job.id, drone: this.#table.nameOf(at) as DroneName, makeJobs });
    const found = this.view.fleet[at];
    this.#table.give(at, endMs, found !== undefined && owesCanary(found.drone));
    this.#crewFor(entry.job).update(at);
  }

  #crewFor(job: OpenJob): Crew {
    const { profile } = job.spec;
    const known = this.#crews.get(profile);
    if (known) return known;
    const made = new Crew(job, this.#table, { facts: this.view.facts, now: this.now });
    this.#crews.set(profile, made);
    return made;
  }

  /** The share of the cores that is really there: all of them for a job that nobody is waiting behind. */
  #makeJobs({ job }: BoardJob, at: number): number {
    const capabilities = this.view.fleet[at]?.drone.capabilities;
    if (!capabilities) return 1;
    const { cores, slots, memoryBytes } = capabilities;
    const isQuiet = this.#left < this.#table.openSlots;
    const sharers = isQuiet ? (this.#table.held[at] ?? 0) + 1 : slots;
    const byCores = Math.floor(cores / Math.max(1, Math.min(sharers, slots)));
    const byMemory = Math.floor(memoryBytes / slots / this.policy.bytesPerMakeJob);
    const { timesOutOfMemory } = this.view.facts.needOf(job);
    return narrowed(Math.max(1, Math.min(byCores, Math.max(1, byMemory))), timesOutOfMemory);
  }
}

function leastServed(queues: readonly Queue[]): Queue | undefined {
  let least: Queue | undefined;
  for (const queue of queues) {
    if (queue.ready.left > 0 && (least === undefined || queue.servedMs < least.servedMs)) least = queue;
  }
  return least;
}
