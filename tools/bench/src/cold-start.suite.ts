import { openDatabase } from '@swarm/adapter-postgres';
import type { StandingJob } from '@swarm/domain-job';
import { overlooked, WorkBoard } from '@swarm/domain-scheduling';

import { PROFILE, storePlan } from './ledger-jobs.js';
import { summaryOf, type Result } from './results.js';

const PLANS = 15;
const JOBS_OF_PLAN = 10_000;
const MAX_RUNS = 7;
const BYTES_PER_MIB = 1024 * 1024;
const POLICY = { maxFailures: 3, maxReclaims: 10 };
const UNKNOWN = { medianMs: 60_000, sigma: 1 };

/** What one start costs, in milliseconds unless it says otherwise. */
interface Start {
  readonly readMs: number;
  /** Reading included. */
  readonly boardMs: number;
  readonly mib: number;
  readonly scanMs: number;
}

/** A scheduler that starts: every job of every open plan, from a real Postgres, on its board; then its slow scan (Q12). */
export async function coldStartResults(databaseUrl: string, runs: number): Promise<readonly Result[]> {
  const filling = openDatabase({ url: databaseUrl, source: 'bench' });
  for (let plan = 0; plan < PLANS; plan += 1) await storePlan(filling, JOBS_OF_PLAN, 'waiting');
  const starts: Start[] = [];
  for (let run = 0; run < Math.min(runs, MAX_RUNS); run += 1) starts.push(await start(databaseUrl));
  // What follows measures a ledger with these jobs in it, but not as open ones.
  for (const open of await filling.plans.open()) {
    const found = open.value.profile === PROFILE ? await filling.plans.find(open.value.id) : undefined;
    if (!found) continue;
    const plan = { ...found.value, state: 'cancelled' as const, endedAt: new Date() };
    await filling.plans.save({ plan, expected: found.revision, newJobs: [], at: new Date(), outgoing: [] });
  }
  await filling.close();
  const figure = (name: string, unit: Result['unit'], of: (each: Start) => number): Result =>
    summaryOf({ name, unit }, starts.map(of));
  return [
    figure('cold start: 150,000 jobs of 15 plans read', 'ms', ({ readMs }) => readMs),
    figure('cold start: the same, read and put on the board', 'ms', ({ boardMs }) => boardMs),
    figure('cold start: heap of jobs and board', 'MiB', ({ mib }) => mib),
    figure('slow scan of 150,000 jobs against the ledger', 'ms', ({ scanMs }) => scanMs),
  ];
}

async function start(databaseUrl: string): Promise<Start> {
  await using database = openDatabase({ url: databaseUrl, source: 'bench' });
  globalThis.gc?.();
  const heapBefore = process.memoryUsage().heapUsed;
  const begin = performance.now();
  const jobs = await database.jobs.openJobs();
  const readMs = performance.now() - begin;
  const board = boardOf(jobs);
  const boardMs = performance.now() - begin;
  globalThis.gc?.();
  const mib = (process.memoryUsage().heapUsed - heapBefore) / BYTES_PER_MIB;
  if (board.size !== PLANS * JOBS_OF_PLAN) throw new Error(`${board.size} jobs were loaded`);
  const beginScan = performance.now();
  const late = overlooked(board).length;
  for (const [id, revision] of await database.jobs.openRevisions()) {
    if ((board.find(id)?.revision ?? 0) < revision) throw new Error(`job ${id} is not what it should be`);
  }
  const keys = jobs.map(({ value }) => value.spec.buildKey);
  const staged = await database.artifacts.staged(PROFILE, keys);
  const scanMs = performance.now() - beginScan;
  if (late + staged.length > 0) throw new Error('the scan found what is not there');
  return { readMs, boardMs, mib, scanMs };
}

function boardOf(jobs: readonly StandingJob[]): WorkBoard {
  const board = new WorkBoard(POLICY, () => UNKNOWN);
  for (let first = 0; first < jobs.length; first += JOBS_OF_PLAN) {
    const plan = jobs.slice(first, first + JOBS_OF_PLAN);
    const entries = plan.map(({ value: job, revision, since }) => ({
      ...{ job, revision, since, waits: job.spec.waits },
    }));
    board.addPlan(plan[0]?.value.spec.planId ?? '', entries, new Date());
  }
  return board;
}
