import { assignmentResults } from './assignment.suite.js';
import { startBenchServers } from './bench-servers.js';
import { claimResults } from './claim.suite.js';
import { coldStartResults } from './cold-start.suite.js';
import { placementResults } from './placement.suite.js';
import type { Result, Suite } from './results.js';

/** What is measured in memory alone, without servers; each part is a suite of its own. */
const inMemory: readonly Suite[] = [placementResults];

/** The scheduler: what it decides, in memory, and what becomes of it in a ledger and at the drones, on real servers. */
export async function schedulerSuite(runs: number): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const suite of inMemory) results.push(...(await suite(runs)));
  await using servers = await startBenchServers();
  results.push(...(await coldStartResults(servers.databaseUrl, runs)));
  results.push(...(await assignmentResults(servers, runs)));
  results.push(...(await claimResults(servers, runs)));
  return results;
}
