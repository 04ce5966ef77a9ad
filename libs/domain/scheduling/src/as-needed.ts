/** Things in an order that is found only as far as somebody looks: of tens of thousands, mostly the first few. */
export class AsNeeded<T> {
  /** A heap of what nobody has come to yet. */
  readonly #heap: T[];
  readonly #sorted: T[] = [];

  constructor(
    things: readonly T[],
    private readonly order: (a: T, b: T) => number,
  ) {
    this.#heap = [...things];
    for (let at = (this.#heap.length >> 1) - 1; at >= 0; at -= 1) this.#sink(at);
  }

  /** The first that passes; undefined where none does. */
  find(test: (thing: T) => boolean): T | undefined {
    const known = this.#sorted.find(test);
    if (known !== undefined) return known;
    for (let next = this.#pop(); next !== undefined; next = this.#pop()) {
      this.#sorted.push(next);
      if (test(next)) return next;
    }
    return undefined;
  }

  #pop(): T | undefined {
    const [first, last] = [this.#heap[0], this.#heap.pop()];
    if (last === undefined || this.#heap.length === 0) return first;
    this.#heap[0] = last;
    this.#sink(0);
    return first;
  }

  #sink(start: number): void {
    const heap = this.#heap;
    const thing = heap[start];
    if (thing === undefined) return;
    let at = start;
    for (;;) {
      const child = this.#lesser(2 * at + 1);
      const below = heap[child];
      if (below === undefined || this.order(thing, below) <= 0) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = thing;
  }

  #lesser(child: number): number {
    const [one, other] = [this.#heap[child], this.#heap[child + 1]];
    return one !== undefined && other !== undefined && this.order(other, one) < 0 ? child + 1 : child;
  }
}
