import { shortestCycle } from './dependency-graph.js';
import { findingOf, type Finding } from './finding.js';
import type { PackageGraph } from './package-graph.js';
import type { PlanDocument, PlanProblem, Remedy } from './plan-document.js';
import type { Scheduled } from './schedule-steps.js';
import type { WorkGraph } from './work-graph.js';

/** Packages that one sentence names; the rest is counted. */
const MAX_NAMED = 8;

export interface Outcome {
  readonly document: PlanDocument;
  readonly graph: PackageGraph;
  readonly work: WorkGraph;
  readonly scheduled: Scheduled;
  readonly digest: (text: string) => string;
}

/**
 * What people must know of a plan: Portage's problems (of cycles only those that nothing opened), what is no package,
 * and what is left out because of all that.
 */
export function findingsOf(outcome: Outcome): Finding[] {
  const { document, graph, work, digest } = outcome;
  const problems = document.problems.filter(({ kind }) => kind !== 'circular');
  const cycles = work.stuck.map((members) => closedCycle(members, outcome));
  return [
    ...[...problems, ...graph.problems].map((problem) => findingOf(digest, problem)),
    ...cycles.map((problem) => findingOf(digest, problem, problem.packages)),
    ...leftOut(outcome).map((problem) => findingOf(digest, problem, ['left-out'])),
  ];
}

/** A cycle that no change which is allowed opens: its members, who needs whom, and what Portage suggests. */
function closedCycle(members: readonly number[], { document, graph }: Outcome): PlanProblem {
  const sorted = [...members].sort((a, b) => a - b);
  const inside = new Set(sorted);
  const local = graph.nodes.map(({ build, run }, node) =>
    inside.has(node) ? [...build, ...run].filter((child) => inside.has(child)) : [],
  );
  const cycle = shortestCycle(local, sorted[0] ?? -1);
  const cpvOf = (node: number): string => graph.nodes[node]?.cpv ?? '';
  const way = cycle.map((node, i) => {
    const next = cycle[(i + 1) % cycle.length] ?? node;
    return `${cpvOf(node)} needs ${cpvOf(next)} ${howNeeded(graph, node, next)}`;
  });
  const packages = sorted.map(cpvOf);
  const remedies = suggestionsFor(packages, document);
  const names = named(packages);
  const text = `${names} need each other before they can be built, and no USE change that is allowed opens the cycle${
    way.length === 0 ? '' : `: ${way.join('; ')}`
  }`;
  return { kind: 'circular', text, packages, parents: [], remedies };
}

function howNeeded({ nodes }: PackageGraph, from: number, to: number): string {
  return nodes[from]?.build.includes(to) === true ? 'to be built' : 'at run time';
}

function suggestionsFor(packages: readonly string[], { problems }: PlanDocument): readonly Remedy[] {
  return problems
    .filter(
      ({ kind, packages: named_ }) => kind === 'circular' && named_.some((cpv) => packages.includes(cpv)),
    )
    .flatMap(({ remedies }) => remedies);
}

/** What is not planned although nothing is wrong with it. */
function leftOut({ document, graph, work, scheduled }: Outcome): PlanProblem[] {
  const causes = new Set([
    ...document.problems.filter(({ kind }) => kind !== 'circular').flatMap(({ packages }) => packages),
    ...work.stuck.flat().map((node) => graph.nodes[node]?.cpv ?? ''),
  ]);
  const packages = [...scheduled.leftOut]
    .map((node) => graph.nodes[node]?.cpv ?? '')
    .filter((cpv) => !causes.has(cpv));
  if (packages.length === 0) return [];
  const missing = [...causes].filter((cpv) => graph.nodes.some((node) => node.cpv === cpv));
  const text = `${named(packages)} cannot be built without ${named(missing)}`;
  return [{ kind: 'left-out', text, packages, parents: [], remedies: [] }];
}

function named(packages: readonly string[]): string {
  const shown = packages.slice(0, MAX_NAMED).join(', ');
  return packages.length <= MAX_NAMED ? shown : `${shown} and ${packages.length - MAX_NAMED} more`;
}
