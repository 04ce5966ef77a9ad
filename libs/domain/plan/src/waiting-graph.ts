import { stronglyConnected } from './dependency-graph.js';
import type { CycleWorld, Opening, StandIn } from './stand-in.js';

/** One step of the work on a component. */
export interface Step {
  readonly node: number;
  /** True for "build it", false for "it is usable". */
  readonly builds: boolean;
  /** True when it speaks of the stand-in of the node. */
  readonly standIn: boolean;
}

/**
 * Who waits for whom inside one component, as a graph of steps: "build x", "x is usable", and for a package with a
 * stand-in also "build the stand-in" and "the full x is usable". Usable things may wait for each other (run-time
 * cycles are legal); a build that waits for itself can never begin.
 */
export class WaitingGraph {
  readonly edges: number[][];
  readonly #at = new Map<number, number>();
  readonly #standInAt = new Map<number, number>();
  readonly #standInNodes: readonly number[];
  readonly #size: number;

  constructor(
    readonly members: readonly number[],
    private readonly world: CycleWorld,
    private readonly opening: Opening,
  ) {
    this.#size = members.length;
    for (const [i, node] of members.entries()) this.#at.set(node, i);
    this.#standInNodes = [...opening.standIns.keys()];
    for (const [place, node] of this.#standInNodes.entries()) this.#standInAt.set(node, place);
    this.edges = Array.from({ length: 2 * this.#size + 2 * this.#standInAt.size }, () => []);
    for (const node of members) this.#connect(node);
  }

  /** Groups of members, as nodes, whose builds (full or stage-1) wait for themselves. */
  deadlocks(): number[][] {
    const found: number[][] = [];
    for (const group of stronglyConnected(this.edges)) {
      if (group.length < 2) continue;
      const stuck = group
        .map((number) => this.step(number))
        .flatMap(({ node, builds }) => (builds ? [node] : []));
      if (stuck.length > 0) found.push([...new Set(stuck)]);
    }
    return found;
  }

  /** What a step is: a build or a thing that is usable, of which node, full or as a stand-in. */
  step(number: number): Step {
    if (number < this.#size) return { node: this.members[number] ?? -1, builds: true, standIn: false };
    if (number < 2 * this.#size) {
      const node = this.members[number - this.#size] ?? -1;
      return { node, builds: false, standIn: this.#standInAt.has(node) };
    }
    const place = number - 2 * this.#size;
    const builds = place % 2 === 0;
    return { node: this.#standInNodes[place >> 1] ?? -1, builds, standIn: builds };
  }

  #connect(node: number): void {
    const { world, opening } = this;
    const at = this.#at.get(node) ?? 0;
    const inputs = world.inputs(node);
    if (world.mustBeBuilt(node)) {
      this.edges[at] = world.build(node).flatMap((child) => this.#usable(child, inputs));
    }
    const dropped = opening.dropped.get(node);
    const full = [...world.run(node), ...world.post(node)]
      .filter((child) => dropped?.has(child) !== true)
      .flatMap((child) => this.#usable(child, inputs));
    if (world.mustBeBuilt(node)) full.push(at);
    const standIn = opening.standIns.get(node);
    if (!standIn) {
      this.edges[this.#size + at] = full;
      return;
    }
    const place = 2 * this.#size + 2 * (this.#standInAt.get(node) ?? 0);
    this.edges[place + 1] = full;
    const run = standIn.run
      .filter((child) => dropped?.has(child) !== true)
      .flatMap((child) => this.#usable(child, standIn.inputs));
    this.edges[this.#size + at] = standIn.kind === 'bootstrap' ? [...run, place] : run;
    this.edges[place] = standIn.build.flatMap((child) => this.#usable(child, standIn.inputs));
  }

  /** The step "child is usable" as this parent needs it; nothing for what is no member. */
  #usable(child: number, parent: StandIn['inputs']): number[] {
    const at = this.#at.get(child);
    if (at === undefined) return [];
    const standIn = this.opening.standIns.get(child);
    if (!standIn || this.world.accepts(parent, standIn)) return [this.#size + at];
    return [2 * this.#size + 2 * (this.#standInAt.get(child) ?? 0) + 1];
  }
}
