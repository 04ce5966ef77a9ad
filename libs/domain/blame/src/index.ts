export {
  blameOf,
  consequencesOf,
  failureClassOf,
  isComparable,
  type Blame,
  type Consequences,
  type FailureClass,
} from './blame.js';
export { byCanary, type CanaryFacts } from './canary.js';
export { excusable, isStruckOut } from './streak.js';
export {
  judge,
  memoryNeedAfter,
  narrowed,
  type Case,
  type Failure,
  type RetryDelays,
  type Verdict,
} from './verdict.js';
