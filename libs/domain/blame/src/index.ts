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
export {
  strikeBook,
  type DroneMove,
  type Ending,
  type FailureEntry,
  type GroundingEntry,
  type JobMove,
  type StrikeBook,
  type SuccessEntry,
} from './strike-book.js';
export {
  judge,
  memoryNeedAfter,
  narrowed,
  type Case,
  type Failure,
  type RetryDelays,
  type Verdict,
} from './verdict.js';
