import { openDatabase } from '@swarm/adapter-postgres';

import { PROFILE, storePlan } from './ledger-jobs.js';
import { summaryOf, type Result } from './results.js';

const PLANS = 15;
const JOBS_OF_PLAN = 10_000;
const MAX_RUNS = 7;
const BYTES_PER_MIB = 1024 * 1024;

/** A scheduler that starts: every job of every open plan, from a real Postgres, as values in memory (Q12). */
export async function coldStartResults(databaseUrl: string, runs: number): Promise<readonly Result[]> {
  const filling = openDatabase({ url: databaseUrl, source: 'bench' });
  for (let plan = 0; plan < PLANS; plan += 1) await storePlan(filling, JOBS_OF_PLAN, 'waiting');
  const starts: { readonly ms: number; readonly mib: number }[] = [];
  for (let run = 0; run < Math.min(runs, MAX_RUNS); run += 1) starts.push(await start(databaseUrl));
  // What follows measures a ledger with these jobs in it, but not as open ones.
  for (const open of await filling.plans.open()) {
    const found = open.value.profile === PROFILE ? await filling.plans.find(open.value.id) : undefined;
    if (!found) continue;
    const plan = { ...found.value, state: 'cancelled' as const, endedAt: new Date() };
    await filling.plans.save({ plan, expected: found.revision, newJobs: [], at: new Date(), outgoing: [] });
  }
  await filling.close();
  return [
    summaryOf(
      { name: 'cold start: 150,000 jobs of 15 plans loaded', unit: 'ms' },
      starts.map(({ ms }) => ms),
    ),
    summaryOf(
      { name: 'cold start: heap of these jobs', unit: 'MiB' },
      starts.map(({ mib }) => mib),
    ),
  ];
}

async function start(databaseUrl: string): Promise<{ readonly ms: number; readonly mib: number }> {
  await using database = openDatabase({ url: databaseUrl, source: 'bench' });
  globalThis.gc?.();
  const heapBefore = process.memoryUsage().heapUsed;
  const begin = performance.now();
  const jobs = await database.jobs.openJobs();
  const ms = performance.now() - begin;
  globalThis.gc?.();
  const mib = (process.memoryUsage().heapUsed - heapBefore) / BYTES_PER_MIB;
  if (jobs.length !== PLANS * JOBS_OF_PLAN) throw new Error(`${jobs.length} jobs were loaded`);
  return { ms, mib };
}
