import type { Outgoing, Saved } from '@swarm/kernel';

import type { Pause, PauseDecision, PauseEnd } from './pause.js';

/** A decision with the news of it: stored together, or not at all. */
export interface PauseChange extends PauseDecision {
  readonly outgoing: readonly Outgoing[];
}

/** A pause with its end; null while none is on record. */
export interface PauseRecord {
  readonly pause: Pause;
  readonly end: PauseEnd | null;
}

/** Port. Pauses are kept when they are over. The Postgres adapter and the in-memory one pass the same contract suite. */
export interface PauseRepository {
  /** Those whose end is not on record, oldest first; time may have ended some of them. At most one of each scope. */
  open(): Promise<readonly Pause[]>;
  /** Any one that ever began. */
  find(id: string): Promise<PauseRecord | undefined>;
  /**
   * `conflict`, and nothing is stored, when one that is to end has ended, when one that is to begin is known, or when
   * there is another one of its scope.
   */
  store(change: PauseChange): Promise<Saved>;
}
