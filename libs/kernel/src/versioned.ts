/** A stored value and the revision it was read at; a write names the revision that it replaces. */
export interface Versioned<T> {
  readonly value: T;
  readonly revision: number;
}

/** What became of a write that named the revision it replaces. */
export type Saved = 'saved' | 'conflict';
