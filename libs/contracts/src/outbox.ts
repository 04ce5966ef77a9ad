import type { Outgoing } from '@swarm/kernel';

/** A row of the outbox: a message that was stored with the change it tells of, and is not known to be sent. */
export interface OutboxRow extends Outgoing {
  /** Order of storing. */
  readonly sequence: bigint;
}

/** Port to the outbox of one service. */
export interface Outbox {
  /** Unsent rows in order of storing; those after a row, if one is named. */
  unsent(limit: number, after?: bigint): Promise<readonly OutboxRow[]>;
  markSent(sequences: readonly bigint[]): Promise<void>;
  /** Sets a row aside that can never be sent, with the reason: it is kept for a person, and holds up nothing. */
  park(sequence: bigint, reason: string): Promise<void>;
  /** Deletes at most `limit` rows that were sent more than `olderThanMs` ago; resolves to how many it deleted. */
  prune(olderThanMs: number, limit: number): Promise<number>;
  /** Resolves when new rows may be there, or when `maxWaitMs` has passed; never later. */
  wait(maxWaitMs: number): Promise<void>;
}

/** An event as the ledger keeps it, for people and for those who come later. */
export interface StoredEvent {
  readonly sequence: bigint;
  readonly id: string;
  readonly at: Date;
  /** Name of the message, e.g. `JobMoved`. */
  readonly message: string;
  readonly payload: unknown;
}

/** Port to the event history. */
export interface EventLog {
  /**
   * Events after a sequence, in order. Who goes on from the last sequence misses none: an event becomes
   * visible only when no earlier one can appear any more.
   */
  after(sequence: bigint, limit: number): Promise<readonly StoredEvent[]>;
  /** The newest, in order. */
  latest(limit: number): Promise<readonly StoredEvent[]>;
}
