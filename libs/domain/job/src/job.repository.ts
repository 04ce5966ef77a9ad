import type { Fence, Outgoing, Saved, Versioned } from '@swarm/kernel';

import type { Attempt, BuiltAttempt } from './attempt.js';
import type { AttemptId, Job, JobId, OpenJob, PlanId } from './job.js';

/** One change of one job: stored with its attempt, a row of history and its messages. */
export interface JobChange {
  /** What becomes of it; its specification is not written. */
  readonly job: OpenJob;
  /** The revision that was read; another one in the ledger means `conflict`, and nothing is stored. */
  readonly expected: number;
  readonly at: Date;
  /** Why, in words for people; goes into the history. */
  readonly reason: string;
  /** The attempt that begins or ends with this change. */
  readonly attempt?: Attempt;
  readonly outgoing: readonly Outgoing[];
}

/** A job of a plan that is being built, as it stands in the ledger. */
export interface StandingJob extends Versioned<OpenJob> {
  /** When it came into its state. */
  readonly since: Date;
}

/** One row of a job's history. */
export interface JobMove {
  readonly jobId: JobId;
  readonly at: Date;
  readonly state: Job['state'];
  readonly attempt: number;
  readonly reason: string;
}

/** Changes that one batch holds: more cost no less each, and are committed later and keep readers of the history waiting. */
export const JOB_BATCH = 200;

/** A change, and what follows from it for other jobs, in order: stored whole or not at all. */
export type JobChanges = readonly [JobChange, ...JobChange[]];

/** Port. The Postgres adapter and the in-memory one pass the same contract suite. */
export interface JobRepository {
  find(id: JobId): Promise<Versioned<Job> | undefined>;
  /** Those of them that there are, in no order; one question, however many they are. */
  findAll(ids: readonly JobId[]): Promise<readonly Versioned<Job>[]>;
  /**
   * Every job of every plan that is being built, or of one such plan, as one moment saw them: plans in order of making,
   * their jobs in order of the plan, so that `waits` counts from the first one of its plan. Without the heavy parts of specifications, so
   * that a scheduler starts with 150,000 of them in seconds (Q12); `find` has those of one job.
   */
  openJobs(planId?: PlanId): Promise<readonly StandingJob[]>;
  /** The revision of every job of every plan that is being built: what a board in memory is compared with. */
  openRevisions(): Promise<ReadonlyMap<JobId, number>>;
  ofPlan(planId: PlanId): Promise<readonly Versioned<Job>[]>;
  /** The newest quarantined job for each build key of a profile, whose plan may be long over. */
  quarantined(profile: string): Promise<readonly Job[]>;
  save(...changes: JobChanges): Promise<Saved>;
  /**
   * Stores many of them in one transaction, in their order, and says of each what became of it. A conflict stores
   * nothing of those changes and keeps none of the others; an error, as of an unknown message, stores nothing at all. Under the fence
   * of a leader that leads no more it is `fenced`, and nothing is stored (S4, Q19). Hundreds of changes cost little
   * more than one: see `JOB_BATCH`.
   */
  saveAll(all: readonly JobChanges[], fence?: Fence): Promise<readonly Saved[] | 'fenced'>;
  findAttempt(id: AttemptId): Promise<Attempt | undefined>;
  attemptsOf(jobId: JobId): Promise<readonly Attempt[]>;
  /** Attempts in `offered` or `running`, of any plan. */
  openAttempts(): Promise<readonly Attempt[]>;
  /** Attempts that built something and were measured, the newest first: what is known of times and speeds. */
  builtAttempts(limit: number): Promise<readonly BuiltAttempt[]>;
  /** Updates an attempt alone (a drone began it, or ended what the job no longer waits for). */
  saveAttempt(attempt: Attempt): Promise<void>;
  historyOf(jobId: JobId): Promise<readonly JobMove[]>;
}
