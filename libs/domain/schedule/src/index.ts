export { missedAlarm, type MissedAlarm } from './alarm.js';
export { alarmWords, runWords, uuidOf } from './identity.js';
export {
  admitRequest,
  decideFiring,
  nextInTurn,
  type Firing,
  type FiringFacts,
  type OpenRun,
  type SettledRecord,
} from './firing.js';
export {
  alarmsOf,
  dueOccurrences,
  isMissed,
  isPaused,
  jitterMs,
  type Due,
  type Occurrence,
} from './occurrences.js';
export {
  OVERTAKEN_AFTER_MS,
  planEvent,
  RELEASE_LIMIT_MS,
  releaseEvent,
  releaseLook,
  type ReleaseFacts,
  type ReleaseLook,
  type ReleaseRow,
} from './pipeline.js';
export { isActive, runLifecycle } from './run.lifecycle.js';
export { runAfter, type IllegalRunEvent } from './run.transition.js';
export {
  runOutcomes,
  type RunEvent,
  type RunEventType,
  type RunOutcome,
  type RunState,
  type ScheduleRun,
} from './run.js';
export { checkSchedule, RESERVED_NAMES } from './schedule-check.js';
export type { ScheduleRepository, Settlement } from './schedule.repository.js';
export {
  catchUpPolicies,
  DEFAULT_PAUSE_MS,
  MAX_ALARMS_PER_GAP,
  MAX_CATCH_UP_RUNS,
  MAX_JITTER_MS,
  MAX_OCCURRENCES_PER_LOOK,
  MAX_PAUSE_MS,
  MAX_QUEUED_RUNS,
  MISSED_AFTER_MS,
  overlapPolicies,
  type Calendar,
  type CatchUpPolicy,
  type OverlapPolicy,
  type Rule,
  type Schedule,
  type ScheduleDraft,
  type ScheduleMistake,
  type SchedulePause,
} from './schedule.js';
