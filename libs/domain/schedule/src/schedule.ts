import type { Result } from '@swarm/kernel';

/** What happens to an occurrence while a run of the same schedule is still open. */
export const overlapPolicies = ['skip', 'queue', 'replace'] as const;
export type OverlapPolicy = (typeof overlapPolicies)[number];

/** What happens to occurrences that passed while nobody could fire them: one run for all, none, or one each. */
export const catchUpPolicies = ['one', 'none', 'all'] as const;
export type CatchUpPolicy = (typeof catchUpPolicies)[number];

/** A run that could not begin so long after its time was missed: an alarm is raised. */
export const MISSED_AFTER_MS = 60_000;
/** Most runs that `all` makes of missed occurrences; those before them are on record as missed. */
export const MAX_CATCH_UP_RUNS = 5;
/** Most runs of one schedule that wait for their turn. */
export const MAX_QUEUED_RUNS = 5;
/** Occurrences that one look takes in; a longer gap is settled in several looks. */
export const MAX_OCCURRENCES_PER_LOOK = 10_000;
/** Occurrences of one gap that each raise an alarm of their own; the run's record counts the others. */
export const MAX_ALARMS_PER_GAP = 10;
/** Longest that a run may be put off to spread the load. */
export const MAX_JITTER_MS = 6 * 3_600_000;
/** How long a pause lasts that names no end (S19). */
export const DEFAULT_PAUSE_MS = 4 * 3_600_000;
/** A pause cannot be longer; whoever wants no runs at all disables the schedule. */
export const MAX_PAUSE_MS = 30 * 86_400_000;

/** When something happens: a cron expression, read in a time zone. */
export interface Rule {
  /** Five fields, or a name such as `@daily`. */
  readonly cron: string;
  /** IANA name, e.g. `Europe/Berlin`. */
  readonly zone: string;
}

/** Who lets a schedule rest, from when until when, and why (S19). */
export interface SchedulePause {
  readonly at: Date;
  readonly until: Date;
  readonly author: string;
  readonly reason: string;
}

/** What a person decides about a schedule. */
export interface ScheduleDraft extends Rule {
  readonly name: string;
  readonly profile: string;
  /** Empty: the profile's own, as they are when it fires. */
  readonly targets: readonly string[];
  readonly overlap: OverlapPolicy;
  readonly catchUp: CatchUpPolicy;
  /** Each occurrence is put off by 0 to this many milliseconds; always the same for the same occurrence. */
  readonly jitterMaxMs: number;
}

/** A plan that is made again and again. */
export interface Schedule extends ScheduleDraft {
  /** A schedule that is not enabled has no occurrences. */
  readonly enabled: boolean;
  readonly pause: SchedulePause | null;
  /** Every occurrence up to this instant is on record, as run, skipped or missed. */
  readonly settledUntil: Date;
  readonly createdAt: Date;
}

/** What is wrong with a schedule: which field, and how to mend it. */
export interface ScheduleMistake {
  readonly field: string;
  readonly message: string;
}

/** Port: what knows cron expressions and time zones. Answers are the same whenever they are asked for. */
export interface Calendar {
  /** Whether the rule can be understood and ever comes true. */
  check(rule: Rule): Result<true, ScheduleMistake>;
  /** The first occurrence strictly after an instant; undefined where there is none for years. */
  next(rule: Rule, after: Date): Date | undefined;
}
