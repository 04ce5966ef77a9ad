import type { JobEventType, JobState } from './job.js';

type Lifecycle = Readonly<Record<JobState, Readonly<Partial<Record<JobEventType, readonly JobState[]>>>>>;

/**
 * Every legal move of a job: state → event → the states that it may lead to.
 * The handlers' types, the diagram in docs/lifecycles.md and the property tests derive from this table.
 */
export const jobLifecycle = {
  waiting: {
    'dependencies-published': ['needed'],
    'dependency-lost': ['blocked'],
    'quarantined-by-hand': ['quarantined'],
    superseded: ['superseded'],
    cancelled: ['cancelled'],
  },
  needed: {
    delegated: ['delegated'],
    'attempt-resumed': ['delegated'],
    // A late artifact of a reclaimed attempt; a build is a function of its inputs, so it is used.
    'artifact-received': ['received'],
    'failure-excused': ['needed'],
    'quarantined-by-hand': ['quarantined'],
    superseded: ['superseded'],
    cancelled: ['cancelled'],
  },
  delegated: {
    'artifact-received': ['received'],
    'attempt-failed': ['needed', 'quarantined'],
    'attempt-reclaimed': ['needed', 'quarantined'],
    // Of an earlier attempt; the one in hand goes on.
    'failure-excused': ['delegated'],
    'quarantined-by-hand': ['quarantined'],
    superseded: ['superseded'],
    cancelled: ['cancelled'],
  },
  received: { 'artifact-published': ['published'] },
  published: {},
  blocked: {
    'dependency-restored': ['waiting'],
    'quarantined-by-hand': ['quarantined'],
    superseded: ['superseded'],
    cancelled: ['cancelled'],
  },
  quarantined: {
    'artifact-received': ['received'],
    'failure-excused': ['needed', 'quarantined'],
    // It waits again: it may have been quarantined by hand before its dependencies were there.
    'quarantine-released': ['waiting'],
    superseded: ['superseded'],
    cancelled: ['cancelled'],
  },
  superseded: {},
  cancelled: {},
} as const satisfies Lifecycle;

type Table = typeof jobLifecycle;

/** The states in which an event of type `E` is legal. */
export type StateAccepting<E extends JobEventType> = {
  [S in JobState]: E extends keyof Table[S] ? S : never;
}[JobState];

/** The states that an event of type `E` may lead to. */
export type StateAfter<E extends JobEventType> = {
  [S in JobState]: E extends keyof Table[S]
    ? Table[S][E] extends readonly (infer T extends JobState)[]
      ? T
      : never
    : never;
}[JobState];

/** True for a state that no event leaves. */
export function isFinal(state: JobState): boolean {
  return Object.keys(jobLifecycle[state]).length === 0;
}

/** True when a plan need not wait for a job in this state any more (nothing happens without a person). */
export function isSettled(state: JobState): boolean {
  return isFinal(state) || state === 'blocked' || state === 'quarantined';
}
