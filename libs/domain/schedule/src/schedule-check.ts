import { MAX_JITTER_MS, type Calendar, type ScheduleDraft, type ScheduleMistake } from './schedule.js';

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
/** Names under which runs that no schedule made are listed. */
export const RESERVED_NAMES: readonly string[] = ['by-hand', 'operator', 'abi-change'];

/** Everything that is wrong with a schedule, each with its field and what to write instead; empty when nothing is. */
export function checkSchedule(draft: ScheduleDraft, calendar: Calendar): readonly ScheduleMistake[] {
  const mistakes: ScheduleMistake[] = [];
  if (!NAME.test(draft.name)) {
    mistakes.push({ field: 'name', message: 'use 1 to 63 of a-z, 0-9 and "-", e.g. nightly' });
  } else if (RESERVED_NAMES.includes(draft.name)) {
    mistakes.push({
      field: 'name',
      message: `"${draft.name}" is what other runs are listed under: choose another`,
    });
  }
  const { jitterMaxMs } = draft;
  if (!Number.isInteger(jitterMaxMs) || jitterMaxMs < 0 || jitterMaxMs > MAX_JITTER_MS) {
    mistakes.push({ field: 'jitterMaxMs', message: `give 0 to ${MAX_JITTER_MS} milliseconds` });
  }
  const rule = calendar.check(draft);
  return rule.ok ? mistakes : [...mistakes, rule.error];
}
