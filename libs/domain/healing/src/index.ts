export {
  actionKinds,
  actionLifecycle,
  findings,
  pageCauses,
  rungOf,
  stateOf,
  type ActionEnd,
  type ActionKind,
  type ActionState,
  type EndState,
  type Fault,
  type Found,
  type HealingAction,
  type PageCause,
} from './action.js';
export {
  confirmationEnds,
  confirmCommand,
  DEFAULT_CONSENT_MS,
  isConfirmed,
  isLapsed,
  MAX_CONSENT_MS,
  type ConfirmationEnd,
  type Consent,
  type RebootRequest,
} from './confirmation.js';
export { KEPT_PROBES, type HealingRepository, type HostBook } from './healing.repository.js';
export type {
  ActReport,
  HostAccess,
  HostReport,
  HostScan,
  Page,
  PageDelivery,
  Pager,
} from './host-access.js';
export { hostKeyText, hostKeyTypes, isSameKey, MAX_HOST_KEYS, parseHostKeys } from './host-keys.js';
export {
  hostKinds,
  initSystems,
  MACHINE_ID,
  type DroneHost,
  type HostKey,
  type HostKind,
  type InitSystem,
} from './host.js';
export { decide, type Case, type Decision } from './ladder.js';
export { defaultHealing, type HealingPolicy } from './policy.js';
export { rebootHindrance, rebootQuota, type Fleet } from './reboot-limit.js';
export { settle, type Settlement } from './settle.js';
