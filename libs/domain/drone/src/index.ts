export { droneLifecycle, nextDroneState } from './drone.lifecycle.js';
export type { DroneRepository, RecoveryAction, RecoveryRepository } from './drone.repository.js';
export type { Drone, DroneCapabilities, DroneEvent, DroneEventType, DroneSign, DroneState } from './drone.js';
export { defaultLiveness, isLost, silenceMs, verdict, type LivenessPolicy } from './liveness.js';
