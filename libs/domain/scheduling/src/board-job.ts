import type { OpenJob } from '@swarm/domain-job';

import type { Prediction } from './prediction.js';

/** A job as the board is given it. */
export interface NewBoardJob {
  readonly job: OpenJob;
  /** Revision of its row in the ledger. */
  readonly revision: number;
  /** Positions, in the same plan, of the jobs that it waits for directly. */
  readonly waits: readonly number[];
  /** Since when it is in its state. */
  readonly since: Date;
}

/** A job on the board, with its place in the graph. Changed by the board alone. */
export interface BoardJob {
  job: OpenJob;
  revision: number;
  since: Date;
  readonly plan: string;
  readonly position: number;
  readonly waits: readonly BoardJob[];
  readonly dependents: readonly BoardJob[];
  /** How many of `waits` are not published. */
  unmet: number;
  prediction: Prediction;
  /** Reference time that its plan was charged for it, and that counts as work of the plan. */
  expectedMs: number;
  /** Expected time of the longest chain of dependents that starts here, this one included, on the reference drone. */
  rankMs: number;
  /** Its place among the ready ones of its plan, as `ReadyQueue` keeps it. */
  heapAt: number;
}

/** One change that an event made: what goes into the ledger. */
export interface BoardChange {
  readonly entry: BoardJob;
  readonly before: OpenJob;
  readonly after: OpenJob;
  /** Revision of its row before the change: what the ledger must still have. */
  readonly expected: number;
  readonly reason: string;
  /** Attempts that ended with it, through no end of their own. */
  readonly endedAttempts: readonly string[];
}

/** The states in which nothing more will come of a job by itself: what waits for it is blocked. */
export function isLost({ state }: OpenJob): boolean {
  return state === 'quarantined' || state === 'blocked' || state === 'cancelled' || state === 'superseded';
}
