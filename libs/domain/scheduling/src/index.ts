export { isLost, type BoardChange, type BoardJob, type NewBoardJob } from './board-job.js';
export { DroneSpeeds } from './drone-speeds.js';
export { DurationModel, type Observation, type Subject } from './duration-model.js';
export { etaOfJob, etaOfPlan, Etas, type Eta, type Expected } from './eta.js';
export { overlooked } from './overlooked.js';
export { nothingKnown, type FleetDrone, type PlacementFacts, type ResourceNeed } from './fleet.js';
export type { Exclusion, NotPlaced } from './not-placed.js';
export {
  beginPause,
  DEFAULT_WORK_PAUSE_MS,
  endOver,
  endPause,
  isPaused,
  isStanding,
  MAX_PAUSE_REASON_LENGTH,
  MAX_WORK_PAUSE_MS,
  pauseOf,
  pausesOver,
  pauseText,
  resumeCommand,
  scopeText,
  standingPauses,
  type EndedPause,
  type PausablePlan,
  type Pause,
  type PauseDecision,
  type PauseDraft,
  type PauseEnd,
  type PauseScope,
} from './pause.js';
export type { PauseChange, PauseRecord, PauseRepository } from './pause.repository.js';
export {
  defaultPlacement,
  explainPlacement,
  explainRound,
  place,
  type ExplainedRound,
  type Placement,
  type PlacementPolicy,
  type PlacementView,
} from './place.js';
export type { PlanLane } from './plan-lane.js';
export { expectedTotalMs, meanMs, quantileMs, type Prediction } from './prediction.js';
export { WorkBoard, type BoardError } from './work-board.js';
export {
  RECEIVED_LATE_MS,
  Reasons,
  whyNotBuilding,
  type Holdup,
  type Reason,
  type ReasonKind,
  type UnresolvedPlan,
  type WhyView,
} from './why.js';
export { sentenceOf, unblocksOf } from './why-text.js';
export { packageTest, type NamedPackage, type PackageTest } from './why-atom.js';
