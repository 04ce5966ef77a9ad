import { z } from 'zod';

import { catchUpNames, overlapNames, runOutcomeNames } from './schedule.messages.js';
import { ProfileName } from './work.messages.js';

const Instant = z.iso.datetime();

export const ScheduleRunView = z.object({
  id: z.uuid(),
  schedule: z.string(),
  profile: z.string(),
  /** Null for one that a person asked for. */
  occurrence: Instant.nullable(),
  firstOccurrence: Instant.nullable(),
  /** How many occurrences it stands for. */
  covers: z.int().nonnegative(),
  startedAt: Instant,
  /** The step that it is in. */
  state: z.string(),
  since: Instant,
  outcome: z.enum(runOutcomeNames).nullable(),
  /** One line: why it is in this state, or how it ended. */
  detail: z.string(),
  planId: z.uuid().nullable(),
  endedAt: Instant.nullable(),
});
export type ScheduleRunView = z.output<typeof ScheduleRunView>;

export const ScheduleView = z.object({
  name: z.string(),
  profile: ProfileName,
  targets: z.array(z.string()),
  cron: z.string(),
  zone: z.string(),
  enabled: z.boolean(),
  overlap: z.enum(overlapNames),
  catchUp: z.enum(catchUpNames),
  jitterMaxMs: z.int().nonnegative(),
  pause: z.object({ at: Instant, until: Instant, author: z.string(), reason: z.string() }).nullable(),
  /** When it fires next; null where it never does. With jitter, and after a pause. */
  nextAt: Instant.nullable(),
  lastRun: ScheduleRunView.nullable(),
});
export type ScheduleView = z.output<typeof ScheduleView>;

export const ScheduleCheck = z.object({
  schedule: ScheduleView,
  /** Empty where the schedule is right. */
  mistakes: z.array(z.object({ field: z.string(), message: z.string() })),
  /** The next times, in UTC and in its own zone. */
  next: z.array(z.object({ at: Instant, local: z.string() })),
  /** Occurrences that are overdue now: nobody has fired them. */
  overdue: z.array(Instant),
  /** Recent records of occurrences that nothing fired in time, newest first. */
  missed: z.array(ScheduleRunView),
  /** One sentence: whether it will fire, and if not, why. */
  verdict: z.string(),
});
export type ScheduleCheck = z.output<typeof ScheduleCheck>;
