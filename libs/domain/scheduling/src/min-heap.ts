const FIRST_CAPACITY = 64;

/** Whole numbers by a key, the least first; of equal keys, the least number. Made for millions of them. */
export class MinHeap {
  #keys = new Float64Array(FIRST_CAPACITY);
  #values = new Int32Array(FIRST_CAPACITY);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The least key; infinite where there is none. */
  get leastKey(): number {
    return this.#size === 0 ? Infinity : (this.#keys[0] ?? Infinity);
  }

  push(key: number, value: number): void {
    if (this.#size === this.#keys.length) this.#grow();
    const [keys, values] = [this.#keys, this.#values];
    let at = this.#size;
    this.#size += 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = keys[parent] ?? 0;
      if (above < key || (above === key && (values[parent] ?? 0) <= value)) break;
      keys[at] = above;
      values[at] = values[parent] ?? 0;
      at = parent;
    }
    keys[at] = key;
    values[at] = value;
  }

  /** Takes out the value with the least key; undefined when there is none. */
  pop(): number | undefined {
    if (this.#size === 0) return undefined;
    const first = this.#values[0];
    this.#size -= 1;
    this.#sink(this.#keys[this.#size] ?? 0, this.#values[this.#size] ?? 0);
    return first;
  }

  /** Finds the place of an entry from the top downwards. */
  #sink(key: number, value: number): void {
    const [keys, values, size] = [this.#keys, this.#values, this.#size];
    let at = 0;
    for (let child = 1; child < size; child = 2 * at + 1) {
      const other = child + 1;
      if (other < size && this.#isBefore(other, child)) child = other;
      const below = keys[child] ?? 0;
      if (key < below || (key === below && value <= (values[child] ?? 0))) break;
      keys[at] = below;
      values[at] = values[child] ?? 0;
      at = child;
    }
    keys[at] = key;
    values[at] = value;
  }

  #isBefore(a: number, b: number): boolean {
    const difference = (this.#keys[a] ?? 0) - (this.#keys[b] ?? 0);
    return difference === 0 ? (this.#values[a] ?? 0) < (this.#values[b] ?? 0) : difference < 0;
  }

  #grow(): void {
    const [keys, values] = [new Float64Array(this.#size * 2), new Int32Array(this.#size * 2)];
    keys.set(this.#keys);
    values.set(this.#values);
    this.#keys = keys;
    this.#values = values;
  }
}
