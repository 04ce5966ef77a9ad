import type { LivenessPolicy } from '@swarm/domain-drone';
import { defaultLiveness } from '@swarm/domain-drone';

/** Everything that a sweep looks at. Each has its page, `docs/operations/alarm-<name>.md`. */
export const checkNames = [
  'drones',
  'clocks',
  'work',
  'schedules',
  'pauses',
  'staging',
  'plans',
  'outbox',
  'dead-letters',
  'nats',
  'disk',
  'leaders',
] as const;
export type CheckName = (typeof checkNames)[number];

/** `warning`: it may become an alarm, or right itself. `alarm`: a person must look. */
export type CheckResult = 'ok' | 'warning' | 'alarm';

/** What a check found: one sentence that names the cause and the fix, where it is not ok. */
export interface Verdict {
  readonly result: CheckResult;
  readonly detail: string;
}

/** A check as it is on record. */
export interface CheckRecord extends Verdict {
  readonly name: string;
  readonly ranAt: Date;
  /** Since when it is not ok, as warning or as alarm; null while it is. */
  readonly notOkSince: Date | null;
}

/** When things have lasted too long. Every field is configurable in tests; services use the default. */
export interface SweepPolicy {
  readonly liveness: LivenessPolicy;
  /** A drone that is offline for so long and that nobody drained. */
  readonly offlineWarningMs: number;
  readonly offlineAlarmMs: number;
  /** A drone's clock against the monitor's, either way. */
  readonly clockWarningMs: number;
  readonly clockAlarmMs: number;
  /** Work that its drone does not do is settled by healer and scheduler within this. */
  readonly settleMs: number;
  /** A pause is on record as ended so soon after its end. */
  readonly pauseEndMs: number;
  /** A pause that stands for so long is worth a look (S19). */
  readonly longPauseMs: number;
  /** An artifact is in the index so soon after it was received (S20). */
  readonly stagingMs: number;
  /** A plan of which nothing moves and nothing is in work. */
  readonly stillWarningMs: number;
  readonly stillAlarmMs: number;
  /** The oldest message of a service that is not sent. */
  readonly outboxWarningMs: number;
  readonly outboxAlarmMs: number;
  /** A dead letter is news for so long. */
  readonly deadLetterMs: number;
  /** Too little is free when it is less than this share of the disk and less than so many bytes. */
  readonly diskWarning: DiskFloor;
  readonly diskAlarm: DiskFloor;
  /** A report of a disk that is older says nothing of now. */
  readonly diskReportMs: number;
  /** Nobody has led a service for so long; a change of leaders takes seconds. */
  readonly unledMs: number;
}

/** The least that may be free: the smaller of the two. */
export interface DiskFloor {
  /** Of the whole disk, 0 … 1. */
  readonly share: number;
  readonly bytes: number;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const GIB = 1024 ** 3;

export const defaultSweepPolicy: SweepPolicy = {
  liveness: defaultLiveness,
  offlineWarningMs: 10 * MINUTE_MS,
  offlineAlarmMs: HOUR_MS,
  clockWarningMs: 5 * SECOND_MS,
  clockAlarmMs: MINUTE_MS,
  settleMs: 2 * MINUTE_MS,
  pauseEndMs: 2 * MINUTE_MS,
  longPauseMs: 24 * HOUR_MS,
  stagingMs: 10 * MINUTE_MS,
  stillWarningMs: 10 * MINUTE_MS,
  stillAlarmMs: 30 * MINUTE_MS,
  outboxWarningMs: MINUTE_MS,
  outboxAlarmMs: 5 * MINUTE_MS,
  deadLetterMs: HOUR_MS,
  diskWarning: { share: 0.1, bytes: 50 * GIB },
  diskAlarm: { share: 0.05, bytes: 20 * GIB },
  diskReportMs: 5 * MINUTE_MS,
  unledMs: MINUTE_MS,
};

/** The page of a check, for people. */
export function pageOf(name: string): string {
  return `docs/operations/alarm-${name}.md`;
}

/** Sentences of what is wrong, the worst kind first; `fine` where there are none. */
export interface Found {
  readonly alarms: readonly string[];
  readonly warnings: readonly string[];
  readonly fine: string;
}

/** Longest detail, in characters: it is one line of a page for people. */
export const MAX_DETAIL_LENGTH = 1_000;
/** Sentences that a detail has before it only counts them. */
const MAX_SENTENCES = 3;

/** The verdict that these sentences come to. */
export function verdictOf({ alarms, warnings, fine }: Found): Verdict {
  if (alarms.length > 0) return { result: 'alarm', detail: detailOf([...alarms, ...warnings]) };
  if (warnings.length > 0) return { result: 'warning', detail: detailOf(warnings) };
  return { result: 'ok', detail: fine };
}

function detailOf(sentences: readonly string[]): string {
  const more = sentences.length - MAX_SENTENCES;
  const tail = more > 0 ? `; and ${more} more` : '';
  const text = sentences.slice(0, MAX_SENTENCES).join('; ');
  return text.slice(0, MAX_DETAIL_LENGTH - tail.length) + tail;
}

/** A length of time for people: `40 s`, `12 min`, `3 h`, `2 d`. */
export function spanText(ms: number): string {
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`;
  if (ms < 48 * HOUR_MS) return `${Math.floor(ms / HOUR_MS)} h`;
  return `${Math.floor(ms / (24 * HOUR_MS))} d`;
}

/** Milliseconds from then to now; never negative, whatever the clocks do. */
export function sinceMs(then: Date, now: Date): number {
  return Math.max(0, now.getTime() - then.getTime());
}
