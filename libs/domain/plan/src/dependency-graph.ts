/** For each node, the nodes that it points to. Nodes are indices; the arrays have equal length. */
export type Graph = readonly (readonly number[])[];

/** All nodes that can be reached from `start`, without `start` itself unless it lies on a cycle. */
export function reachable(graph: Graph, start: Iterable<number>): Set<number> {
  const seen = new Set<number>();
  const stack = [...start];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    stack.push(...(graph[node] ?? []));
  }
  return seen;
}

/**
 * Groups of nodes that reach each other (Tarjan, iterative), of two members or of one that points to itself.
 * Sorted by their smallest member, members ascending.
 */
export function cycles(graph: Graph): number[][] {
  const found = stronglyConnected(graph).filter(
    (members) => members.length > 1 || members.some((node) => graph[node]?.includes(node)),
  );
  return found.map((members) => members.sort((a, b) => a - b)).sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
}

interface Visit {
  readonly node: number;
  next: number;
}

function stronglyConnected(graph: Graph): number[][] {
  const order = new Map<number, number>();
  const low = new Map<number, number>();
  const open: number[] = [];
  const isOpen = new Set<number>();
  const groups: number[][] = [];

  const enter = (node: number): Visit => {
    order.set(node, order.size);
    low.set(node, order.size - 1);
    open.push(node);
    isOpen.add(node);
    return { node, next: 0 };
  };
  const lower = (node: number, to: number | undefined): void => {
    low.set(node, Math.min(low.get(node) ?? Infinity, to ?? Infinity));
  };
  const leave = (node: number): void => {
    if (low.get(node) !== order.get(node)) return;
    const members = open.splice(open.lastIndexOf(node));
    for (const member of members) isOpen.delete(member);
    groups.push(members);
  };

  for (const start of graph.keys()) {
    if (order.has(start)) continue;
    const visits = [enter(start)];
    for (let visit = visits.at(-1); visit !== undefined; visit = visits.at(-1)) {
      const child = graph[visit.node]?.[visit.next++];
      if (child === undefined) {
        visits.pop();
        leave(visit.node);
        const parent = visits.at(-1);
        if (parent) lower(parent.node, low.get(visit.node));
      } else if (!order.has(child)) {
        visits.push(enter(child));
      } else if (isOpen.has(child)) {
        lower(visit.node, order.get(child));
      }
    }
  }
  return groups;
}

/**
 * For each node the weight of the heaviest path that starts at it, its own weight included.
 * Nodes on a cycle count once; the result is then a lower bound.
 */
export function heaviestPaths(graph: Graph, weight: (node: number) => number): number[] {
  const done = new Map<number, number>();
  const entered = new Set<number>();
  for (const start of graph.keys()) {
    const stack = [start];
    for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
      const children = graph[node] ?? [];
      const missing = entered.has(node)
        ? []
        : children.filter((child) => !done.has(child) && !entered.has(child));
      entered.add(node);
      if (missing.length > 0) {
        stack.push(...missing);
        continue;
      }
      stack.pop();
      if (done.has(node)) continue;
      done.set(node, weight(node) + Math.max(0, ...children.map((child) => done.get(child) ?? 0)));
    }
  }
  return [...graph.keys()].map((node) => done.get(node) ?? 0);
}

/** The same edges, turned round. */
export function reversed(graph: Graph): number[][] {
  const result: number[][] = graph.map(() => []);
  for (const [node, children] of graph.entries()) for (const child of children) result[child]?.push(node);
  return result;
}
