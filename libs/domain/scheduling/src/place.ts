import { byCanary, narrowed } from '@swarm/domain-blame';
import { owesCanary } from '@swarm/domain-drone';
import type { DroneName, JobId } from '@swarm/domain-job';

import type { BoardJob } from './board-job.js';
import type { FleetDrone, PlacementFacts, ResourceNeed } from './fleet.js';
import { FleetTable } from './fleet-table.js';
import type { Exclusion, NotPlaced } from './not-placed.js';
import { obstacle, shortage } from './obstacle.js';
import { isStanding, type Pause } from './pause.js';
import type { PlanLane } from './plan-lane.js';
import { ReadyQueue } from './ready-queue.js';
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

/** A drone that built the package before is taken for so much faster: its ccache knows the objects. */
const CACHE_GAIN = 0.95;
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

/** What a job weighs in its plan: the chain behind it, and how long it has been waiting for a slot. */
export function urgencyOf({ rankMs, since }: BoardJob, { ageing }: PlacementPolicy): number {
  return rankMs - ageing * since.getTime();
}

/** Drones that come into question for jobs of one kind. */
interface Candidates {
  readonly at: readonly number[];
  readonly need: ResourceNeed;
  /** True once none of them has a free slot; slots are only taken in a round. */
  isExhausted: boolean;
}

interface Queue {
  readonly lane: PlanLane;
  readonly ready: ReadyQueue;
  servedMs: number;
}

class PlacementRound {
  readonly #table: FleetTable;
  readonly #candidates = new Map<string, Candidates>();
  readonly #placements: Placement[] = [];
  readonly #placed = new Set<BoardJob>();
  readonly #waiting = new Map<BoardJob, NotPlaced>();
  #ready = 0;

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
    this.#ready = queues.reduce((sum, { ready }) => sum + ready.size, 0);
    while (this.#table.openSlots > 0) {
      const queue = leastServed(queues);
      const entry = queue?.ready.pop();
      if (!queue || !entry) break;
      this.#ready -= 1;
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
    const { at, need } = this.#candidatesFor(entry);
    const excluded = this.view.fleet.flatMap((each, index): Exclusion[] => {
      if (at.includes(index)) return [];
      const because = obstacle(job, each, this.view.facts, this.now) ?? shortage(each, need);
      return because === undefined ? [] : [{ drone: each.drone.name, because }];
    });
    if (at.length === 0) return { kind: 'no-drone', profile: job.spec.profile, excluded };
    const waits = this.#waiting.get(entry);
    if (waits) return waits;
    const able = this.#preferred(entry, at);
    const freeInMs = Math.min(...able.map((each) => this.#table.freeInMs[each] ?? 0));
    const drones = able.map((each) => this.#nameOf(each));
    return { kind: 'no-free-slot', drones, freeInMs, excluded };
  }

  #queues(): Queue[] {
    const urgency = (entry: BoardJob): number => urgencyOf(entry, this.policy);
    return this.#lanes().flatMap((lane) =>
      lane.ready.size === 0
        ? []
        : [{ lane, ready: new ReadyQueue(lane.ready, urgency), servedMs: lane.servedMs }],
    );
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
    const { isKnownToBuild } = this.view.facts;
    const ready = this.#lanes().flatMap((lane) => [...lane.ready]);
    const expected = new Map(ready.map(({ job, expectedMs }) => [job.id, expectedMs]));
    const order = byCanary({ isKnownToBuild, expectedMs: ({ id }) => expected.get(id) ?? 0 });
    const open = ready.filter((entry) => !this.#isDelayed(entry)).sort((a, b) => order(a.job, b.job));
    for (const at of owing) {
      const entry = open.find((each) => !this.#placed.has(each) && this.#candidatesFor(each).at.includes(at));
      if (entry) this.#give(entry, at, this.#table.endMs(at, entry.expectedMs));
    }
  }

  /** Gives the job to the drone that ends it first, or lets it wait for that. True when it was given to one. */
  #choose(entry: BoardJob): boolean {
    const candidates = this.#candidatesFor(entry);
    if (candidates.isExhausted || candidates.at.length === 0) return false;
    const able = this.#preferred(entry, candidates.at);
    const best = this.#soonest(entry, able);
    if (best.free < 0) {
      if (able === candidates.at) candidates.isExhausted = true;
      return false;
    }
    const { waitSavesShare, waitSavesMs } = this.policy;
    const isWorthIt = best.freeEndMs - best.endMs > Math.max(waitSavesMs, waitSavesShare * entry.expectedMs);
    if (isWorthIt && this.#waiting.size < MAX_WAITS_PER_DRONE * this.view.fleet.length) {
      const inMs = this.#table.freeInMs[best.at] ?? 0;
      const [drone, instead] = [this.#nameOf(best.at), this.#nameOf(best.free)];
      this.#waiting.set(entry, {
        kind: 'waits-for',
        drone,
        inMs,
        instead,
        savesMs: best.freeEndMs - best.endMs,
      });
      this.#table.reserve(best.at, best.endMs);
      return false;
    }
    this.#give(entry, best.free, best.freeEndMs);
    return true;
  }

  #soonest(
    entry: BoardJob,
    able: readonly number[],
  ): { readonly at: number; readonly endMs: number; readonly free: number; readonly freeEndMs: number } {
    const { expectedMs } = entry;
    const seen = this.view.facts.builtOn(entry.job);
    let [at, endMs, free, freeEndMs] = [-1, Infinity, -1, Infinity];
    for (const each of able) {
      const isWarm = seen.size > 0 && seen.has(this.#nameOf(each));
      const end = this.#table.endMs(each, isWarm ? expectedMs * CACHE_GAIN : expectedMs);
      if (end < endMs) [at, endMs] = [each, end];
      if (end < freeEndMs && (this.#table.free[each] ?? 0) > 0) [free, freeEndMs] = [each, end];
    }
    return { at, endMs, free, freeEndMs };
  }

  #give(entry: BoardJob, at: number, endMs: number): void {
    const makeJobs = this.#makeJobs(entry, at);
    this.#placed.add(entry);
    this.#placements.push({ jobId: entry.job.id, drone: this.#nameOf(at) as DroneName, makeJobs });
    const found = this.view.fleet[at];
    this.#table.give(at, endMs, found !== undefined && owesCanary(found.drone));
  }

  /** A drone that failed this job is no choice while there is another one, be it busy (S26: if there is). */
  #preferred({ job }: BoardJob, able: readonly number[]): readonly number[] {
    if (job.failedOn.length === 0) return able;
    const untried = able.filter((at) => !job.failedOn.includes(this.#nameOf(at) as DroneName));
    return untried.length > 0 ? untried : able;
  }

  /** Drones that can build what a job asks for; one that lacks memory or disk only where all do (S26). */
  #candidatesFor({ job }: BoardJob): Candidates {
    const need = this.view.facts.needOf(job);
    const key = `${need.memoryBytes} ${need.diskBytes} ${job.spec.profile}`;
    const known = this.#candidates.get(key);
    if (known) return known;
    const able = this.view.fleet.flatMap((each, at) =>
      obstacle(job, each, this.view.facts, this.now) === undefined ? [at] : [],
    );
    const ample = able.filter((at) => {
      const each = this.view.fleet[at];
      return each !== undefined && shortage(each, need) === undefined;
    });
    const made = { at: ample.length > 0 ? ample : able, need, isExhausted: false };
    this.#candidates.set(key, made);
    return made;
  }

  /** The share of the cores that is really there: all of them for a job that nobody is waiting behind. */
  #makeJobs({ job }: BoardJob, at: number): number {
    const capabilities = this.view.fleet[at]?.drone.capabilities;
    if (!capabilities) return 1;
    const { cores, slots, memoryBytes } = capabilities;
    const isQuiet = this.#ready < this.#table.openSlots;
    const sharers = isQuiet ? (this.#table.held[at] ?? 0) + 1 : slots;
    const byCores = Math.floor(cores / Math.max(1, Math.min(sharers, slots)));
    const byMemory = Math.floor(memoryBytes / slots / this.policy.bytesPerMakeJob);
    const { timesOutOfMemory } = this.view.facts.needOf(job);
    return narrowed(Math.max(1, Math.min(byCores, Math.max(1, byMemory))), timesOutOfMemory);
  }

  #nameOf(at: number): string {
    return this.view.fleet[at]?.drone.name ?? '';
  }
}

function leastServed(queues: readonly Queue[]): Queue | undefined {
  let least: Queue | undefined;
  for (const queue of queues) {
    if (queue.ready.size > 0 && (least === undefined || queue.servedMs < least.servedMs)) least = queue;
  }
  return least;
}
