import { alarmWords, uuidOf } from './identity.js';
import type { Occurrence } from './occurrences.js';
import type { Schedule } from './schedule.js';

/** What is told of an occurrence that nothing fired in time. */
export interface MissedAlarm {
  /** Made of the occurrence: the alarm is raised once, whoever raises it, however often. */
  readonly id: string;
  readonly at: string;
  readonly schedule: string;
  readonly profile: string;
  readonly occurrence: string;
  readonly due: string;
  /** Which service noticed. */
  readonly by: string;
}

/** The alarm for one missed occurrence; `sha256` is of a text, in hex. */
export function missedAlarm(
  { name, profile }: Pick<Schedule, 'name' | 'profile'>,
  occurrence: Occurrence,
  { by, now, sha256 }: { readonly by: string; readonly now: Date; readonly sha256: (text: string) => string },
): MissedAlarm {
  return {
    id: uuidOf(sha256(alarmWords(name, occurrence.at))),
    at: now.toISOString(),
    schedule: name,
    profile,
    occurrence: occurrence.at.toISOString(),
    due: occurrence.fireAt.toISOString(),
    by,
  };
}
