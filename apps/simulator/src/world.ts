/** A package to be built, as the simulated world knows it: `trueMs` is what the scheduler does not know. */
export interface WorldJob {
  readonly cpv: string;
  /** `category/name`. */
  readonly name: string;
  readonly slot: string;
  readonly use: readonly string[];
  readonly sizeBytes: number | null;
  /** How long it really takes on the reference drone. */
  readonly trueMs: number;
  /** Places, in the same graph, of what must be built before; all of them smaller than its own. */
  readonly waits: readonly number[];
}

/** Jobs, each after all that it waits for. */
export type WorldGraph = readonly WorldJob[];

/** A build machine of the simulated world. */
export interface WorldDrone {
  readonly name: string;
  /** Reference milliseconds that it does in one of its own, in each slot. */
  readonly speed: number;
  readonly slots: number;
  readonly cores: number;
  readonly memoryBytes: number;
}

/** The speeds of an unequal fleet, in turn. */
const SPEEDS = [1, 0.5, 0.85, 1.4];
const CORES = 4;
const MEMORY_BYTES = 16 * 1024 ** 3;

/** So many drones of one slot, the fourth of which are fastest. */
export function unequalFleet(size: number): WorldDrone[] {
  return Array.from({ length: size }, (_unused, i) => ({
    name: `drone-${i + 1}`,
    speed: SPEEDS[i % SPEEDS.length] ?? 1,
    slots: 1,
    cores: CORES,
    memoryBytes: MEMORY_BYTES,
  }));
}

/**
 * No schedule ends sooner: the longest chain on the fastest drone, or all work shared out evenly.
 * For several plans at once, of all their graphs together.
 */
export function lowerBoundMs(graphs: readonly WorldGraph[], fleet: readonly WorldDrone[]): number {
  const fastest = Math.max(...fleet.map(({ speed }) => speed));
  const capacity = fleet.reduce((sum, { speed, slots }) => sum + speed * slots, 0);
  const work = graphs.reduce((sum, graph) => sum + workMs(graph), 0);
  return Math.max(Math.max(...graphs.map(criticalPathMs)) / fastest, work / capacity);
}

export function workMs(graph: WorldGraph): number {
  return graph.reduce((sum, { trueMs }) => sum + trueMs, 0);
}

/** The longest chain, in reference time. */
export function criticalPathMs(graph: WorldGraph): number {
  const ends = new Float64Array(graph.length);
  for (const [at, { waits, trueMs }] of graph.entries()) {
    let start = 0;
    for (const wait of waits) start = Math.max(start, ends[wait] ?? 0);
    ends[at] = start + trueMs;
  }
  return ends.reduce((longest, end) => Math.max(longest, end), 0);
}
