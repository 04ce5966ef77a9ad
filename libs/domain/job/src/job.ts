import type { Brand } from '@swarm/kernel';

import type { Cpv } from '@swarm/domain-ebuild';
import type { BuildInputs } from '@swarm/domain-plan';

export type JobId = Brand<string, 'JobId'>;
export type PlanId = Brand<string, 'PlanId'>;
export type AttemptId = Brand<string, 'AttemptId'>;
export type DroneName = Brand<string, 'DroneName'>;
export type Sha256 = Brand<string, 'Sha256'>;

/** Where a binary dependency is installed before a build: the target root, or the root that runs the build (BROOT). */
export type DependencyRoot = 'target' | 'build';

/** A build made without Portage, after the times of a trace. */
export interface Synthetic {
  readonly durationMs: number;
  readonly fails: 'never' | 'always' | 'first-attempt';
  readonly sizeBytes: number;
}

/**
 * What a job is, as far as anything is decided by it: the part of its specification that a scheduler holds in memory
 * for every job of every open plan (Q12). Fixed when the plan is made, never changed afterwards.
 */
export interface JobOutline {
  readonly planId: PlanId;
  readonly profile: string;
  readonly cpv: Cpv;
  /** Slot with sub-slot, e.g. `0/70`. */
  readonly slot: string;
  /** Enabled flags out of IUSE, sorted. */
  readonly use: readonly string[];
  readonly repository: string;
  /** Everything that decides the binary, as one string; equal keys mean that one build serves both. */
  readonly buildKey: string;
  /** A stage-1 build, which opens a cycle and never reaches a release (S11). */
  readonly bootstrap: boolean;
  /** Why it is built, in a few words, e.g. `USE changed: +x`. */
  readonly why: string;
  /**
   * Positions in its plan of the jobs that it waits for, all before its own, without those that are waited for by
   * another one of them. What its plan did not have to build is not among them. See `directWaits`.
   */
  readonly waits: readonly number[];
  /** Longest chain of jobs that ends with this one's last dependent; the scheduler's first measure. */
  readonly criticalPath: number;
}

/** All that is to be built, with the heavy parts: read job by job, when one is given to a drone or asked about. */
export interface JobSpec extends JobOutline {
  /** The build key as a value, so that a later plan can say what differs; null for jobs of before there was one. */
  readonly inputs: BuildInputs | null;
  /** Build keys of all that must be installed before the build, dependencies first. */
  readonly needs: readonly { readonly buildKey: string; readonly root: DependencyRoot }[];
  readonly synthetic: Synthetic | null;
}

/** What every job carries, whatever its state. */
export interface JobCore<S extends JobOutline = JobSpec> {
  readonly id: JobId;
  readonly spec: S;
  /** The number of the latest attempt; 0 before the first. It is the fence: older news is stale. */
  readonly attempt: number;
  /** Attempts that failed for a cause that counts against the package. Bounded by `maxFailures`. */
  readonly failures: number;
  /** Attempts that were lost, given back, or failed through no fault of the package. Bounded by `maxReclaims` (S5). */
  readonly reclaims: number;
  /** Drones on which this job failed, for a second opinion elsewhere. */
  readonly failedOn: readonly DroneName[];
}

/** One package to be built, once. A field exists only in the states where it means something. */
export type Job<S extends JobOutline = JobSpec> =
  | (JobCore<S> & { readonly state: 'waiting' })
  | (JobCore<S> & { readonly state: 'needed'; readonly notBefore: Date | null })
  | (JobCore<S> & { readonly state: 'delegated'; readonly attemptId: AttemptId; readonly drone: DroneName })
  | (JobCore<S> & { readonly state: 'received'; readonly artifact: Sha256 })
  | (JobCore<S> & { readonly state: 'published'; readonly artifact: Sha256 })
  | (JobCore<S> & { readonly state: 'blocked'; readonly blockedBy: Cpv })
  | (JobCore<S> & { readonly state: 'quarantined'; readonly reason: string })
  | (JobCore<S> & { readonly state: 'superseded' })
  | (JobCore<S> & { readonly state: 'cancelled' });

/** A job without the heavy parts of its specification; every `Job` is one, too. */
export type OpenJob = Job<JobOutline>;

export type JobState = Job['state'];
export type JobIn<S extends JobState> = Extract<Job, { state: S }>;

export type JobEvent =
  /** Everything that the build needs is in the staging index. */
  | { readonly type: 'dependencies-published' }
  /** A dependency is quarantined, or itself blocked. */
  | { readonly type: 'dependency-lost'; readonly cpv: Cpv }
  | { readonly type: 'dependency-restored' }
  | { readonly type: 'delegated'; readonly attemptId: AttemptId; readonly drone: DroneName }
  /** The drone holds the attempt no more, and no fault of the package is known. */
  | {
      readonly type: 'attempt-reclaimed';
      readonly attempt: number;
      readonly reason: string;
      /** True when the drone could not do it through nobody's fault, e.g. because it is behind: it costs nothing (S17). */
      readonly excused?: boolean;
    }
  /** The latest attempt was taken back, but its drone is there and still works on it: it keeps its build (S24). */
  | {
      readonly type: 'attempt-resumed';
      readonly attempt: number;
      readonly attemptId: AttemptId;
      readonly drone: DroneName;
    }
  | {
      readonly type: 'attempt-failed';
      readonly attempt: number;
      readonly drone: DroneName;
      readonly reason: string;
      /** When it may be tried again; null when no other try can end differently. */
      readonly retryAt: Date | null;
      /** True when it counts against the package; else it counts as one that was lost. */
      readonly counts: boolean;
    }
  /** A failure that counted was that of a grounded drone: it counts as lost instead (S2). Stored with its attempt. */
  | { readonly type: 'failure-excused'; readonly drone: string }
  /** The binhost holds a verified artifact of this job. Never fenced: a build is a function of its inputs. */
  | { readonly type: 'artifact-received'; readonly artifact: Sha256 }
  | { readonly type: 'artifact-published'; readonly artifact: Sha256 }
  /** A person wants it not tried. */
  | { readonly type: 'quarantined-by-hand'; readonly reason: string }
  | { readonly type: 'quarantine-released' }
  | { readonly type: 'superseded' }
  | { readonly type: 'cancelled' };

export type JobEventType = JobEvent['type'];
