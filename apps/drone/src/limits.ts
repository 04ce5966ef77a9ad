const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const KIB = 1024;
const MIB = 1024 * KIB;

/** Every bound of the agent, by name and unit. Tests give shorter ones. */
export interface DroneLimits {
  /** Part of a log that is kept from its beginning. */
  readonly logHeadBytes: number;
  /** Part of a log that is kept from its end, once the head is full. */
  readonly logTailBytes: number;
  /** Longest text in one chunk of a log. */
  readonly logChunkBytes: number;
  /** A shorter chunk waits at most this long. */
  readonly logFlushMs: number;
  /** How long a result waits for the rest of its log to be published. */
  readonly logFinishMs: number;
  /** Logs of attempts that stay on disk. */
  readonly logsKept: number;
  /** Finished attempts whose outcome is remembered. */
  readonly outcomesKept: number;
  /** The same by size; a plan document may have megabytes. */
  readonly outcomesKeptBytes: number;
  /** Refused artifacts that stay on disk for a person to look at. */
  readonly refusedKept: number;
  /** An artifact that was not accepted for so long is given up: its work has left the queue. */
  readonly artifactAgeMs: number;
  /** An upload in which no byte moves for so long is broken off. */
  readonly uploadIdleMs: number;
  /** The whole of one try of an upload. */
  readonly uploadTryMs: number;
  /** All tries of an upload together; then the attempt fails, and the next start tries once more. */
  readonly uploadPatienceMs: number;
  readonly uploadFirstDelayMs: number;
  readonly uploadMaxDelayMs: number;
  /** How long work waits for a configuration or a repository that cannot be had yet; then it is given back. */
  readonly syncPatienceMs: number;
  readonly syncFirstDelayMs: number;
  readonly syncMaxDelayMs: number;
  /** Waiting for the answer to an enrolment. */
  readonly enrolAnswerMs: number;
  readonly enrolMaxDelayMs: number;
  /** Between two tries of a drone that was refused. */
  readonly enrolRefusedDelayMs: number;
  /** From the abort of a build to the end of the agent: emerge's own grace, and the last reports. */
  readonly abortGraceMs: number;
}

export const defaultLimits: DroneLimits = {
  logHeadBytes: 48 * MIB,
  logTailBytes: 16 * MIB,
  logChunkBytes: 64 * KIB,
  logFlushMs: 500,
  logFinishMs: 10 * SECOND,
  logsKept: 20,
  outcomesKept: 200,
  outcomesKeptBytes: 64 * MIB,
  refusedKept: 3,
  artifactAgeMs: 7 * 24 * HOUR,
  uploadIdleMs: MINUTE,
  uploadTryMs: HOUR,
  uploadPatienceMs: 6 * HOUR,
  uploadFirstDelayMs: SECOND,
  uploadMaxDelayMs: MINUTE,
  syncPatienceMs: 5 * MINUTE,
  syncFirstDelayMs: SECOND,
  syncMaxDelayMs: 30 * SECOND,
  enrolAnswerMs: 5 * SECOND,
  enrolMaxDelayMs: 30 * SECOND,
  enrolRefusedDelayMs: 30 * SECOND,
  abortGraceMs: 30 * SECOND,
};

/** Deliveries of one piece of work to this drone: each crash of the agent costs one; then it is a dead letter. */
export const WORK_MAX_DELIVER = 10;
/** Longest summary and log end that a report carries (the contract's own bounds). */
export const SUMMARY_CHARS = 2000;
export const LOG_TAIL_CHARS = 20_000;
export const DOCUMENT_CHARS = 6_000_000;
