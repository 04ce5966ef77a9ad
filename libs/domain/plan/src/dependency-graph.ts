/** For each node, the nodes that it points to. Nodes are indices; the arrays have equal length. */
export type Graph = readonly (readonly number[])[];

/** For each node 1 if it can be reached from `start`, the nodes of `start` included; else 0. */
export function reachable(graph: Graph, start: Iterable<number>): Uint8Array {
  const seen = new Uint8Array(graph.length);
  const stack = [...start];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen[node] === 1) continue;
    seen[node] = 1;
    for (const next of graph[node] ?? []) if (seen[next] === 0) stack.push(next);
  }
  return seen;
}

/**
 * Groups of nodes that reach each other (Tarjan, iterative), each node in exactly one.
 * A group comes after every other group that its members reach: what is needed first comes first.
 */
export function stronglyConnected(graph: Graph): number[][] {
  return new ComponentSearch(graph).run();
}

/** As `stronglyConnected`, of some nodes and the edges between them. */
export function stronglyConnectedAmong(graph: Graph, nodes: readonly number[]): number[][] {
  const localOf = new Map(nodes.map((node, local) => [node, local]));
  const local = nodes.map((node) => (graph[node] ?? []).flatMap((child) => localOf.get(child) ?? []));
  return stronglyConnected(local).map((group) => group.map((at) => nodes[at] ?? -1));
}

/** Arrays by node, not objects: graphs have tens of thousands of nodes. */
class ComponentSearch {
  /** 0: not visited; else order of entering, from 1. */
  readonly #order: Int32Array;
  readonly #low: Int32Array;
  readonly #isOpen: Uint8Array;
  readonly #nextChild: Int32Array;
  readonly #open: number[] = [];
  readonly #path: number[] = [];
  readonly #groups: number[][] = [];
  #entered = 0;

  constructor(private readonly graph: Graph) {
    const size = graph.length;
    this.#order = new Int32Array(size);
    this.#low = new Int32Array(size);
    this.#isOpen = new Uint8Array(size);
    this.#nextChild = new Int32Array(size);
  }

  run(): number[][] {
    for (let start = 0; start < this.graph.length; start += 1) {
      if (this.#order[start] !== 0) continue;
      this.#enter(start);
      for (let node = this.#path.at(-1); node !== undefined; node = this.#path.at(-1)) this.#step(node);
    }
    return this.#groups;
  }

  /** Looks at the next child of a node, or leaves the node when there is none. */
  #step(node: number): void {
    const place = this.#nextChild[node] ?? 0;
    const child = this.graph[node]?.[place];
    if (child === undefined) {
      this.#leave(node);
      return;
    }
    this.#nextChild[node] = place + 1;
    const order = this.#order[child] ?? 0;
    if (order === 0) this.#enter(child);
    else if (this.#isOpen[child] === 1) this.#lower(node, order);
  }

  #enter(node: number): void {
    this.#entered += 1;
    this.#order[node] = this.#entered;
    this.#low[node] = this.#entered;
    this.#isOpen[node] = 1;
    this.#open.push(node);
    this.#path.push(node);
  }

  #leave(node: number): void {
    this.#path.pop();
    const parent = this.#path.at(-1);
    if (parent !== undefined) this.#lower(parent, this.#low[node] ?? 0);
    if (this.#low[node] !== this.#order[node]) return;
    // Nearly all groups are of one.
    const isAlone = this.#open.at(-1) === node;
    const members = isAlone ? [node] : this.#open.splice(this.#open.lastIndexOf(node)).reverse();
    if (isAlone) this.#open.pop();
    for (const member of members) this.#isOpen[member] = 0;
    this.#groups.push(members);
  }

  #lower(node: number, to: number): void {
    if (to < (this.#low[node] ?? 0)) this.#low[node] = to;
  }
}

/** The same edges, turned round. */
export function reversed(graph: Graph): number[][] {
  const result: number[][] = graph.map(() => []);
  for (const [node, children] of graph.entries()) for (const child of children) result[child]?.push(node);
  return result;
}

/** A shortest way from one node back to itself, as nodes in order, without the repetition at its end; empty if none. */
export function shortestCycle(graph: Graph, start: number): number[] {
  const from = new Map<number, number>();
  const queue = [start];
  // The queue grows while it is walked along.
  for (const node of queue) {
    for (const next of graph[node] ?? []) {
      if (next === start) return wayTo(from, start, node);
      if (from.has(next)) continue;
      from.set(next, node);
      queue.push(next);
    }
  }
  return [];
}

function wayTo(from: ReadonlyMap<number, number>, start: number, end: number): number[] {
  const way = [end];
  for (let node = end; node !== start;) {
    node = from.get(node) ?? start;
    way.push(node);
  }
  return way.reverse();
}
