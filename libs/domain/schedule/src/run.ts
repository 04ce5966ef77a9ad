/** Where a run stands. `queued` waits for its turn; `notifying` knows how it ended and has not said so yet. */
export type RunState =
  'queued' | 'syncing' | 'resolving' | 'building' | 'verifying' | 'promoting' | 'notifying' | 'ended';

export type RunEventType =
  'started' | 'synced' | 'planned' | 'resolved' | 'built' | 'verified' | 'closed' | 'notified';

/** How a run ended. `skipped` and `missed` never began: they are on record so that nothing is missing from it. */
export const runOutcomes = ['done', 'failed', 'cancelled', 'replaced', 'skipped', 'missed'] as const;
export type RunOutcome = (typeof runOutcomes)[number];

/** One firing of a schedule, or one request; written before anything else happens (S1). Its plan has its id. */
export interface ScheduleRun {
  readonly id: string;
  /** The schedule's name, or what else asked: `by-hand`, `abi-change`. */
  readonly schedule: string;
  readonly profile: string;
  /** As they were when it began; empty means those of the profile. */
  readonly targets: readonly string[];
  /** Which occurrence it is; null for one that a person asked for. */
  readonly occurrence: Date | null;
  /** The first occurrence that it stands for: earlier than `occurrence` where it makes up for missed ones. */
  readonly firstOccurrence: Date | null;
  /** How many occurrences it stands for; 0 for one that a person asked for. */
  readonly covers: number;
  readonly startedAt: Date;
  readonly state: RunState;
  /** When it came into its state. */
  readonly since: Date;
  /** Null until it is known. */
  readonly outcome: RunOutcome | null;
  /** One line for people: why it is in this state, or how it ended. */
  readonly detail: string;
  /** Digest of the profile version that it names in its first step; null before, and where there is none. */
  readonly configuration: string | null;
  readonly planId: string | null;
  readonly endedAt: Date | null;
}

/** What happens to a run. */
export type RunEvent =
  | { readonly type: 'started' }
  | { readonly type: 'synced'; readonly configuration: string | null }
  | { readonly type: 'planned'; readonly planId: string }
  | { readonly type: 'resolved'; readonly detail: string }
  | { readonly type: 'built'; readonly detail: string }
  | { readonly type: 'verified'; readonly detail: string }
  | { readonly type: 'closed'; readonly outcome: RunOutcome; readonly detail: string }
  | { readonly type: 'notified' };
