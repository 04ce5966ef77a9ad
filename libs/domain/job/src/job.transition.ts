import { err, ok, type Result } from '@swarm/kernel';

import type {
  AttemptId,
  Job,
  JobCore,
  JobEvent,
  JobEventType,
  JobIn,
  JobOutline,
  JobSpec,
  JobState,
  OpenJob,
} from './job.js';
import { jobLifecycle, type StateAccepting, type StateAfter } from './job.lifecycle.js';

export interface RetryPolicy {
  /** Failed attempts after which a job is quarantined. */
  readonly maxFailures: number;
  /** Lost, refused or returned attempts after which a job is quarantined. */
  readonly maxReclaims: number;
}

/** What the shell does after storing the new state. Plain data: the domain performs nothing. */
export type JobEffect =
  /** The attempt is over, through no end of its own; its drone may stop working on it. */
  | { readonly kind: 'end-attempt'; readonly attemptId: AttemptId }
  | { readonly kind: 'block-dependents' }
  | { readonly kind: 'unblock-dependents' }
  | { readonly kind: 'wake-dependents' };

export type TransitionError =
  | { readonly kind: 'illegal'; readonly state: JobState; readonly event: JobEventType }
  /** News of an attempt that is not the current one: acknowledged, counted, ignored (S18). */
  | { readonly kind: 'stale'; readonly attempt: number; readonly current: number };

export interface Transition<J extends OpenJob = Job> {
  readonly job: J;
  readonly effects: readonly JobEffect[];
}

type EventOf<E extends JobEventType> = Extract<JobEvent, { type: E }>;
type Handlers = {
  readonly [E in JobEventType]: (
    job: JobIn<StateAccepting<E>>,
    event: EventOf<E>,
    policy: RetryPolicy,
  ) => Transition<JobIn<StateAfter<E>>>;
};

const handlers: Handlers = {
  'dependencies-published': (job) => moved(as(job, { state: 'needed', notBefore: null })),
  'dependency-lost': (job, event) =>
    moved(as(job, { state: 'blocked', blockedBy: event.cpv }), { kind: 'block-dependents' }),
  'dependency-restored': (job) => moved(as(job, { state: 'waiting' }), { kind: 'unblock-dependents' }),
  delegated: (job, { attemptId, drone }) =>
    moved(as(job, { attempt: job.attempt + 1, state: 'delegated', attemptId, drone })),
  'attempt-reclaimed': (job, event, policy) => {
    const reclaims = job.reclaims + (event.excused === true ? 0 : 1);
    const ended = { kind: 'end-attempt', attemptId: job.attemptId } as const;
    return event.excused === true || reclaims < policy.maxReclaims
      ? moved({ ...core(job), reclaims, state: 'needed', notBefore: null }, ended)
      : quarantined({ ...core(job), reclaims }, `lost ${reclaims} times, last: ${event.reason}`, ended);
  },
  'attempt-resumed': (job, { attemptId, drone }) => moved(as(job, { state: 'delegated', attemptId, drone })),
  'attempt-failed': (job, event, policy) => {
    const failures = job.failures + (event.counts ? 1 : 0);
    const reclaims = job.reclaims + (event.counts ? 0 : 1);
    const failedOn = job.failedOn.includes(event.drone) ? job.failedOn : [...job.failedOn, event.drone];
    const failed = { ...core(job), failures, reclaims, failedOn };
    if (reclaims >= policy.maxReclaims) {
      return quarantined(failed, `lost ${reclaims} times, last: ${event.reason}`);
    }
    return event.retryAt !== null && failures < policy.maxFailures
      ? moved({ ...failed, state: 'needed', notBefore: event.retryAt })
      : quarantined(failed, event.reason);
  },
  'failure-excused': (job, { drone }, policy) => {
    // Excused or not, it was an attempt: what counts no more as failed counts as lost, while there is room for it.
    const isExcused = job.failures > 0 && job.reclaims + 1 < policy.maxReclaims;
    if (!isExcused) return moved(job);
    const failedOn = job.failedOn.filter((name) => name !== drone);
    const counts = { failures: job.failures - 1, reclaims: job.reclaims + 1, failedOn };
    return job.state === 'quarantined'
      ? moved({ ...core(job), ...counts, state: 'needed', notBefore: null }, { kind: 'unblock-dependents' })
      : moved({ ...job, ...counts });
  },
  'artifact-received': (job, { artifact }) =>
    moved(
      as(job, { state: 'received', artifact }),
      ...(job.state === 'delegated' ? [{ kind: 'end-attempt', attemptId: job.attemptId } as const] : []),
      ...(job.state === 'quarantined' ? [{ kind: 'unblock-dependents' } as const] : []),
    ),
  'artifact-published': (job, { artifact }) =>
    moved(as(job, { state: 'published', artifact }), { kind: 'wake-dependents' }),
  // Nothing of what failed before is held against it, or for it: it stays until a person says otherwise.
  'quarantined-by-hand': (job, { reason }) =>
    quarantined({ ...core(job), failures: 0, failedOn: [] }, reason, ...endOf(job)),
  'quarantine-released': (job) =>
    moved(
      { ...core(job), failures: 0, reclaims: 0, failedOn: [], state: 'waiting' },
      { kind: 'unblock-dependents' },
    ),
  superseded: (job) => moved({ ...core(job), state: 'superseded' }, ...endOf(job)),
  cancelled: (job) => moved({ ...core(job), state: 'cancelled' }, ...endOf(job)),
};

/** The next state of a job, or why there is none. Pure and total: no clock, no I/O, no throw. */
export function transition<S extends JobOutline = JobSpec>(
  job: Job<S>,
  event: JobEvent,
  policy: RetryPolicy,
): Result<Transition<Job<S>>, TransitionError> {
  // Older news is stale whatever the job has become since, so this comes before legality.
  if ('attempt' in event && event.attempt !== job.attempt) {
    return err({ kind: 'stale', attempt: event.attempt, current: job.attempt });
  }
  if (!(event.type in jobLifecycle[job.state])) {
    return err({ kind: 'illegal', state: job.state, event: event.type });
  }
  // The table has just been consulted; the compiler cannot carry that correlation across the lookup.
  // Handlers pass the specification on as it is, whatever parts of it are there.
  const handle = handlers[event.type] as unknown as (
    j: Job<S>,
    e: JobEvent,
    p: RetryPolicy,
  ) => Transition<Job<S>>;
  return ok(handle(job, event, policy));
}

function core({ id, spec, attempt, failures, reclaims, failedOn }: JobCore): JobCore {
  return { id, spec, attempt, failures, reclaims, failedOn };
}

/**
 * A job with the fields of its new state. Not by spreading: an engine makes such objects many times slower, and a plan
 * of tens of thousands of jobs moves them all at once.
 */
function as<F extends { readonly state: JobState }>(job: JobCore, fields: F): Omit<JobCore, keyof F> & F {
  return Object.assign(core(job), fields);
}

function moved<J extends Job>(job: J, ...effects: JobEffect[]): Transition<J> {
  return { job, effects };
}

function quarantined(
  job: JobCore,
  reason: string,
  ...effects: JobEffect[]
): Transition<JobIn<'quarantined'>> {
  return moved({ ...job, state: 'quarantined', reason }, ...effects, { kind: 'block-dependents' });
}

function endOf(job: Job): JobEffect[] {
  return job.state === 'delegated' ? [{ kind: 'end-attempt', attemptId: job.attemptId }] : [];
}
