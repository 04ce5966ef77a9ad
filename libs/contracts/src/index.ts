export { API_BASE, api, apiStreams, MAX_LIST, type ApiName } from './api.js';
export {
  ApiFailure,
  AttemptView,
  DroneStateName,
  droneStates,
  DroneView,
  EventView,
  FindingView,
  JobCounts,
  JobDetail,
  JobStateName,
  JobSummary,
  OrderView,
  PlanDetail,
  PlanNumbers,
  PlanStateName,
  planStates,
  PlanSummary,
  ProfileKind,
  ProfileStatus,
  ProfileView,
  Release,
  Status,
  VersionRef,
} from './api.model.js';
export { auditApi, AuditFindingView, DroneAuditView } from './audit.api.js';
export { MachineReportAsked, MachineReported, MachineReportFact } from './audit.messages.js';
export { PlanAnswered, PlanAsked } from './ask.messages.js';
export {
  defineMessage,
  filterFor,
  filterOf,
  SUBJECT_TOKEN,
  subjectOf,
  type Carrier,
  type Message,
  type Payload,
} from './define-message.js';
export {
  ConfigurationChangesView,
  ConfigurationView,
  LineChangeView,
  ProfileDiff,
  ProfileVersionSummary,
  ProfileVersionView,
  PushedVersion,
  RepositoryPinView,
} from './profile.model.js';
export {
  defineEndpoint,
  MAX_BODY_BYTES,
  type Endpoint,
  type EndpointInput,
  type EndpointRequest,
  type EndpointResponse,
} from './endpoint.js';
export { CheckView, doctorApi, DoctorView } from './doctor.api.js';
export { droneApi, OrderedView } from './drone.api.js';
export { DroneEnrolled, DroneEnrolling, DroneHeartbeat } from './drone.messages.js';
export {
  DroneOrderAnswered,
  DroneOrderAsked,
  DroneOrdered,
  DroneWish,
  WorkDisowned,
  WorkStopped,
} from './drone-order.messages.js';
export {
  AlarmMoved,
  ArtifactPublished,
  ArtifactReceived,
  ArtifactRefused,
  AttemptFailed,
  DroneMoved,
  JobMoved,
  jobStates,
  PlanMoved,
  ProfilePushed,
  ReclaimRequested,
  ReleasePromoted,
  RunStarted,
} from './event.messages.js';
export {
  MAX_BATCH_BYTES,
  MAX_BATCH_MESSAGES,
  type ConsumeOptions,
  type Delivery,
  type Handler,
  type MessageBus,
  type Outcome,
  type Publication,
  type StreamContents,
  type Subscription,
} from './message-bus.js';
export type { EventLog, Outbox, OutboxRow, StoredEvent } from './outbox.js';
export { events, messageNamed, messages, outgoing, type MessageName } from './registry.js';
export { ScheduleCheck, ScheduleRunView, ScheduleView } from './schedule.model.js';
export {
  RunEnded,
  ScheduleAnswered,
  ScheduleAsked,
  ScheduleMissed,
  ScheduleWish,
} from './schedule.messages.js';
export {
  MAX_ATOM_LENGTH,
  MAX_WHY_ANSWERS,
  WhyAnswer,
  WhyAnswered,
  WhyAsked,
  whyKinds,
} from './why.messages.js';
export { PLAN_SCHEMA, PlanDocument } from './plan-document.js';
export { DEDUPE_WINDOW_MS, streams, type StreamDefinition, type StreamName } from './streams.js';
export {
  BuildWork,
  DroneName,
  FailureClass,
  failureClasses,
  LogWritten,
  Measured,
  ProfileName,
  ResolveWork,
  ConfigurationRef,
  SyntheticBuild,
  WorkAssigned,
  WorkOutcome,
  WorkReported,
} from './work.messages.js';
export { PauseView } from './pause.api.js';
export { PauseAnswered, PauseAsked, PauseFact, PauseMoved, PauseScope } from './pause.messages.js';
export { QuarantineDetail, QuarantineView } from './quarantine.api.js';
export { QuarantineAnswered, QuarantineAsked } from './quarantine.messages.js';
export { AlarmView, HealingActionView, HostView, RebootRequestView } from './healing.api.js';
export {
  HealingAnswered,
  HealingAsked,
  HealingMoved,
  HostMoved,
  HostScanFact,
  HostWish,
  RebootRequestMoved,
} from './healing.messages.js';
