import { outgoing } from '@swarm/contracts';
import {
  runWords,
  uuidOf,
  type RunOutcome,
  type RunState,
  type Schedule,
  type ScheduleRun,
  type SettledRecord,
} from '@swarm/domain-schedule';
import type { Outgoing } from '@swarm/kernel';

/** What a run is begun with. */
export type RunRequest = Pick<ScheduleRun, 'id' | 'schedule' | 'profile' | 'targets'>;

/** A run that somebody asked for: it begins at once, or waits for its turn. */
export function requestedRun(
  request: RunRequest,
  now: Date,
  waits: { readonly state: 'queued' | 'syncing'; readonly why: string } = { state: 'syncing', why: '' },
): ScheduleRun {
  return {
    ...request,
    ...{ occurrence: null, firstOccurrence: null, covers: 0 },
    ...begun(now, waits.state, waits.why),
  };
}

/** The row of what was decided about occurrences; its id is made of their name, so that it can be stored only once. */
export function runOfRecord(
  schedule: Schedule,
  { occurrence, firstOccurrence, covers, verdict }: SettledRecord,
  { now, sha256 }: { readonly now: Date; readonly sha256: (text: string) => string },
): ScheduleRun {
  const { name, profile, targets } = schedule;
  const id = uuidOf(sha256(runWords(name, occurrence)));
  const about = { id, schedule: name, profile, targets, occurrence, firstOccurrence, covers };
  switch (verdict.kind) {
    case 'start':
      return { ...about, ...begun(now, 'syncing', '') };
    case 'queue':
      return { ...about, ...begun(now, 'queued', verdict.why) };
    case 'skipped':
    case 'missed':
      return { ...about, ...begun(now, 'ended', verdict.why), outcome: verdict.kind, endedAt: now };
  }
}

function begun(
  now: Date,
  state: RunState,
  detail: string,
): Omit<ScheduleRun, keyof RunRequest | 'occurrence' | 'firstOccurrence' | 'covers'> {
  return {
    ...{ state, startedAt: now, since: now, endedAt: null },
    ...{ outcome: null, configuration: null, planId: null },
    detail: detail === '' ? 'names the version of its profile' : detail,
  };
}

/** STARTED: stored with the row, before any work (S1). */
export function runStarted({ id, schedule, profile }: ScheduleRun, now: Date, origin = schedule): Outgoing {
  return outgoing('RunStarted', id, { id, at: now.toISOString(), runId: id, schedule: origin, profile });
}

/** One line for people of how a run ended. */
export function runEnded(
  { id, schedule, profile, outcome, detail, planId }: ScheduleRun,
  now: Date,
): Outgoing {
  const ended: RunOutcome = outcome ?? 'failed';
  return outgoing('RunEnded', id, {
    ...{ id, at: now.toISOString(), runId: id, schedule, profile },
    ...{ outcome: ended, line: detail, planId },
  });
}
