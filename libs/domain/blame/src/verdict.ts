import { blameOf, consequencesOf, isComparable, type Blame, type FailureClass } from './blame.js';

/** One failed attempt of a job. */
export interface Failure {
  readonly attemptId: string;
  readonly drone: string;
  readonly class: FailureClass;
  /** One line for people. */
  readonly summary: string;
}

/** What is known when an attempt has failed. */
export interface Case {
  readonly failure: Failure;
  /** Earlier failures that still count against the job, oldest first. */
  readonly earlier: readonly Failure[];
  /** How often the job failed for passing causes before. */
  readonly passed: number;
  /** Drones other than this one that can be asked for a second opinion, or soon can. */
  readonly others: number;
  readonly now: Date;
}

export interface RetryDelays {
  /** How long a passing cause is given to pass, in milliseconds. */
  readonly retryDelayMs: number;
}

/** What a failure means. */
export interface Verdict {
  readonly blame: Blame;
  /** True when it counts against the job's failures; else it counts as one of those that it may lose. */
  readonly counts: boolean;
  /** True when it is held against the drone. */
  readonly strikes: boolean;
  /** Attempts whose strikes are taken back: the package was to blame (S2). */
  readonly takenBack: readonly string[];
  /** Null: no other try can end differently. */
  readonly retryAt: Date | null;
  /** For people, and for the record of a quarantine: what, where, and since when it is proven. */
  readonly reason: string;
}

/** Tries after which the wait for a passing cause begins to grow (DESIGN 6: 60 s, three times). */
const EVEN_DELAYS = 3;
/** By how much each of the later waits is longer than the one before, and the longest of all. */
const DELAY_GROWTH = 3;
const MAX_DELAY_MS = 3_600_000;

/**
 * Whose fault is it, and what follows? Pure and total.
 * A package is blamed on the word of two drones, or on two attempts where no other drone can be asked (S26). A drone
 * that fails the same job again is no second opinion, and does not count as one.
 */
export function judge(
  { failure, earlier, passed, others, now }: Case,
  { retryDelayMs }: RetryDelays,
): Verdict {
  const blame = blameOf[failure.class];
  const { counts, strikes, convicts } = consequencesOf[blame];
  const same = earlier.filter((other) => isComparable(other.class, failure.class));
  const elsewhere = same.filter(({ drone }) => drone !== failure.drone);
  const isRepeated =
    others > 0 && earlier.length > 0 && earlier.every(({ drone }) => drone === failure.drone);
  const isConfirmed = counts && blame !== 'plan' && elsewhere.length > 0;
  const isProven = convicts && (elsewhere.length > 0 || (others === 0 && same.length > 0));
  const delayMs = delayOf(blame, { passed, others, retryDelayMs });
  return {
    blame,
    counts: blame === 'plan' || (counts && !isRepeated),
    strikes: strikes && !isConfirmed,
    takenBack: isConfirmed ? same.map(({ attemptId }) => attemptId) : [],
    retryAt: blame === 'plan' || isProven ? null : new Date(now.getTime() + delayMs),
    reason: sentence(failure, isProven ? same : []),
  };
}

/** How long until another try can end differently. */
function delayOf(
  blame: Blame,
  { passed, others, retryDelayMs }: Pick<Case, 'passed' | 'others'> & RetryDelays,
): number {
  switch (blame) {
    case 'transient': {
      const growth = DELAY_GROWTH ** Math.max(0, passed + 1 - EVEN_DELAYS);
      return Math.max(retryDelayMs, Math.min(MAX_DELAY_MS, retryDelayMs * growth));
    }
    // Another drone can try at once; this one lacks what it lacked.
    case 'drone':
      return others > 0 ? 0 : retryDelayMs;
    // The drone gets no work while its way is bad, which is delay enough.
    case 'path':
    case 'package':
    case 'memory':
    case 'plan':
      return 0;
  }
}

function sentence({ drone, class: failure, summary }: Failure, proof: readonly Failure[]): string {
  const drones = [...new Set([...proof.map((other) => other.drone), drone])];
  const times = proof.length > 0 && drones.length === 1 ? `, ${proof.length + 1} times` : '';
  return `${failure} on ${drones.join(' and ')}${times}: ${summary}`;
}

/**
 * `-j` for a job that ran out of memory before: half of it for each time, so that the third try is the narrowest (Q10).
 */
export function narrowed(makeJobs: number, timesOutOfMemory: number): number {
  return Math.max(1, Math.floor(makeJobs / 2 ** timesOutOfMemory));
}

/** By how much more memory than it had a package is taken to need after it ran out. */
const MEMORY_GROWTH = 1.5;

/** What a package is taken to need from now on, in bytes, since it ran out of this much (Q10). */
export function memoryNeedAfter(hadBytes: number): number {
  return Math.ceil(hadBytes * MEMORY_GROWTH);
}
