import type { BoardJob } from './board-job.js';

/**
 * The ready jobs of one plan, the most urgent first. A heap that is filled at once: of tens of thousands, a round takes
 * no more than there are free slots.
 */
export class ReadyQueue {
  readonly #entries: BoardJob[];
  readonly #keys: Float64Array;
  #size: number;

  constructor(entries: Iterable<BoardJob>, urgencyOf: (entry: BoardJob) => number) {
    this.#entries = [...entries];
    this.#size = this.#entries.length;
    this.#keys = Float64Array.from(this.#entries, urgencyOf);
    for (let at = (this.#size >> 1) - 1; at >= 0; at -= 1) this.#sink(at);
  }

  get size(): number {
    return this.#size;
  }

  /** The most urgent one, taken out; undefined when there is none. */
  pop(): BoardJob | undefined {
    if (this.#size === 0) return undefined;
    const first = this.#entries[0];
    this.#size -= 1;
    this.#swap(0, this.#size);
    this.#sink(0);
    return first;
  }

  #sink(start: number): void {
    let at = start;
    for (;;) {
      const left = 2 * at + 1;
      let most = at;
      if (left < this.#size && this.#isBefore(left, most)) most = left;
      if (left + 1 < this.#size && this.#isBefore(left + 1, most)) most = left + 1;
      if (most === at) return;
      this.#swap(at, most);
      at = most;
    }
  }

  /** Equals are told apart by their ids, so that the same board always gives the same answer. */
  #isBefore(a: number, b: number): boolean {
    const difference = (this.#keys[a] ?? 0) - (this.#keys[b] ?? 0);
    if (difference !== 0) return difference > 0;
    return (this.#entries[a]?.job.id ?? '') < (this.#entries[b]?.job.id ?? '');
  }

  #swap(a: number, b: number): void {
    const [entry, key] = [this.#entries[a], this.#keys[a] ?? 0];
    const other = this.#entries[b];
    if (entry) this.#entries[b] = entry;
    if (other) this.#entries[a] = other;
    this.#keys[a] = this.#keys[b] ?? 0;
    this.#keys[b] = key;
  }
}
