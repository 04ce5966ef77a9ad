/** Why a strike counts no more. */
export type StrikeEnd =
  /** The drone built something. */
  | 'success'
  /** Another drone failed the same job in the same way: the package was to blame. */
  | 'taken-back'
  /** It grounded the drone, and the job was told so. */
  | 'grounded';

/** A failure that is held against a drone. One attempt makes at most one. */
export interface Strike {
  readonly attemptId: string;
  readonly drone: string;
  readonly jobId: string;
  readonly class: string;
  readonly at: Date;
  /** True when the failure counted against the job as well, which is forgiven when the drone is grounded. */
  readonly counted: boolean;
  /** Null while it counts. */
  readonly ended: StrikeEnd | null;
}

/** Port. The Postgres adapter and the in-memory one pass the same contract suite. */
export interface StrikeRepository {
  /** Stores a strike; does nothing for an attempt that has one. */
  add(strike: Strike): Promise<void>;
  /** Every strike that counts, oldest first. */
  standing(): Promise<readonly Strike[]>;
  /** All strikes that a job has brought, whatever became of them, oldest first. */
  ofJob(jobId: string): Promise<readonly Strike[]>;
  /** Ends those strikes of these attempts that still count. */
  end(attemptIds: readonly string[], how: StrikeEnd, at: Date): Promise<void>;
}
