import type { Drone, DroneState } from '@swarm/domain-drone';
import { cpvOf } from '@swarm/domain-ebuild';
import {
  jobLifecycle,
  type AttemptId,
  type DroneName,
  type OpenJob,
  type JobEvent,
  type JobEventType,
  type JobId,
  type PlanId,
  type RetryPolicy,
  type Sha256,
} from '@swarm/domain-job';
import fc from 'fast-check';

import type { BoardJob, NewBoardJob } from './board-job.js';
import { nothingKnown, type FleetDrone, type PlacementFacts } from './fleet.js';
import type { Pause } from './pause.js';
import type { Prediction } from './prediction.js';
import type { PlacementView } from './place.js';
import { WorkBoard } from './work-board.js';

export const start = new Date('2026-01-01T00:00:00Z');
/** When questions are asked: some retries lie before it, some behind it. */
export const asked = new Date('2026-01-01T00:10:00Z');
const policy: RetryPolicy = { maxFailures: 2, maxReclaims: 3 };

export function newJob(plan: string, at: number, profile = 'lab'): OpenJob {
  return {
    id: `${plan}-${String(at).padStart(4, '0')}` as JobId,
    state: 'waiting',
    attempt: 0,
    failures: 0,
    reclaims: 0,
    failedOn: [],
    spec: {
      planId: plan as PlanId,
      profile,
      cpv: cpvOf(`${plan}/job${at}-1`),
      slot: '0/0',
      use: [],
      repository: 'lab',
      buildKey: `${plan} ${at}`,
      bootstrap: false,
      why: 'new',
      waits: [],
      criticalPath: 1,
    },
  };
}

/** A pause of everything, from the start on. */
export function newPause(over: Partial<Pause> = {}): Pause {
  const said = { author: 'anna', reason: 'the mirror moves' };
  return { id: 'p1', scope: { kind: 'swarm' }, ...said, since: start, until: asked, ...over };
}

export function fleetDrone(
  name: string,
  over: Partial<Drone> & { readonly slots?: number; readonly profile?: string } = {},
  about: Partial<FleetDrone> = {},
): FleetDrone {
  const { slots = 1, profile = 'lab', ...rest } = over;
  const capabilities = { executor: 'portage' as const, cores: 4, memoryBytes: 8e9, portageVersion: '3' };
  const vitals = { draining: false, load1: 0, freeDiskBytes: 1e11, freeMemoryBytes: 8e9 };
  const drone: Drone = {
    name,
    state: 'online',
    reason: '',
    incarnation: 'i',
    enrolledAt: start,
    capabilities: { profile, slots, ...capabilities },
    lastSign: { incarnation: 'i', sequence: 1, at: asked, attempts: [], ...vitals },
    grounding: null,
    badUpload: null,
    drain: null,
    ...rest,
  };
  return { drone, speed: 1, overheadMs: 1_000, otherWork: 0, ...about };
}

export const facts: PlacementFacts = {
  kindOf: () => 'portage',
  refusalOf: () => undefined,
  needOf: () => nothingKnown,
  isKnownToBuild: () => false,
  builtOn: () => new Set(),
};

const states: readonly DroneState[] = ['suspect', 'offline', 'grounded', 'probation', 'draining', 'retired'];

const anyDrone: fc.Arbitrary<
  Omit<FleetDrone, 'drone'> & { readonly over: Partial<Drone> & { slots: number; profile: string } }
> = fc.record({
  over: fc
    .record({
      state: fc.oneof(
        { weight: 4, arbitrary: fc.constant<DroneState>('online') },
        { weight: 2, arbitrary: fc.constantFrom(...states) },
      ),
      slots: fc.integer({ min: 1, max: 2 }),
      profile: fc.oneof(
        { weight: 5, arbitrary: fc.constant('lab') },
        { weight: 1, arbitrary: fc.constant('other') },
      ),
      upload: fc.constantFrom('good', 'good', 'good', 'bad', 'again'),
    })
    .map(({ upload, ...over }) => ({
      ...over,
      badUpload:
        upload === 'good'
          ? null
          : { until: new Date(asked.getTime() + (upload === 'bad' ? 60_000 : -1)), times: 1 },
    })),
  speed: fc.constantFrom(0.1, 0.5, 1, 4),
  overheadMs: fc.constantFrom(0, 5_000),
  otherWork: fc.constantFrom(0, 0, 0, 1),
});

const anyFacts: fc.Arbitrary<PlacementFacts> = fc
  .record({
    refuses: fc.constantFrom('', '', 'drone-0', 'drone-1'),
    needsMemory: fc.constantFrom(0, 0, 4e9, 99e9),
    kind: fc.constantFrom('portage', 'portage', 'portage', 'portage', 'synthetic', undefined),
  })
  .map(({ refuses, needsMemory, kind }): PlacementFacts => ({
    ...facts,
    kindOf: () => kind,
    refusalOf: (drone) => (drone === refuses ? 'its configuration is behind' : undefined),
    needOf: (job) => (job.id.endsWith('3') ? { ...nothingKnown, memoryBytes: needsMemory } : nothingKnown),
  }));

/** One thing that happens to a board: to whom, and what of all that could. */
export interface Turn {
  readonly pick: number;
  readonly dice: number;
}

const turn: fc.Arbitrary<Turn> = fc.record({
  // Unbiased: small numbers preferred would mean the same choices again and again.
  pick: fc.noBias(fc.nat()),
  dice: fc.noBias(fc.nat()),
});

export interface Sketch {
  readonly plans: readonly { readonly profile: string; readonly jobs: readonly (readonly number[])[] }[];
  readonly turns: readonly Turn[];
}

/** Plans, and what happens to them. */
export const anySketch: fc.Arbitrary<Sketch> = fc.record({
  plans: fc.array(
    fc.record({
      profile: fc.constantFrom('lab', 'lab', 'lab', 'other'),
      jobs: fc.array(fc.array(fc.noBias(fc.nat()), { maxLength: 3 }), { minLength: 1, maxLength: 10 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  turns: fc.array(turn, { maxLength: 40, size: 'max' }),
});

/** Boards in the middle of their work, over fleets in every state. */
export const anyView: fc.Arbitrary<PlacementView> = fc
  .record({ sketch: anySketch, drones: fc.array(anyDrone, { maxLength: 4 }), about: anyFacts })
  .map(({ sketch, drones, about }) => {
    const fleet = drones.map(({ over, ...rest }, at) => fleetDrone(`drone-${at}`, over, rest));
    const board = boardOf(sketch);
    for (const each of sketch.turns) take(board, each);
    return { board, fleet, facts: about };
  });

/** The board before anything happened. */
export function boardOf({ plans }: Sketch): WorkBoard {
  const board = new WorkBoard(policy, predict);
  for (const [index, { profile, jobs }] of plans.entries()) {
    const plan = `plan${index}`;
    const entries = jobs.map((needs, at): NewBoardJob => {
      const waits = at === 0 ? [] : [...new Set(needs.map((need) => need % at))];
      return { job: newJob(plan, at, profile), revision: 1, waits, since: start };
    });
    board.addPlan(plan, entries, start);
  }
  return board;
}

/** Some are giants, so that waiting for a fast drone pays. */
function predict({ id }: OpenJob): Prediction {
  return { medianMs: /[25689]$/.test(id) ? 3_600_000 : 60_000, sigma: 0.5 };
}

/** Ends a life early: taken rarely, or everything would be over before anything is asked. */
const rare: readonly JobEventType[] = [
  'quarantined-by-hand',
  'cancelled',
  'superseded',
  'failure-excused',
  'dependency-lost',
  'dependency-restored',
  'dependencies-published',
];

/** Lets it happen; does nothing where nothing is left that could. */
export function take(board: WorkBoard, { pick, dice }: Turn): void {
  const entries = [...board.plans.values()].flatMap(({ jobs }) => jobs);
  const movable = entries.filter(({ job }) => legal(job, dice).length > 0);
  const entry = movable[pick % Math.max(1, movable.length)];
  if (!entry) return;
  const types = legal(entry.job, dice);
  const type = types[Math.floor(dice / 8) % types.length];
  if (type) board.apply(entry.job.id, event(entry, type, dice), 'because', start);
}

/** What the board itself sees to is not done to it from outside. */
function legal(job: OpenJob, dice: number): readonly JobEventType[] {
  const all = Object.keys(jobLifecycle[job.state]) as JobEventType[];
  const lasting = all.filter((type) => !rare.includes(type));
  return dice % 8 === 0 ? all.filter((type) => !type.startsWith('depend')) : lasting;
}

function event({ job }: BoardJob, type: JobEventType, dice: number): JobEvent {
  const drone = `drone-${dice % 3}` as DroneName;
  const artifact = 'a'.repeat(64) as Sha256;
  const { attempt } = job;
  switch (type) {
    case 'delegated':
      return { type, attemptId: `${job.id}-${attempt + 1}` as AttemptId, drone };
    case 'attempt-failed': {
      const retryAt = new Date(asked.getTime() + (dice % 2 === 0 ? 60_000 : -60_000));
      return { type, attempt, drone, reason: 'it failed', counts: dice % 3 > 0, retryAt };
    }
    case 'attempt-reclaimed':
      return { type, attempt, reason: 'lost' };
    case 'attempt-resumed':
      return { type, attempt, attemptId: `${job.id}-${attempt}` as AttemptId, drone };
    case 'artifact-received':
    case 'artifact-published':
      return { type, artifact };
    case 'failure-excused':
      return { type, drone };
    case 'quarantined-by-hand':
      return { type, reason: 'a person said so' };
    case 'dependency-lost':
      return { type, cpv: job.spec.cpv };
    case 'dependencies-published':
    case 'dependency-restored':
    case 'quarantine-released':
    case 'superseded':
    case 'cancelled':
      return { type };
  }
}
