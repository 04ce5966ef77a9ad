export {
  checkNames,
  defaultSweepPolicy,
  MAX_DETAIL_LENGTH,
  pageOf,
  type CheckName,
  type CheckRecord,
  type CheckResult,
  type DiskFloor,
  type SweepPolicy,
  type Verdict,
} from './check.js';
export { amissOf } from './drone-checks.js';
export type {
  DeadLetters,
  DiskReport,
  HeldWork,
  LeaderHeld,
  OutboxLag,
  OverdueSchedule,
  PlanProgress,
  SweepFacts,
  SweepLooks,
  UnpublishedArtifact,
  WatchedLeader,
  WatchedPlan,
  WatchedWork,
} from './facts.js';
export { stillMs } from './flow-checks.js';
export type { MaintenanceRepository, SweepRecord } from './maintenance.repository.js';
export { checks, seenSince, sweep, type AlarmChange, type SweepOutcome } from './sweep.js';
