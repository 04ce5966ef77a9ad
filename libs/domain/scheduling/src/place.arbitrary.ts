import { byCanary, narrowed } from '@swarm/domain-blame';
import { owesCanary, workLimit, type Drone, type DroneState } from '@swarm/domain-drone';
import type { AttemptId, DroneName, JobEvent, JobId, OpenJob } from '@swarm/domain-job';
import fc from 'fast-check';

import type { BoardJob, NewBoardJob } from './board-job.js';
import { nothingKnown, type FleetDrone, type PlacementFacts, type ResourceNeed } from './fleet.js';
import { obstacle, shortage } from './obstacle.js';
import { isStanding } from './pause.js';
import { defaultPlacement, type Placement, type PlacementPolicy, type PlacementView } from './place.js';
import { expectedTotalMs, type Prediction } from './prediction.js';
import { asked, facts, fleetDrone, newJob, newPause, start } from './why.arbitrary.js';
import { WorkBoard } from './work-board.js';

/** What is known of one drone while the model places. */
interface Standing {
  readonly each: FleetDrone;
  readonly name: DroneName;
  free: number;
  held: number;
  freeInMs: number;
}

/** A round as it could be written without thinking of time: every job is compared with every drone. */
export function exhaustivePlace(
  view: PlacementView,
  now: Date,
  policy: PlacementPolicy = defaultPlacement,
): readonly Placement[] {
  return new ExhaustiveRound(view, now, policy).run();
}

class ExhaustiveRound {
  readonly #fleet: readonly Standing[];
  readonly #placements: Placement[] = [];
  readonly #placed = new Set<BoardJob>();
  #waiting = 0;
  #left = 0;

  constructor(
    private readonly view: PlacementView,
    private readonly now: Date,
    private readonly policy: PlacementPolicy,
  ) {
    this.#fleet = view.fleet.map((each) => this.#standing(each));
  }

  run(): readonly Placement[] {
    const lanes = [...this.view.board.plans.values()].filter(({ plan }) => {
      const pause = this.view.pauseOf?.(plan);
      return pause === undefined || !isStanding(pause, this.now);
    });
    this.#giveCanaries(lanes.flatMap((lane) => [...lane.ready]));
    if (this.#openSlots() <= 0) return this.#placements;
    const queues = lanes.map(({ ready, servedMs }) => {
      return { servedMs, ready: [...ready].sort((a, b) => this.#order(a, b)) };
    });
    this.#left = queues.reduce((sum, { ready }) => sum + ready.length, 0);
    while (this.#openSlots() > 0) {
      const open = queues.filter(({ ready }) => ready.length > 0);
      const queue = open.find(({ servedMs }) => open.every((other) => servedMs <= other.servedMs));
      const entry = queue?.ready.shift();
      if (!queue || !entry) break;
      this.#left -= 1;
      if (this.#placed.has(entry) || this.#isDelayed(entry)) continue;
      if (this.#choose(entry)) queue.servedMs += entry.expectedMs;
    }
    return this.#placements;
  }

  #standing(each: FleetDrone): Standing {
    const running = this.view.board.heldBy(each.drone.name);
    const held = running.size + each.otherWork;
    const free = Math.max(0, workLimit(each.drone, this.now).atMost - held);
    const ends = [...running].map(({ prediction, since }) => {
      const done = Math.max(0, this.now.getTime() - since.getTime()) * each.speed;
      return (expectedTotalMs(prediction, done) - done) / each.speed;
    });
    const freeInMs = free > 0 || ends.length === 0 ? 0 : Math.min(...ends);
    return { each, name: each.drone.name as DroneName, free, held, freeInMs };
  }

  #openSlots(): number {
    return this.#fleet.reduce((sum, { each, free }) => sum + (owesCanary(each.drone) ? 0 : free), 0);
  }

  #order(a: BoardJob, b: BoardJob): number {
    const urgency = ({ rankMs, since }: BoardJob): number => rankMs - this.policy.ageing * since.getTime();
    return urgency(b) - urgency(a) || (a.job.id < b.job.id ? -1 : 1);
  }

  #isDelayed({ job }: BoardJob): boolean {
    return job.state === 'needed' && job.notBefore !== null && job.notBefore > this.now;
  }

  #giveCanaries(ready: readonly BoardJob[]): void {
    const expectedMs = ({ id }: OpenJob): number => this.view.board.find(id)?.expectedMs ?? 0;
    const order = byCanary({ isKnownToBuild: this.view.facts.isKnownToBuild, expectedMs });
    const open = ready.filter((entry) => !this.#isDelayed(entry)).sort((a, b) => order(a.job, b.job));
    for (const drone of this.#fleet.filter(({ each, free }) => owesCanary(each.drone) && free > 0)) {
      const entry = open.find((each) => !this.#placed.has(each) && this.#candidates(each).includes(drone));
      if (entry) this.#give(entry, drone, this.#endMs(drone, entry.expectedMs));
    }
  }

  #candidates({ job }: BoardJob): readonly Standing[] {
    const { facts: known } = this.view;
    const able = this.#fleet.filter(({ each }) => obstacle(job, each, known, this.now) === undefined);
    const ample = able.filter(({ each }) => shortage(each, known.needOf(job)) === undefined);
    return ample.length > 0 ? ample : able;
  }

  #choose(entry: BoardJob): boolean {
    const candidates = this.#candidates(entry);
    const untried = candidates.filter(({ name }) => !entry.job.failedOn.includes(name));
    const able = (untried.length > 0 ? untried : candidates).map((drone) => {
      const isWarm = this.view.facts.builtOn(entry.job).has(drone.name);
      return { drone, endMs: this.#endMs(drone, entry.expectedMs * (isWarm ? 0.95 : 1)) };
    });
    // Sorting keeps the order of the fleet among equals.
    able.sort((a, b) => a.endMs - b.endMs);
    const [best] = able;
    const free = able.find(({ drone }) => drone.free > 0);
    if (!best || !free) return false;
    const least = Math.max(this.policy.waitSavesMs, this.policy.waitSavesShare * entry.expectedMs);
    if (free.endMs - best.endMs > least && this.#waiting < 4 * this.#fleet.length) {
      this.#waiting += 1;
      best.drone.freeInMs = best.endMs;
      return false;
    }
    this.#give(entry, free.drone, free.endMs);
    return true;
  }

  #endMs({ each, freeInMs }: Standing, expectedMs: number): number {
    return freeInMs + each.overheadMs + expectedMs / each.speed;
  }

  #give(entry: BoardJob, drone: Standing, endMs: number): void {
    const { cores, slots, memoryBytes } = drone.each.drone.capabilities;
    const isQuiet = this.#left < this.#openSlots();
    const byCores = Math.floor(cores / Math.min(isQuiet ? drone.held + 1 : slots, slots));
    const byMemory = Math.floor(memoryBytes / slots / this.policy.bytesPerMakeJob);
    const width = Math.max(1, Math.min(byCores, Math.max(1, byMemory)));
    const makeJobs = narrowed(width, this.view.facts.needOf(entry.job).timesOutOfMemory);
    this.#placements.push({ jobId: entry.job.id, drone: drone.name, makeJobs });
    this.#placed.add(entry);
    drone.free -= 1;
    drone.held += 1;
    if (drone.free <= 0) drone.freeInMs = endMs;
  }
}

/** What one job of the generated boards is like. */
interface JobSketch {
  readonly minutes: number;
  readonly sinceMin: number;
  /** Drones that failed it, one after the other. */
  readonly failedOn: readonly number[];
  readonly retryInMs: number;
  /** Drone that is building it; none where it is ready. */
  readonly on: number;
  readonly need: ResourceNeed;
  readonly builtOn: readonly number[];
  readonly isKnown: boolean;
}

const rarely = <T>(usual: T, other: fc.Arbitrary<T>, weight = 1): fc.Arbitrary<T> =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(usual) }, { weight, arbitrary: other });

const anyNeed: fc.Arbitrary<ResourceNeed> = fc.record({
  memoryBytes: fc.constantFrom(0, 0, 6e9, 12e9, 99e9),
  diskBytes: fc.constantFrom(0, 0, 5e10, 9e15),
  timesOutOfMemory: fc.constantFrom(0, 1, 2),
});

/** Few lengths and few moments, so that there are ties; and some that are like no other. */
const anyJob: fc.Arbitrary<JobSketch> = fc.record({
  minutes: fc.oneof(fc.constantFrom(1, 1, 1, 60), fc.double({ min: 0.1, max: 300, noNaN: true })),
  sinceMin: fc.constantFrom(0, 0, 5),
  failedOn: rarely<readonly number[]>([], fc.array(fc.nat(5), { maxLength: 2 })),
  retryInMs: fc.constantFrom(-1, -1, 60_000),
  on: rarely(-1, fc.nat(5), 3),
  need: rarely(nothingKnown, anyNeed),
  builtOn: rarely<readonly number[]>([], fc.array(fc.nat(5), { minLength: 1, maxLength: 3 }), 5),
  isKnown: fc.boolean(),
});

const anyStanding: fc.Arbitrary<DroneState> = rarely<DroneState>(
  'online',
  fc.constantFrom('probation', 'grounded', 'offline', 'draining'),
);

const anyFleetDrone = (at: number): fc.Arbitrary<FleetDrone> =>
  fc
    .record({
      state: anyStanding,
      slots: fc.constantFrom(1, 1, 2, 3),
      cores: fc.constantFrom(1, 4, 16),
      memoryBytes: fc.constantFrom(1e9, 8e9, 16e9),
      profile: rarely('lab', fc.constant('other'), 2),
      badUpload: rarely<Drone['badUpload']>(null, fc.constant({ until: start, times: 1 })),
      speed: rarely(
        1,
        fc.oneof(fc.constantFrom(0.5, 1.04, 1.4), fc.double({ min: 0.1, max: 4, noNaN: true })),
        6,
      ),
      overheadMs: fc.constantFrom(0, 0, 0, 0, 5_000, 61_000),
      otherWork: rarely(0, fc.constant(1)),
    })
    .map(({ cores, memoryBytes, speed, overheadMs, otherWork, ...over }) => {
      const made = fleetDrone(`drone-${at}`, over, { speed, overheadMs, otherWork });
      const capabilities = { ...made.drone.capabilities, cores, memoryBytes };
      return { ...made, drone: { ...made.drone, capabilities } };
    });

const anyFleet: fc.Arbitrary<readonly FleetDrone[]> = fc
  .oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 4, max: 9 }), fc.integer({ min: 4, max: 9 }))
  .chain((size) => fc.tuple(...Array.from({ length: size }, (_unused, at) => anyFleetDrone(at))));

const anyLane = fc.record({
  profile: rarely('lab', fc.constant('other'), 2),
  jobs: fc.array(anyJob, { maxLength: 12, size: 'max' }),
});

/** Boards full of ready jobs and work in progress, over fleets of unlike drones. */
export const anyRush: fc.Arbitrary<PlacementView> = fc
  .record({
    lanes: fc.array(anyLane, { minLength: 1, maxLength: 3 }),
    fleet: anyFleet,
    paused: rarely('', fc.constant('plan0')),
    refuses: rarely('', fc.constant('drone-1')),
  })
  .map(({ lanes, fleet, paused, refuses }): PlacementView => {
    const sketches = new Map<string, JobSketch>();
    for (const [plan, { jobs }] of lanes.entries()) {
      for (const [at, sketch] of jobs.entries()) sketches.set(newJob(`plan${plan}`, at).id, sketch);
    }
    const pause = newPause({ until: new Date(asked.getTime() + 1) });
    return {
      board: rushBoard(lanes, sketches),
      fleet,
      facts: rushFacts(sketches, refuses),
      pauseOf: (plan) => (plan === paused ? pause : undefined),
    };
  });

function rushFacts(sketches: ReadonlyMap<string, JobSketch>, refuses: string): PlacementFacts {
  return {
    ...facts,
    refusalOf: (drone) => (drone === refuses ? 'its configuration is behind' : undefined),
    needOf: ({ id }) => sketches.get(id)?.need ?? nothingKnown,
    isKnownToBuild: ({ id }) => sketches.get(id)?.isKnown === true,
    builtOn: ({ id }) => new Set((sketches.get(id)?.builtOn ?? []).map((at) => `drone-${at}`)),
  };
}

function rushBoard(
  lanes: readonly { readonly profile: string; readonly jobs: readonly JobSketch[] }[],
  sketches: ReadonlyMap<string, JobSketch>,
): WorkBoard {
  const predict = ({ id }: OpenJob): Prediction => {
    return { medianMs: (sketches.get(id)?.minutes ?? 1) * 60_000, sigma: 0.5 };
  };
  const board = new WorkBoard({ maxFailures: 9, maxReclaims: 9 }, predict);
  for (const [plan, { profile, jobs }] of lanes.entries()) {
    const entries = jobs.map((_sketch, at): NewBoardJob => {
      return { job: newJob(`plan${plan}`, at, profile), revision: 1, waits: [], since: start };
    });
    board.addPlan(`plan${plan}`, entries, start);
  }
  for (const [id, sketch] of sketches) bring(board, id as JobId, sketch);
  return board;
}

function bring(board: WorkBoard, id: JobId, { failedOn, on, sinceMin, retryInMs }: JobSketch): void {
  const at = new Date(start.getTime() + sinceMin * 60_000);
  const give = (drone: number): number => {
    const attempt = (board.find(id)?.job.attempt ?? 0) + 1;
    const event = { type: 'delegated', attemptId: `${id}-${attempt}` as AttemptId } as const;
    apply(board, id, { ...event, drone: `drone-${drone}` as DroneName }, at);
    return attempt;
  };
  for (const failed of failedOn) {
    const drone = `drone-${failed}` as DroneName;
    const event = { type: 'attempt-failed', attempt: give(failed), drone, reason: '', counts: true } as const;
    apply(board, id, { ...event, retryAt: new Date(asked.getTime() + retryInMs) }, at);
  }
  if (on >= 0) give(on);
}

function apply(board: WorkBoard, id: JobId, event: JobEvent, at: Date): void {
  const moved = board.apply(id, event, '', at);
  if (!moved.ok) throw new Error(`${event.type}: ${moved.error.kind}`);
}
