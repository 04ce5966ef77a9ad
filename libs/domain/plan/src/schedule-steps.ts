import { stronglyConnected, reachable, reversed } from './dependency-graph.js';
import type { BuildInputs } from './build-inputs.js';
import type { WorkGraph } from './work-graph.js';

/** A build that can be done. */
export interface ScheduledJob {
  /** Its step in the work graph. */
  readonly step: number;
  /** Steps "usable" of all that is installed before; each after what it needs itself. Computed when it is asked for. */
  readonly needs: () => readonly number[];
  readonly criticalPath: number;
}

export interface Scheduled {
  readonly jobs: readonly ScheduledJob[];
  /** Nodes whose full build cannot be done: members of cycles that stay closed, impossible ones, and all that need them. */
  readonly leftOut: ReadonlySet<number>;
}

export interface SchedulingFacts {
  /** Number of nodes; the full build of node n is step n. */
  readonly size: number;
  readonly mustBeBuilt: (node: number) => boolean;
  /** Nodes that cannot be built or used for a reason outside of the graph. */
  readonly impossible: ReadonlySet<number>;
  /** Whether the binhost has a stage-1 build of these inputs. */
  readonly isBuilt: (inputs: BuildInputs) => boolean;
}

/** Puts the builds of a work graph into an order, with what each needs and how much waits behind it. */
export function schedule(work: WorkGraph, facts: SchedulingFacts): Scheduled {
  const { steps, edges } = work;
  const groups = stronglyConnected(edges);
  const isJob = steps.map(({ node, builds, standIn }) => {
    if (!builds) return false;
    return standIn ? standIn.kind === 'bootstrap' && !facts.isBuilt(standIn.inputs) : facts.mustBeBuilt(node);
  });
  const hopeless = stuckSteps(work, groups, facts.impossible);
  const rank = new Int32Array(steps.length);
  for (const [place, step] of groups.flat().entries()) rank[step] = place;
  const paths = longestChains(edges, groups, isJob);
  const closure = new Closure(work, rank);
  const possible = (step: number): boolean => isJob[step] === true && hopeless[step] === 0;
  const used = usedStages(work, possible);
  const jobs = groups.flatMap((group) =>
    group
      .filter((step) => possible(step) && (!steps[step]?.standIn || used[step] === 1))
      .map((step) => ({ step, needs: () => closure.of(step), criticalPath: paths[step] ?? 1 })),
  );
  const leftOut = new Set<number>();
  for (let node = 0; node < facts.size; node += 1) {
    if (facts.impossible.has(node) || (isJob[node] === true && hopeless[node] === 1)) leftOut.add(node);
  }
  return { jobs, leftOut };
}

/** The steps that full builds wait for: a stage-1 build that only what stays stuck would have used is not worth it. */
function usedStages({ steps, edges, standIns }: WorkGraph, possible: (step: number) => boolean): Uint8Array {
  if (standIns.length === 0) return new Uint8Array(steps.length);
  const full = [...steps.keys()].filter((step) => possible(step) && !steps[step]?.standIn);
  return reachable(edges, full);
}

/** Every step that waits, however indirectly, for one that can never be done. */
function stuckSteps(
  { steps, edges }: WorkGraph,
  groups: readonly (readonly number[])[],
  impossible: ReadonlySet<number>,
): Uint8Array {
  const roots = groups
    .filter((group) => group.length > 1 && group.some((step) => steps[step]?.builds === true))
    .flat();
  if (impossible.size > 0) {
    for (const [step, { node }] of steps.entries()) if (impossible.has(node)) roots.push(step);
  }
  return roots.length === 0 ? new Uint8Array(steps.length) : reachable(reversed(edges), roots);
}

/** For each step the number of jobs on the longest chain of those that wait for it, itself included. */
function longestChains(
  edges: WorkGraph['edges'],
  groups: readonly (readonly number[])[],
  isJob: readonly boolean[],
): Int32Array {
  const longest = new Int32Array(edges.length);
  // Groups come after what they need; so from the end, every chain is finished before it is handed down.
  for (const group of groups.toReversed()) {
    let here = 0;
    for (const step of group) here = Math.max(here, longest[step] ?? 0);
    for (const step of group) longest[step] = here + (isJob[step] === true ? 1 : 0);
    for (const step of group) {
      for (const needed of edges[step] ?? []) {
        longest[needed] = Math.max(longest[needed] ?? 0, longest[step] ?? 0);
      }
    }
  }
  return longest;
}

/** What must be installed before a build: everything usable that it reaches without passing another build. */
class Closure {
  readonly #seen: Int32Array;
  #round = 0;

  constructor(
    private readonly work: WorkGraph,
    private readonly rank: Int32Array,
  ) {
    this.#seen = new Int32Array(work.steps.length);
  }

  of(build: number): number[] {
    const { steps, edges } = this.work;
    this.#round += 1;
    const found: number[] = [];
    const stack = [...(edges[build] ?? [])];
    for (let step = stack.pop(); step !== undefined; step = stack.pop()) {
      if (this.#seen[step] === this.#round || steps[step]?.builds === true) continue;
      this.#seen[step] = this.#round;
      found.push(step);
      for (const next of edges[step] ?? []) if (this.#seen[next] !== this.#round) stack.push(next);
    }
    found.sort((a, b) => (this.rank[a] ?? 0) - (this.rank[b] ?? 0));
    return this.#distinct(found);
  }

  /** One build of each package: the full one where both it and its stand-in are asked for. */
  #distinct(found: readonly number[]): number[] {
    const { steps } = this.work;
    if (!found.some((step) => steps[step]?.standIn)) return this.#oncePerNode(found);
    const full = new Set(found.flatMap((step) => (steps[step]?.standIn ? [] : [steps[step]?.node])));
    return this.#oncePerNode(found.filter((step) => !steps[step]?.standIn || !full.has(steps[step].node)));
  }

  /** A member of a component is usable twice, inside and outside of it; it is one artifact. */
  #oncePerNode(found: readonly number[]): number[] {
    const nodes = new Set<number>();
    return found.filter((step) => {
      const node = this.work.steps[step]?.node ?? -1;
      if (nodes.has(node)) return false;
      nodes.add(node);
      return true;
    });
  }
}
