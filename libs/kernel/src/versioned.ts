/** A stored value and the revision it was read at; a write names the revision that it replaces. */
export interface Versioned<T> {
  readonly value: T;
  readonly revision: number;
}

/** What became of a write that named the revision it replaces. */
export type Saved = 'saved' | 'conflict';

/** The right of one leader to write: its lock, and the epoch in which it leads. An older epoch writes nothing (Q19). */
export interface Fence {
  readonly lock: string;
  readonly epoch: bigint;
}
