import type { CycleWorld, Opening, StandIn } from './stand-in.js';
import { WaitingGraph } from './waiting-graph.js';

/** Steps of waiting graphs that the search for the cheapest set of stage-1 builds may look at, for one component. */
const MAX_SEARCH_STEPS = 8_000_000;
/** Sets of one size that are considered; the cheapest are first. */
const MAX_SETS = 4_000;
/** Stage-1 builds that one set may have. */
const MAX_STAGES_TOGETHER = 3;
/** Steps that taking back needless measures may cost; beyond that they stay, which is right but not least. */
const MAX_TIDYING_STEPS = 3_000_000;

/** What opened a component, and what nothing opens. */
export interface Opened {
  readonly opening: Opening;
  /** Groups of nodes that still wait for each other. */
  readonly stuck: readonly (readonly number[])[];
}

/**
 * Opens the cycles of one strongly connected component by the mildest measures that do it: earlier builds that stand
 * in, PDEPEND not waited for, RDEPEND not waited for, and last the cheapest set of stage-1 builds.
 * Whatever turns out not to be needed is taken back.
 */
export function openCycle(members: readonly number[], world: CycleWorld): Opened {
  const measures = new Measures(members, world);
  for (const step of ['earlier', 'post', 'run'] as const) {
    if (measures.stuck.length === 0) break;
    measures.apply(step);
  }
  if (measures.stuck.length > 0) measures.stage();
  measures.tidy();
  return { opening: measures.opening, stuck: measures.stuck };
}

type Edge = readonly [from: number, to: number];

class Measures {
  #standIns = new Map<number, StandIn>();
  #dropped: readonly Edge[] = [];
  #stuck: number[][];
  readonly #set: ReadonlySet<number>;

  constructor(
    private readonly members: readonly number[],
    private readonly world: CycleWorld,
  ) {
    this.#set = new Set(members);
    this.#stuck = this.#deadlocks(this.#standIns, this.#dropped);
  }

  get stuck(): readonly (readonly number[])[] {
    return this.#stuck;
  }

  get opening(): Opening {
    return openingOf(this.#standIns, this.#dropped);
  }

  /** Takes all measures of one kind together; keeps them if fewer builds wait for themselves then. */
  apply(kind: 'earlier' | 'post' | 'run'): void {
    if (kind === 'earlier') this.#keepIfBetter(withAll(this.#standIns, this.#earlier()), this.#dropped);
    else this.#keepIfBetter(this.#standIns, [...this.#dropped, ...this.#edges(this.world[kind])]);
  }

  #earlier(): StandIn[] {
    return this.members.flatMap((node) => this.world.earlier(node, this.#set).slice(0, 1));
  }

  /** With other flags, or in another version, a package may need other members at run time. */
  #runEdges(standIns: readonly StandIn[]): Edge[] {
    return standIns.flatMap(({ node, run }) =>
      run.filter((to) => this.#set.has(to)).map((to): Edge => [node, to]),
    );
  }

  #edges(of: (node: number) => readonly number[]): Edge[] {
    return this.members.flatMap((from) =>
      of(from)
        .filter((to) => this.#set.has(to))
        .map((to): Edge => [from, to]),
    );
  }

  /** Adds stage-1 builds until nothing waits for itself, or none of them helps any more. */
  stage(): void {
    const freed = this.#withAllMilderMeasures();
    let budget = MAX_SEARCH_STEPS;
    for (let stuck = freed.stuck; stuck.length > 0 && budget > 0;) {
      const candidates = [...new Set(stuck.flat())]
        .filter((node) => freed.standIns.get(node)?.kind !== 'bootstrap')
        .flatMap((node) => this.world.bootstraps(node, this.#set))
        .sort((a, b) => a.cost - b.cost || a.flips.length - b.flips.length || a.node - b.node);
      const look = (set: readonly StandIn[]): number => {
        const graph = this.#graph(withAll(freed.standIns, set), [...freed.dropped, ...this.#runEdges(set)]);
        budget -= graph.edges.reduce((sum, edges) => sum + edges.length + 1, 0);
        return graph.deadlocks().flat().length;
      };
      const chosen = cheapest(candidates, stuck.flat().length, (set) => (budget > 0 ? look(set) : undefined));
      if (!chosen) break;
      for (const standIn of chosen) freed.standIns.set(standIn.node, standIn);
      freed.dropped = [...freed.dropped, ...this.#runEdges(chosen)];
      stuck = this.#deadlocks(freed.standIns, freed.dropped);
    }
    this.#keepIfBetter(freed.standIns, freed.dropped);
  }

  /** The search must see what stage-1 builds add to all that costs less; `tidy` takes back what was not needed. */
  #withAllMilderMeasures(): { standIns: Map<number, StandIn>; dropped: readonly Edge[]; stuck: number[][] } {
    const standIns = withAll(this.#standIns, this.#earlier());
    const dropped = [
      ...this.#edges(this.world.post),
      ...this.#edges(this.world.run),
      ...this.#runEdges([...standIns.values()]),
    ];
    return { standIns, dropped, stuck: this.#deadlocks(standIns, dropped) };
  }

  /** Takes back what is not needed, the dearest first. */
  tidy(): void {
    const stuck = this.#stuck.flat().length;
    let budget = MAX_TIDYING_STEPS;
    const isEnough = (standIns: ReadonlyMap<number, StandIn>, dropped: readonly Edge[]): boolean => {
      const graph = this.#graph(standIns, dropped);
      budget -= graph.edges.reduce((sum, edges) => sum + edges.length + 1, 0);
      return graph.deadlocks().flat().length === stuck;
    };
    for (const standIn of [...this.#standIns.values()].sort((a, b) => b.cost - a.cost)) {
      if (budget < 0) break;
      const without = new Map(this.#standIns);
      without.delete(standIn.node);
      if (isEnough(without, this.#dropped)) this.#standIns = without;
    }
    if (budget >= 0 && isEnough(this.#standIns, [])) this.#dropped = [];
    for (const edge of this.#dropped.toReversed()) {
      if (budget < 0) break;
      const without = this.#dropped.filter((other) => other !== edge);
      if (isEnough(this.#standIns, without)) this.#dropped = without;
    }
    this.#stuck = this.#deadlocks(this.#standIns, this.#dropped);
  }

  #keepIfBetter(standIns: Map<number, StandIn>, dropped: readonly Edge[]): void {
    const stuck = this.#deadlocks(standIns, dropped);
    if (stuck.flat().length >= this.#stuck.flat().length) return;
    this.#standIns = standIns;
    this.#dropped = dropped;
    this.#stuck = stuck;
  }

  #deadlocks(standIns: ReadonlyMap<number, StandIn>, dropped: readonly Edge[]): number[][] {
    return this.#graph(standIns, dropped).deadlocks();
  }

  #graph(standIns: ReadonlyMap<number, StandIn>, dropped: readonly Edge[]): WaitingGraph {
    return new WaitingGraph(this.members, this.world, openingOf(standIns, dropped));
  }
}

function withAll(standIns: ReadonlyMap<number, StandIn>, more: readonly StandIn[]): Map<number, StandIn> {
  return new Map([...standIns, ...more.map((standIn) => [standIn.node, standIn] as const)]);
}

function openingOf(standIns: ReadonlyMap<number, StandIn>, edges: readonly Edge[]): Opening {
  const dropped = new Map<number, Set<number>>();
  for (const [from, to] of edges) {
    const known = dropped.get(from);
    if (known) known.add(to);
    else dropped.set(from, new Set([to]));
  }
  return { standIns, dropped };
}

function costOf(set: readonly StandIn[]): number {
  return set.reduce((sum, { cost }) => sum + cost, 0);
}

/**
 * The cheapest set that leaves nothing stuck; else the one that frees most for its cost; else nothing.
 * `stuckWith` tells how many builds a set leaves stuck; undefined when there is no more time to look.
 */
function cheapest(
  candidates: readonly StandIn[],
  before: number,
  stuckWith: (set: readonly StandIn[]) => number | undefined,
): readonly StandIn[] | undefined {
  let opens: readonly StandIn[] | undefined;
  let helps: { readonly set: readonly StandIn[]; readonly worth: number } | undefined;
  let sets: (readonly StandIn[])[] = [[]];
  for (let size = 1; size <= MAX_STAGES_TOGETHER && sets.length > 0; size += 1) {
    sets = extended(sets, candidates);
    for (const set of sets) {
      if (opens && costOf(set) >= costOf(opens)) break;
      const left = stuckWith(set);
      if (left === undefined) return opens ?? helps?.set;
      if (left === 0) opens = set;
      const worth = (before - left) / costOf(set);
      if (left < before && (helps === undefined || worth > helps.worth)) helps = { set, worth };
    }
  }
  return opens ?? helps?.set;
}

/** Each set with one more candidate of another node, in order of cost. */
function extended(
  sets: readonly (readonly StandIn[])[],
  candidates: readonly StandIn[],
): (readonly StandIn[])[] {
  const longer: (readonly StandIn[])[] = [];
  for (const set of sets) {
    const last = set.at(-1);
    for (const candidate of candidates.slice(last ? candidates.indexOf(last) + 1 : 0)) {
      if (longer.length >= MAX_SETS) break;
      if (!set.some(({ node }) => node === candidate.node)) longer.push([...set, candidate]);
    }
  }
  return longer.sort((a, b) => costOf(a) - costOf(b));
}
