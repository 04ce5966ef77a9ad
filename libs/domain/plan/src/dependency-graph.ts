/** For each node, the nodes that it points to. Nodes are indices; the arrays have equal length. */
export type Graph = readonly (readonly number[])[];

/** All nodes that can be reached from `start`, the nodes of `start` included. */
export function reachable(graph: Graph, start: Iterable<number>): Set<number> {
  const seen = new Set<number>();
  const stack = [...start];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    for (const next of graph[node] ?? []) if (!seen.has(next)) stack.push(next);
  }
  return seen;
}

/**
 * Groups of nodes that reach each other (Tarjan, iterative), each node in exactly one.
 * A group comes after every other group that its members reach: what is needed first comes first.
 */
export function stronglyConnected(graph: Graph): number[][] {
  const size = graph.length;
  // 0: not visited; else order of entering, from 1.
  const order = new Int32Array(size);
  const low = new Int32Array(size);
  const isOpen = new Uint8Array(size);
  const nextChild = new Int32Array(size);
  const open: number[] = [];
  const path: number[] = [];
  const groups: number[][] = [];
  let entered = 0;

  for (let start = 0; start < size; start += 1) {
    if (order[start] !== 0) continue;
    path.push(start);
    while (path.length > 0) {
      const node = path[path.length - 1] as number;
      if (order[node] === 0) {
        entered += 1;
        order[node] = entered;
        low[node] = entered;
        isOpen[node] = 1;
        open.push(node);
      }
      const child = graph[node]?.[nextChild[node] as number];
      if (child !== undefined) {
        nextChild[node] = (nextChild[node] as number) + 1;
        if (order[child] === 0) path.push(child);
        else if (isOpen[child] === 1) low[node] = Math.min(low[node] as number, order[child] as number);
        continue;
      }
      path.pop();
      const parent = path[path.length - 1];
      if (parent !== undefined) low[parent] = Math.min(low[parent] as number, low[node] as number);
      if (low[node] === order[node]) groups.push(closeGroup(open, isOpen, node));
    }
  }
  return groups;
}

function closeGroup(open: number[], isOpen: Uint8Array, first: number): number[] {
  const members: number[] = [];
  for (let member = open.pop(); member !== undefined; member = open.pop()) {
    isOpen[member] = 0;
    members.push(member);
    if (member === first) break;
  }
  return members;
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
  for (let head = 0; head < queue.length; head += 1) {
    const node = queue[head] as number;
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
