import {
  MAX_ALARMS_PER_GAP,
  MAX_OCCURRENCES_PER_LOOK,
  MISSED_AFTER_MS,
  type Calendar,
  type Schedule,
} from './schedule.js';

/** One instant at which a schedule has something to do. */
export interface Occurrence {
  /** By the cron expression; names the occurrence. */
  readonly at: Date;
  /** With its jitter. */
  readonly fireAt: Date;
}

/** The occurrences of a schedule that are due and on no record yet, in order. */
export interface Due {
  readonly occurrences: readonly Occurrence[];
  /** False where there may be more of them than one look takes in. */
  readonly isComplete: boolean;
}

type Timed = Pick<Schedule, 'name' | 'cron' | 'zone' | 'jitterMaxMs' | 'enabled' | 'settledUntil'>;

/** What has come due since the last record. A schedule that is not enabled has nothing due. */
export function dueOccurrences(schedule: Timed, calendar: Calendar, now: Date): Due {
  const occurrences: Occurrence[] = [];
  if (!schedule.enabled) return { occurrences, isComplete: true };
  let after = schedule.settledUntil;
  let latestFireMs = 0;
  while (occurrences.length < MAX_OCCURRENCES_PER_LOOK) {
    const at = calendar.next(schedule, after);
    if (at === undefined || at > now) return { occurrences, isComplete: true };
    if (at <= after)
      throw new Error(`the calendar stands still at ${at.toISOString()} for "${schedule.cron}"`);
    // They are taken in order: one whose own jitter is short waits for the one before it.
    latestFireMs = Math.max(latestFireMs, at.getTime() + jitterMs(schedule, at));
    if (latestFireMs > now.getTime()) return { occurrences, isComplete: true };
    occurrences.push({ at, fireAt: new Date(latestFireMs) });
    after = at;
  }
  return { occurrences, isComplete: false };
}

/** Whether an occurrence should have fired long before `now`. */
export function isMissed({ fireAt }: Occurrence, now: Date): boolean {
  return now.getTime() - fireAt.getTime() > MISSED_AFTER_MS;
}

/**
 * The missed occurrences that an alarm is due for (S1). Whoever looks at the ledger finds the same ones, so that a
 * scheduler that is dead need not raise its own alarm. Occurrences within a pause raise none.
 */
export function alarmsOf(
  schedule: Timed & Pick<Schedule, 'pause'>,
  occurrences: readonly Occurrence[],
  now: Date,
): readonly Occurrence[] {
  return occurrences
    .filter((each) => isMissed(each, now) && !isPaused(schedule, each))
    .slice(0, MAX_ALARMS_PER_GAP);
}

/** Whether an occurrence falls into the pause of its schedule. */
export function isPaused({ pause }: Pick<Schedule, 'pause'>, { fireAt }: Occurrence): boolean {
  return pause !== null && pause.at <= fireAt && fireAt < pause.until;
}

/** Milliseconds that an occurrence is put off by: chosen by its name, so that every look finds the same (FNV-1a). */
export function jitterMs({ name, jitterMaxMs }: Pick<Schedule, 'name' | 'jitterMaxMs'>, at: Date): number {
  if (jitterMaxMs === 0) return 0;
  let hash = 0x811c9dc5;
  for (const character of `${name} ${at.toISOString()}`) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return hash % (jitterMaxMs + 1);
}
