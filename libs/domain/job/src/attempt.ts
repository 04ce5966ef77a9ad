import type { AttemptId, DroneName, JobId, JobOutline } from './job.js';

/** How an attempt stands. All but the first two are final. */
export type AttemptState =
  'offered' | 'running' | 'succeeded' | 'failed' | 'refused' | 'returned' | 'reclaimed' | 'cancelled';

/** What an attempt cost, in milliseconds, measured on the drone. */
export interface AttemptMeasured {
  readonly wallMs: number;
  readonly dependenciesMs: number;
  readonly buildMs: number;
  readonly uploadMs: number;
}

/** The n-th try of a job on one drone. */
export interface Attempt {
  readonly id: AttemptId;
  readonly jobId: JobId;
  readonly number: number;
  readonly drone: DroneName;
  readonly state: AttemptState;
  /** SHA-256 of the one-time upload token, in hex; the token itself is only ever in the assignment. */
  readonly tokenSha256: string;
  readonly offeredAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  readonly failureClass: string | null;
  readonly summary: string | null;
  readonly logTail: string | null;
  readonly measured: AttemptMeasured | null;
}

/** A build that ended well, with what it tells of times to come. */
export interface BuiltAttempt extends Pick<JobOutline, 'cpv' | 'slot' | 'use'> {
  readonly drone: DroneName;
  /** Of the drone as it is now; 1 when it is not known any more. */
  readonly coresPerSlot: number;
  readonly measured: AttemptMeasured;
  /** Of the artifact; null when there is none. */
  readonly sizeBytes: number | null;
}

/** True while the drone is believed to work on it, or about to. */
export function isOpen(state: AttemptState): boolean {
  return state === 'offered' || state === 'running';
}
