import type { WorkOutcome } from '@swarm/contracts';

/** How an attempt ended on this drone. */
export interface FinishedAttempt {
  readonly attemptId: string;
  readonly attempt: number;
  readonly at: string;
  readonly outcome: WorkOutcome;
}

/** Port to the memory of finished attempts: what was not reported yet, and the last ones that were. */
export interface OutcomeJournal {
  find(attemptId: string): Promise<FinishedAttempt | undefined>;
  /** Durable when it resolves; not reported yet. */
  record(finished: FinishedAttempt): Promise<void>;
  /** It has reached the stream; it is remembered for a while, to answer a repetition. */
  markReported(attemptId: string): Promise<void>;
  unreported(): Promise<readonly FinishedAttempt[]>;
}
