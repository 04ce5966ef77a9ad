import type { ResourceNeed } from './fleet.js';
import type { FleetTable } from './fleet-table.js';

/** Where something would end first, and when, in milliseconds from now; -1 and infinite where nobody can take it. */
export interface Ending {
  readonly at: number;
  readonly endMs: number;
}

/** What is looked for: a drone for a build. */
export interface Wanted {
  /** On the reference drone. */
  readonly expectedMs: number;
  /** What a drone must have. */
  readonly need: ResourceNeed;
  /** Drones that are out of the question, by place in the fleet. */
  readonly without: readonly number[];
}

interface Search extends Wanted {
  /** When each drone, or the first under a node, can begin. */
  readonly beginMs: Float64Array;
  at: number;
  endMs: number;
}

/**
 * Drones, the fastest first, as the leaves of a binary tree. Each node knows the best that is under it: when the first
 * can begin, how fast the fastest is, how much memory and disk there is. None under it ends a build sooner than one
 * drone with the best of everything would, so most nodes need no look: finding who ends a build first costs far less than
 * asking everyone, with the same answer.
 */
export class DroneTree {
  readonly #first: number;
  /** Place in the fleet of each leaf; the lowest under a node, which wins among equals. */
  readonly #lowest: Int32Array;
  readonly #speed: Float64Array;
  readonly #memoryBytes: Float64Array;
  readonly #diskBytes: Float64Array;
  /** When a build can begin there, whoever has to end first; and the same for drones with a free slot alone. */
  readonly #anyMs: Float64Array;
  readonly #freeMs: Float64Array;
  /** By place in the fleet; 0, which is no leaf, for those that are not in the tree. */
  readonly #leafOf: Int32Array;

  constructor(
    private readonly table: FleetTable,
    members: readonly number[],
  ) {
    const speedOf = (at: number): number => table.speed[at] ?? 1;
    // Members come by place, and sorting keeps that order among equals.
    const sorted = [...members].sort((a, b) => speedOf(b) - speedOf(a));
    this.#first = 2 ** Math.ceil(Math.log2(Math.max(1, sorted.length)));
    const size = 2 * this.#first;
    this.#leafOf = new Int32Array(table.drones.length);
    this.#lowest = new Int32Array(size).fill(NO_PLACE);
    this.#speed = new Float64Array(size).fill(1);
    this.#memoryBytes = new Float64Array(size);
    this.#diskBytes = new Float64Array(size);
    this.#anyMs = new Float64Array(size).fill(Infinity);
    this.#freeMs = new Float64Array(size).fill(Infinity);
    for (const [place, at] of sorted.entries()) {
      const leaf = this.#first + place;
      const drone = table.drones[at]?.drone;
      this.#leafOf[at] = leaf;
      this.#lowest[leaf] = at;
      this.#speed[leaf] = speedOf(at);
      this.#memoryBytes[leaf] = drone?.capabilities.memoryBytes ?? 0;
      this.#diskBytes[leaf] = drone?.lastSign.freeDiskBytes ?? 0;
      this.#setTimes(leaf, at);
    }
    for (let node = this.#first - 1; node > 0; node -= 1) this.#combine(node);
  }

  /** False when none of them has a free slot. */
  get hasRoom(): boolean {
    return (this.#freeMs[1] ?? Infinity) < Infinity;
  }

  /** Takes over what the table says of a drone now. */
  update(at: number): void {
    const leaf = this.#leafOf[at] ?? 0;
    if (leaf === 0) return;
    this.#setTimes(leaf, at);
    for (let node = leaf >> 1; node > 0; node >>= 1) this.#combineTimes(node);
  }

  /** The drone that ends it first, though it may have to become free before; the lowest place among equals. */
  soonest(wanted: Wanted): Ending {
    return this.#search(this.#anyMs, wanted);
  }

  /** The same, of those with a free slot. */
  soonestFree(wanted: Wanted): Ending {
    return this.#search(this.#freeMs, wanted);
  }

  #search(beginMs: Float64Array, { expectedMs, need, without }: Wanted): Ending {
    const search: Search = { expectedMs, need, without, beginMs, at: -1, endMs: Infinity };
    this.#look(1, this.#bound(1, search), search);
    return search;
  }

  /** `boundMs`: nothing under the node ends sooner. The side that promises more is looked at first. */
  #look(node: number, boundMs: number, search: Search): void {
    if (!this.#canBeat(node, boundMs, search)) return;
    if (node >= this.#first) {
      const at = this.#lowest[node] ?? NO_PLACE;
      if (!search.without.includes(at)) [search.at, search.endMs] = [at, boundMs];
      return;
    }
    const [left, right] = [2 * node, 2 * node + 1];
    const [leftMs, rightMs] = [this.#bound(left, search), this.#bound(right, search)];
    if (leftMs <= rightMs) {
      this.#look(left, leftMs, search);
      this.#look(right, rightMs, search);
    } else {
      this.#look(right, rightMs, search);
      this.#look(left, leftMs, search);
    }
  }

  #canBeat(node: number, boundMs: number, { at, endMs, need }: Search): boolean {
    if (boundMs === Infinity || boundMs > endMs) return false;
    if (boundMs === endMs && (this.#lowest[node] ?? NO_PLACE) > at) return false;
    return (
      (this.#memoryBytes[node] ?? 0) >= need.memoryBytes && (this.#diskBytes[node] ?? 0) >= need.diskBytes
    );
  }

  /** Of a leaf this is the time itself; the sum is the table's, so that equal times stay equal to the last digit. */
  #bound(node: number, { beginMs, expectedMs }: Search): number {
    return (beginMs[node] ?? Infinity) + expectedMs / (this.#speed[node] ?? 1);
  }

  #setTimes(leaf: number, at: number): void {
    const beginMs = this.table.beginMs(at);
    this.#anyMs[leaf] = beginMs;
    this.#freeMs[leaf] = (this.table.free[at] ?? 0) > 0 ? beginMs : Infinity;
  }

  #combine(node: number): void {
    const [left, right] = [2 * node, 2 * node + 1];
    this.#lowest[node] = Math.min(this.#lowest[left] ?? NO_PLACE, this.#lowest[right] ?? NO_PLACE);
    this.#speed[node] = Math.max(this.#speed[left] ?? 0, this.#speed[right] ?? 0);
    this.#memoryBytes[node] = Math.max(this.#memoryBytes[left] ?? 0, this.#memoryBytes[right] ?? 0);
    this.#diskBytes[node] = Math.max(this.#diskBytes[left] ?? 0, this.#diskBytes[right] ?? 0);
    this.#combineTimes(node);
  }

  #combineTimes(node: number): void {
    const [left, right] = [2 * node, 2 * node + 1];
    this.#anyMs[node] = Math.min(this.#anyMs[left] ?? Infinity, this.#anyMs[right] ?? Infinity);
    this.#freeMs[node] = Math.min(this.#freeMs[left] ?? Infinity, this.#freeMs[right] ?? Infinity);
  }
}

/** Above every place in a fleet. */
const NO_PLACE = 2 ** 31 - 1;
