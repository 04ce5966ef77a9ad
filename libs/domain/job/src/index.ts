export {
  isOpen,
  type Attempt,
  type AttemptMeasured,
  type AttemptState,
  type BuiltAttempt,
} from './attempt.js';
export { judgeHeld, mayResume, type HeldAttempt, type HeldVerdict } from './held-work.js';
export { isFinal, isSettled, jobLifecycle } from './job.lifecycle.js';
export {
  JOB_BATCH,
  type JobChange,
  type JobChanges,
  type JobMove,
  type JobRepository,
  type StandingJob,
} from './job.repository.js';
export {
  transition,
  type JobEffect,
  type RetryPolicy,
  type Transition,
  type TransitionError,
} from './job.transition.js';
export type {
  AttemptId,
  DependencyRoot,
  DroneName,
  Job,
  JobCore,
  JobEvent,
  JobEventType,
  JobId,
  JobIn,
  JobOutline,
  JobSpec,
  JobState,
  OpenJob,
  PlanId,
  Sha256,
  Synthetic,
} from './job.js';
