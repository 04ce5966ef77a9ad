import type { BoardJob } from './board-job.js';

/**
 * Gives each job the expected time of the longest chain of dependents behind it, itself included.
 * `jobs` has each job after all that it waits for. Published ones are over, and add nothing.
 */
export function rank(jobs: readonly BoardJob[]): void {
  for (let at = jobs.length - 1; at >= 0; at -= 1) {
    const entry = jobs[at];
    if (!entry) continue;
    let behind = 0;
    for (const dependent of entry.dependents) if (dependent.rankMs > behind) behind = dependent.rankMs;
    entry.rankMs = (entry.job.state === 'published' ? 0 : entry.expectedMs) + behind;
  }
}
