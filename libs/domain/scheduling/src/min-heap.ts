/** Whole numbers by a key, the least first; of equal keys, the least number. */
export class MinHeap {
  readonly #keys: number[] = [];
  readonly #values: number[] = [];

  get size(): number {
    return this.#keys.length;
  }

  /** The least key; infinite where there is none. */
  get leastKey(): number {
    return this.#keys[0] ?? Infinity;
  }

  push(key: number, value: number): void {
    let at = this.#keys.length;
    this.#keys.push(key);
    this.#values.push(value);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  /** Takes out the value with the least key; undefined when there is none. */
  pop(): number | undefined {
    const first = this.#values[0];
    const key = this.#keys.pop();
    const value = this.#values.pop();
    if (key === undefined || value === undefined || this.#keys.length === 0) return first;
    this.#keys[0] = key;
    this.#values[0] = value;
    for (let at = 0; ;) {
      const left = 2 * at + 1;
      let least = at;
      if (left < this.#keys.length && this.#isBefore(left, least)) least = left;
      if (left + 1 < this.#keys.length && this.#isBefore(left + 1, least)) least = left + 1;
      if (least === at) return first;
      this.#swap(at, least);
      at = least;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const difference = (this.#keys[a] ?? 0) - (this.#keys[b] ?? 0);
    return difference === 0 ? (this.#values[a] ?? 0) < (this.#values[b] ?? 0) : difference < 0;
  }

  #swap(a: number, b: number): void {
    const [key, value] = [this.#keys[a] ?? 0, this.#values[a] ?? 0];
    this.#keys[a] = this.#keys[b] ?? 0;
    this.#values[a] = this.#values[b] ?? 0;
    this.#keys[b] = key;
    this.#values[b] = value;
  }
}
