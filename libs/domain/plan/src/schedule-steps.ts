import { reachable, reversed } from './dependency-graph.js';
import type { BuildInputs } from './build-inputs.js';
import type { WorkGraph } from './work-graph.js';

/** A build that can be done. */
export interface ScheduledJob {
  /** Its step in the work graph. */
  readonly step: number;
  readonly criticalPath: number;
}

export interface Scheduled {
  /** Each after what it needs. */
  readonly jobs: readonly ScheduledJob[];
  /** Steps "usable" of all that is installed before a job's step; each after what it needs itself. */
  readonly needsOf: (step: number) => readonly number[];
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
  const { steps, order } = work;
  const isJob = steps.map(({ node, builds, standIn }) => {
    if (!builds) return false;
    return standIn ? standIn.kind === 'bootstrap' && !facts.isBuilt(standIn.inputs) : facts.mustBeBuilt(node);
  });
  const hopeless = stuckSteps(work, facts.impossible);
  const paths = longestChains(work, isJob);
  const possible = (step: number): boolean => isJob[step] === true && hopeless[step] === 0;
  const used = usedStages(work, possible);
  const jobs: ScheduledJob[] = [];
  for (const step of order) {
    if (!possible(step) || (steps[step]?.standIn && used[step] === 0)) continue;
    jobs.push({ step, criticalPath: paths[step] ?? 1 });
  }
  const leftOut = new Set<number>();
  for (let node = 0; node < facts.size; node += 1) {
    if (facts.impossible.has(node) || (isJob[node] === true && hopeless[node] === 1)) leftOut.add(node);
  }
  const closure = new Closure(work);
  return { jobs, needsOf: (step) => closure.of(step), leftOut };
}

/** The steps that full builds wait for: a stage-1 build that only what stays stuck would have used is not worth it. */
function usedStages({ steps, edges, standIns }: WorkGraph, possible: (step: number) => boolean): Uint8Array {
  if (standIns.length === 0) return new Uint8Array(steps.length);
  const full = [...steps.keys()].filter((step) => possible(step) && !steps[step]?.standIn);
  return reachable(edges, full);
}

/** Every step that waits, however indirectly, for one that can never be done. */
function stuckSteps({ steps, edges, loops }: WorkGraph, impossible: ReadonlySet<number>): Uint8Array {
  const roots = loops.filter((loop) => loop.some((step) => steps[step]?.builds === true)).flat();
  if (impossible.size > 0) {
    for (const [step, { node }] of steps.entries()) if (impossible.has(node)) roots.push(step);
  }
  return roots.length === 0 ? new Uint8Array(steps.length) : reachable(reversed(edges), roots);
}

/** For each step the number of jobs on the longest chain of those that wait for it, itself included. */
function longestChains({ edges, order, loops }: WorkGraph, isJob: readonly boolean[]): Int32Array {
  const longest = new Int32Array(edges.length);
  const loopOf = new Map(loops.flatMap((loop) => loop.map((step) => [step, loop] as const)));
  const handDown = (step: number): void => {
    const here = longest[step] ?? 0;
    for (const needed of edges[step] ?? []) {
      if (here > (longest[needed] ?? 0)) longest[needed] = here;
    }
  };
  // What is needed comes first; so from the end, every chain is finished before it is handed down.
  for (let place = order.length - 1; place >= 0; place -= 1) {
    const step = order[place] ?? 0;
    const loop = loopOf.get(step);
    if (loop) {
      let here = 0;
      for (const each of loop) here = Math.max(here, longest[each] ?? 0);
      for (const each of loop) longest[each] = here + (isJob[each] === true ? 1 : 0);
      for (const each of loop) handDown(each);
      place -= loop.length - 1;
    } else {
      if (isJob[step] === true) longest[step] = (longest[step] ?? 0) + 1;
      handDown(step);
    }
  }
  return longest;
}

/** What must be installed before a build: everything usable that it reaches without passing another build. */
class Closure {
  readonly #seen: Int32Array;
  readonly #rank: Int32Array;
  #round = 0;

  constructor(private readonly work: WorkGraph) {
    this.#seen = new Int32Array(work.steps.length);
    this.#rank = new Int32Array(work.steps.length);
    for (let place = 0; place < work.order.length; place += 1) this.#rank[work.order[place] ?? 0] = place;
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
    found.sort((a, b) => (this.#rank[a] ?? 0) - (this.#rank[b] ?? 0));
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
