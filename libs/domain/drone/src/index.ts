export { droneLifecycle, nextDroneState } from './drone.lifecycle.js';
export type { DroneRepository, RecoveryAction, RecoveryRepository } from './drone.repository.js';
export {
  defaultGrounding,
  isOver,
  moveDrone,
  uploadFailed,
  type DroneMoveContext,
  type GroundingPolicy,
} from './drone.transition.js';
export type {
  Drone,
  DroneCapabilities,
  DroneEvent,
  DroneEventType,
  DroneSign,
  DroneState,
  Order,
  Pressure,
  SignDetails,
  Suspension,
} from './drone.js';
export { defaultLiveness, isLost, silenceMs, verdict, type LivenessPolicy } from './liveness.js';
export {
  carryOut,
  MAX_GROUND_MS,
  signed,
  type DroneWish,
  type OrderContext,
  type OrderDecision,
} from './order.js';
export type { Strike, StrikeEnd, StrikeRepository } from './strike.js';
export { owesCanary, workLimit, type WorkLimit } from './work-limit.js';
