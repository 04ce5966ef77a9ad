/** What is to happen in virtual time, soonest first; equals in the order in which they were put down. */
export class Agenda<T> {
  readonly #heap: { readonly atMs: number; readonly order: number; readonly what: T }[] = [];
  #count = 0;

  get size(): number {
    return this.#heap.length;
  }

  add(atMs: number, what: T): void {
    const heap = this.#heap;
    heap.push({ atMs, order: this.#count, what });
    this.#count += 1;
    for (let at = heap.length - 1; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  /** The next one, taken out. */
  pop(): { readonly atMs: number; readonly what: T } | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    heap[0] = last;
    for (let at = 0; ;) {
      const left = 2 * at + 1;
      let soonest = at;
      if (left < heap.length && this.#isBefore(left, soonest)) soonest = left;
      if (left + 1 < heap.length && this.#isBefore(left + 1, soonest)) soonest = left + 1;
      if (soonest === at) return first;
      this.#swap(at, soonest);
      at = soonest;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [one, other] = [this.#heap[a], this.#heap[b]];
    if (!one || !other) return false;
    return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
  }

  #swap(a: number, b: number): void {
    const [one, other] = [this.#heap[a], this.#heap[b]];
    if (!one || !other) return;
    this.#heap[a] = other;
    this.#heap[b] = one;
  }
}
