import { isOpen, type Attempt } from './attempt.js';
import { isSettled } from './job.lifecycle.js';
import type { DroneName, Job, OpenJob } from './job.js';

/** What is to become of an attempt that a drone says it works on. */
export type HeldVerdict =
  /** The ledger says so, too. */
  | { readonly kind: 'its-own' }
  /** Taken back, but nobody has begun it anew: what it builds will be used (DESIGN 5). */
  | { readonly kind: 'kept' }
  /** Nobody waits for it there any more: the drone is to stop (S3, Q24). */
  | { readonly kind: 'disowned'; readonly because: string };

/** What the ledger knows of an attempt that a drone says it holds. */
export interface HeldAttempt {
  readonly drone: DroneName;
  readonly attempt: Attempt;
  readonly job: Job | undefined;
  /** The attempt that the job is delegated with now; undefined where it is not delegated. */
  readonly current: Attempt | undefined;
}

/** Pure: what a drone says it holds against what the ledger knows of it. */
export function judgeHeld({ drone, attempt, job, current }: HeldAttempt): HeldVerdict {
  const disowned = (because: string): HeldVerdict => ({ kind: 'disowned', because });
  if (attempt.drone !== drone) return disowned(`the ledger gave it to ${attempt.drone}`);
  if (isOpen(attempt.state)) return { kind: 'its-own' };
  if (attempt.state !== 'reclaimed') return disowned(`the ledger has it as ${attempt.state}`);
  if (job === undefined) return disowned('its job is gone');
  if (isSettled(job.state) || job.state === 'received') return disowned(`its job is ${job.state}`);
  if (current?.state === 'running')
    return disowned(`${current.drone} builds it now, as attempt ${current.number}`);
  return { kind: 'kept' };
}

/**
 * True when an attempt that was taken back goes on where it is: its drone still works on it, the job is needed, and
 * nobody has been given it since (S24). Pure; the number of the attempt is the fence.
 */
export function mayResume(attempt: Attempt, job: OpenJob): boolean {
  return attempt.state === 'reclaimed' && job.state === 'needed' && job.attempt === attempt.number;
}
