import type { BoardJob } from './board-job.js';

/** `heapAt` of a job that is in no queue. */
export const NOT_QUEUED = -1;

/** What a job weighs in its plan: the chain behind it, and how long it has been waiting for a slot. */
export function urgencyOf({ rankMs, since }: BoardJob, ageing: number): number {
  return rankMs - ageing * since.getTime();
}

/**
 * The ready jobs of one plan, the most urgent first; equals are told apart by their ids, so that the same board always
 * gives the same answer. While a job is ready its urgency stays the same against that of the others, so the queue lives
 * as long as the plan: a heap in which each job knows its place, to be taken out from anywhere. A round looks at as many
 * jobs as it places, of however many there are.
 */
export class ReadyQueue {
  readonly #entries: BoardJob[];
  readonly #keys: number[];

  constructor(
    entries: Iterable<BoardJob>,
    readonly ageing: number,
  ) {
    this.#entries = [...entries];
    this.#keys = this.#entries.map((entry) => urgencyOf(entry, ageing));
    for (const [at, entry] of this.#entries.entries()) entry.heapAt = at;
    for (let at = (this.#entries.length >> 1) - 1; at >= 0; at -= 1) this.#sink(at);
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Takes in a job that became ready. */
  add(entry: BoardJob): void {
    entry.heapAt = this.#entries.length;
    this.#entries.push(entry);
    this.#keys.push(urgencyOf(entry, this.ageing));
    this.#rise(entry.heapAt);
  }

  /** Takes a job out, wherever it stands; does nothing for a job that is not in the queue. */
  remove(entry: BoardJob): void {
    const at = entry.heapAt;
    if (this.#entries[at] !== entry) return;
    const [last, key] = [this.#entries.pop(), this.#keys.pop()];
    entry.heapAt = NOT_QUEUED;
    if (last === undefined || key === undefined || last === entry) return;
    this.#put(at, last, key);
    this.#rise(at);
    this.#sink(last.heapAt);
  }

  /** The job at a place of the heap. */
  at(place: number): BoardJob | undefined {
    return this.#entries[place];
  }

  /** Whether the job at place `a` is more urgent than the one at `b`. */
  isBefore(a: number, b: number): boolean {
    const difference = (this.#keys[a] ?? 0) - (this.#keys[b] ?? 0);
    if (difference !== 0) return difference > 0;
    return (this.#entries[a]?.job.id ?? '') < (this.#entries[b]?.job.id ?? '');
  }

  #rise(start: number): void {
    let at = start;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.isBefore(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #sink(start: number): void {
    let at = start;
    for (;;) {
      const left = 2 * at + 1;
      let most = at;
      if (left < this.size && this.isBefore(left, most)) most = left;
      if (left + 1 < this.size && this.isBefore(left + 1, most)) most = left + 1;
      if (most === at) return;
      this.#swap(at, most);
      at = most;
    }
  }

  #swap(a: number, b: number): void {
    const [one, other] = [this.#entries[a], this.#entries[b]];
    if (!one || !other) return;
    const key = this.#keys[a] ?? 0;
    this.#put(a, other, this.#keys[b] ?? 0);
    this.#put(b, one, key);
  }

  #put(at: number, entry: BoardJob, key: number): void {
    this.#entries[at] = entry;
    this.#keys[at] = key;
    entry.heapAt = at;
  }
}

/**
 * Looks along a queue, the most urgent first, and takes nothing out; the queue must not change meanwhile. What comes
 * next is the most urgent of those whose elder in the heap was seen: they are few, and are kept as a heap themselves.
 */
export class ReadyWalk {
  readonly #open: number[];
  #left: number;

  constructor(private readonly queue: ReadyQueue) {
    this.#left = queue.size;
    this.#open = queue.size > 0 ? [0] : [];
  }

  /** Jobs that were not seen yet. */
  get left(): number {
    return this.#left;
  }

  /** The next one; undefined when all were seen. */
  next(): BoardJob | undefined {
    const open = this.#open;
    const place = open[0];
    if (place === undefined) return undefined;
    this.#left -= 1;
    const younger = 2 * place + 1;
    if (younger < this.queue.size) this.#sink(younger);
    else {
      const last = open.pop();
      if (last !== undefined && open.length > 0) this.#sink(last);
    }
    if (younger + 1 < this.queue.size) this.#rise(younger + 1);
    return this.queue.at(place);
  }

  /** Puts a place at the top of those that are open, and lets it find its own. */
  #sink(place: number): void {
    const open = this.#open;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= open.length) break;
      if (child + 1 < open.length && this.queue.isBefore(open[child + 1] ?? 0, open[child] ?? 0)) child += 1;
      const below = open[child] ?? 0;
      if (!this.queue.isBefore(below, place)) break;
      open[at] = below;
      at = child;
    }
    open[at] = place;
  }

  #rise(place: number): void {
    const open = this.#open;
    let at = open.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = open[parent] ?? 0;
      if (!this.queue.isBefore(place, above)) break;
      open[at] = above;
      at = parent;
    }
    open[at] = place;
  }
}
