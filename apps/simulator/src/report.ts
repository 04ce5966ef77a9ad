import Table from 'cli-table3';

import type { History } from './history-of-swarm.js';
import { criticalPathMs, lowerBoundMs, workMs, type WorldDrone, type WorldGraph } from './world.js';

/** What one simulation came to. Times in milliseconds, shares in 0 to 1. */
export interface Report {
  readonly seed: number;
  readonly policy: string;
  readonly makespanMs: number;
  readonly lowerBoundMs: number;
  readonly ratio: number;
  /** Share of the slots' time, until the end, in which something was built. */
  readonly utilisation: number;
  /** Share of the time spent building that brought no artifact. */
  readonly wasted: number;
  /** Attempts for each artifact. */
  readonly churn: number;
  /** How much longer than its fair share the worst plan took; 1 is fair. */
  readonly fairness: number;
  readonly published: number;
  readonly quarantined: number;
  readonly blocked: number;
  readonly events: number;
  readonly violations: readonly string[];
}

export function reportOf(
  history: History,
  { graphs, fleet }: { readonly graphs: readonly WorldGraph[]; readonly fleet: readonly WorldDrone[] },
  { seed, policy }: Pick<Report, 'seed' | 'policy'>,
): Report {
  const { makespanMs, bars, published, quarantined, blocked, events, violations } = history;
  const bound = lowerBoundMs(graphs, fleet);
  const spent = (isMeant: (outcome: string) => boolean): number =>
    bars.reduce((sum, { outcome, startMs, endMs }) => sum + (isMeant(outcome) ? endMs - startMs : 0), 0);
  const busy = spent(() => true);
  const slots = fleet.reduce((sum, drone) => sum + drone.slots, 0);
  const fair = fairEndsMs(graphs, fleet);
  return {
    ...{ seed, policy, makespanMs, lowerBoundMs: bound, ratio: makespanMs / bound },
    utilisation: makespanMs === 0 ? 0 : busy / (slots * makespanMs),
    wasted: busy === 0 ? 0 : spent((outcome) => outcome !== 'built') / busy,
    churn: published === 0 ? 0 : bars.length / published,
    fairness: Math.max(...history.planEndsMs.map((end, plan) => end / (fair[plan] ?? end))),
    ...{ published, quarantined, blocked, events, violations },
  };
}

/**
 * When each plan would end if the fleet were shared out evenly at every moment among the plans that have work left;
 * no plan is sooner than its longest chain on the fastest drone.
 */
export function fairEndsMs(graphs: readonly WorldGraph[], fleet: readonly WorldDrone[]): number[] {
  const capacity = fleet.reduce((sum, { speed, slots }) => sum + speed * slots, 0);
  const fastest = Math.max(...fleet.map(({ speed }) => speed));
  const works = graphs.map(workMs);
  return graphs.map((graph, plan) => {
    const own = works[plan] ?? 0;
    const shared = works.reduce((sum, work) => sum + Math.min(work, own), 0);
    return Math.max(shared / capacity, criticalPathMs(graph) / fastest);
  });
}

const hours = (ms: number): string => (ms / 3_600_000).toFixed(2);
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Reports as a table, one line each. */
export function printReports(reports: readonly Report[]): string {
  const table = new Table({
    head: [
      'policy',
      'seed',
      'hours',
      'bound',
      'ratio',
      'used',
      'wasted',
      'churn',
      'fairness',
      'built',
      'events',
    ],
    style: { head: [] },
  });
  for (const each of reports) {
    table.push([
      ...[each.policy, each.seed, hours(each.makespanMs), hours(each.lowerBoundMs), each.ratio.toFixed(3)],
      ...[percent(each.utilisation), percent(each.wasted), each.churn.toFixed(2), each.fairness.toFixed(2)],
      ...[`${each.published} (${each.quarantined} quarantined, ${each.blocked} blocked)`, each.events],
    ]);
  }
  return `${table.toString()}\n`;
}
