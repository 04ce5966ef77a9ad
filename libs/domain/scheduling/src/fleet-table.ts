import { owesCanary, workLimit } from '@swarm/domain-drone';

import type { BoardJob } from './board-job.js';
import type { FleetDrone } from './fleet.js';
import { expectedTotalMs } from './prediction.js';
import type { WorkBoard } from './work-board.js';

/**
 * The drones of one round, as columns: a round compares thousands of pairs. Times are milliseconds from now.
 * It is the round's own: what is given out is counted here, and nowhere else, until the caller carries it out.
 */
export class FleetTable {
  readonly speed: Float64Array;
  readonly overheadMs: Float64Array;
  /** Pieces of work that each may have at once. */
  readonly limit: Int32Array;
  /** Pieces of work that each may still be given. */
  readonly free: Int32Array;
  /** When each can begin another build; 0 for one with a free slot. Grows with every job that waits for the drone. */
  readonly freeInMs: Float64Array;
  /** Pieces of work on each. */
  readonly held: Int32Array;
  readonly #places = new Map<string, number>();
  #openSlots = 0;

  constructor(
    readonly drones: readonly FleetDrone[],
    board: WorkBoard,
    now: Date,
  ) {
    const size = drones.length;
    this.speed = Float64Array.from(drones, ({ speed }) => speed);
    this.overheadMs = Float64Array.from(drones, ({ overheadMs }) => overheadMs);
    this.limit = new Int32Array(size);
    this.free = new Int32Array(size);
    this.freeInMs = new Float64Array(size);
    this.held = new Int32Array(size);
    for (const [at, { drone, otherWork, speed }] of drones.entries()) {
      this.#places.set(drone.name, at);
      const running = board.heldBy(drone.name);
      const held = running.size + otherWork;
      this.held[at] = held;
      const { atMost } = workLimit(drone, now);
      this.limit[at] = atMost;
      const free = Math.max(0, atMost - held);
      this.free[at] = free;
      if (!owesCanary(drone)) this.#openSlots += free;
      if (free === 0) this.freeInMs[at] = firstEndMs(running, speed, now);
    }
  }

  /** Slots that jobs can be put in, those for canaries not counted. */
  get openSlots(): number {
    return this.#openSlots;
  }

  nameOf(at: number): string {
    return this.drones[at]?.drone.name ?? '';
  }

  /** Place in the fleet; undefined for a drone that is not in it. */
  placeOf(name: string): number | undefined {
    return this.#places.get(name);
  }

  /** When a build that takes `expectedMs` on the reference drone would end there. */
  endMs(at: number, expectedMs: number): number {
    return this.beginMs(at) + expectedMs / (this.speed[at] ?? 1);
  }

  /** When the build itself would begin there. */
  beginMs(at: number): number {
    return (this.freeInMs[at] ?? 0) + (this.overheadMs[at] ?? 0);
  }

  /** Puts a build on a drone. */
  give(at: number, endMs: number, isCanary: boolean): void {
    const free = (this.free[at] ?? 0) - 1;
    this.free[at] = free;
    this.held[at] = (this.held[at] ?? 0) + 1;
    if (!isCanary) this.#openSlots -= 1;
    if (free <= 0) this.freeInMs[at] = endMs;
  }

  /** A build waits for the drone: whoever comes later waits for that one, too. */
  reserve(at: number, endMs: number): void {
    this.freeInMs[at] = endMs;
  }
}

function firstEndMs(running: ReadonlySet<BoardJob>, speed: number, now: Date): number {
  let first = Infinity;
  for (const { prediction, since } of running) {
    const done = Math.max(0, now.getTime() - since.getTime()) * speed;
    first = Math.min(first, (expectedTotalMs(prediction, done) - done) / speed);
  }
  return first === Infinity ? 0 : first;
}
