import type { Drone } from '@swarm/domain-drone';
import type { JobId, OpenJob, PlanId, Sha256 } from '@swarm/domain-job';
import {
  nothingKnown,
  place,
  WorkBoard,
  type FleetDrone,
  type NewBoardJob,
  type PlacementView,
} from '@swarm/domain-scheduling';

import { compare, type Result } from './results.js';

const READY = 35_000;
const DRONES = 1_000;
const JOBS = 170_000;
/** Jobs that wait for one of the jobs whose publication is timed. */
const DEPENDENTS = 10;
const EVENTS = 200;
const PLANS = 4;
/** Drones of four kinds, or each with a speed and a way to the binhost of its own, as they are measured. */
type Speeds = 'four' | 'different';

const NOW = new Date('2026-01-01T00:00:00Z');

/** What the scheduler decides, in memory: a round of placement, and what one event costs. */
export function placementResults(runs: number): readonly Result[] {
  const full = viewOf(READY, 0);
  const busy = viewOf(READY, DRONES - 1);
  const different = viewOf(READY, 0, 'different');
  const half = viewOf(READY, DRONES / 2, 'different');
  const roots = Math.floor(JOBS / PLANS / (1 + DEPENDENTS));
  const board = boardOf(JOBS, (at) => (at < roots ? [] : [at % roots]));
  let next = 0;
  const publications = (): void => {
    for (const end = next + EVENTS; next < end; next += 1) publish(board, next % roots);
  };
  return [
    compare(`placement: ${READY} runnable jobs, ${DRONES} free drones`, runs, {
      own: () => place(full, NOW),
    }),
    compare('placement: the same, one drone of them free', runs, { own: () => place(busy, NOW) }),
    compare('placement: the same, each drone with a speed of its own', runs, {
      own: () => place(different, NOW),
    }),
    compare('placement: the same, half of those free', runs, { own: () => place(half, NOW) }),
    compare(`board: ${EVENTS} publications of ${JOBS} jobs, ${DEPENDENTS} dependents each`, runs, {
      own: publications,
    }),
    compare(`board: ${JOBS} jobs put on it`, 1, { own: () => boardOf(JOBS, () => []) }),
  ];
}

function viewOf(ready: number, busy: number, speeds: Speeds = 'four'): PlacementView {
  const board = boardOf(ready, () => []);
  const jobs = [...board.plans.values()].flatMap((lane) => [...lane.jobs]);
  const fleet = Array.from({ length: DRONES }, (_unused, i) => droneOf(i, speeds));
  for (let i = 0; i < busy; i += 1) {
    const job = jobs[i]?.job;
    if (!job) continue;
    const event = { type: 'delegated' as const, attemptId: `a${i}` as never, drone: `drone-${i}` as never };
    board.apply(job.id, event, 'bench', NOW);
  }
  return {
    ...{ board, fleet },
    facts: {
      kindOf: () => 'portage',
      refusalOf: () => undefined,
      needOf: () => nothingKnown,
      isKnownToBuild: () => true,
      builtOn: () => NOWHERE,
    },
  };
}

const NOWHERE: ReadonlySet<string> = new Set();

function boardOf(size: number, waitsOf: (at: number) => readonly number[]): WorkBoard {
  const board = new WorkBoard({ maxFailures: 3, maxReclaims: 10 }, ({ id }) => ({
    medianMs: 1000 * (1 + (hashOf(id) % 997)),
    sigma: 0.5,
  }));
  const each = size / PLANS;
  for (let plan = 0; plan < PLANS; plan += 1) {
    const jobs = Array.from({ length: each }, (_unused, at): NewBoardJob => {
      const waits = waitsOf(at);
      return { job: jobOf(plan, at), revision: 1, waits, since: NOW };
    });
    board.addPlan(`plan-${plan}`, jobs, NOW);
  }
  return board;
}

/** A job of the first plan that waits for nothing is given out, built and published. */
function publish(board: WorkBoard, at: number): void {
  const id = `0-${at}` as JobId;
  const artifact = 'f'.repeat(64) as Sha256;
  board.apply(id, { type: 'artifact-received', artifact }, 'bench', NOW);
  board.apply(id, { type: 'artifact-published', artifact }, 'bench', NOW);
}

/** One literal each, as a row of the ledger becomes a job: what is put together by spreading is several times as large. */
function jobOf(plan: number, at: number): OpenJob {
  return {
    id: `${plan}-${at}` as JobId,
    state: 'waiting',
    attempt: 0,
    failures: 0,
    reclaims: 0,
    failedOn: [],
    spec: {
      planId: `plan-${plan}` as PlanId,
      profile: 'bench',
      cpv: `bench/p${at}-1` as never,
      slot: '0',
      use: [],
      repository: 'bench',
      buildKey: `${plan}-${at}`,
      bootstrap: false,
      why: 'new',
      waits: [],
      criticalPath: 1,
    },
  };
}

function droneOf(i: number, speeds: Speeds): FleetDrone {
  const name = `drone-${i}`;
  const drone: Drone = {
    ...{ name, state: 'online', reason: '', incarnation: name, enrolledAt: NOW },
    capabilities: {
      ...{ profile: 'bench', executor: 'portage', slots: 1, cores: 4 },
      ...{ memoryBytes: 16 * 1024 ** 3, portageVersion: '3' },
    },
    lastSign: {
      ...{ incarnation: name, sequence: 1, at: NOW, attempts: [], draining: false, load1: 0 },
      ...{ freeDiskBytes: 1e12, freeMemoryBytes: 1e10 },
    },
    ...{ grounding: null, badUpload: null, drain: null },
  };
  const isMeasured = speeds === 'different';
  const speed = isMeasured ? 0.4 + (1.2 * hashOf(name)) / 2 ** 32 : ([1, 0.5, 0.85, 1.4][i % 4] ?? 1);
  return { drone, speed, overheadMs: isMeasured ? hashOf(`${name}+`) % 10_000 : 0, otherWork: 0 };
}

function hashOf(text: string): number {
  let hash = 7;
  for (let i = 0; i < text.length; i += 1) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) >>> 0;
  return hash;
}
