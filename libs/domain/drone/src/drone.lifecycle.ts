import type { DroneEventType, DroneState } from './drone.js';

/**
 * Every legal move of a drone: state → event → the next state. docs/lifecycles.md is drawn from it.
 * No sign of life lifts a grounding: only time, then a canary, or a person does (S2).
 */
export const droneLifecycle = {
  online: {
    heard: 'online',
    'probation-heard': 'probation',
    'draining-heard': 'draining',
    'went-quiet': 'suspect',
    'went-silent': 'offline',
    'struck-out': 'grounded',
    'grounded-by-hand': 'grounded',
    retired: 'retired',
  },
  suspect: {
    heard: 'online',
    'probation-heard': 'probation',
    'draining-heard': 'draining',
    'went-quiet': 'suspect',
    'went-silent': 'offline',
    'struck-out': 'grounded',
    'canary-succeeded': 'suspect',
    'canary-failed': 'grounded',
    'grounded-by-hand': 'grounded',
    ungrounded: 'suspect',
    retired: 'retired',
  },
  offline: {
    heard: 'online',
    'probation-heard': 'probation',
    'draining-heard': 'draining',
    'went-quiet': 'offline',
    'went-silent': 'offline',
    'struck-out': 'grounded',
    'canary-succeeded': 'offline',
    'canary-failed': 'grounded',
    'grounded-by-hand': 'grounded',
    ungrounded: 'offline',
    retired: 'retired',
  },
  grounded: {
    heard: 'grounded',
    'probation-heard': 'grounded',
    'draining-heard': 'grounded',
    'went-quiet': 'grounded',
    'went-silent': 'grounded',
    'grounding-ended': 'probation',
    'grounded-by-hand': 'grounded',
    ungrounded: 'online',
    retired: 'retired',
  },
  probation: {
    heard: 'probation',
    'probation-heard': 'probation',
    'draining-heard': 'draining',
    'went-quiet': 'suspect',
    'went-silent': 'offline',
    'canary-succeeded': 'online',
    'canary-failed': 'grounded',
    'grounded-by-hand': 'grounded',
    ungrounded: 'online',
    retired: 'retired',
  },
  draining: {
    heard: 'online',
    'probation-heard': 'probation',
    'draining-heard': 'draining',
    'went-quiet': 'draining',
    'went-silent': 'offline',
    'struck-out': 'grounded',
    'canary-succeeded': 'draining',
    'canary-failed': 'grounded',
    'grounded-by-hand': 'grounded',
    ungrounded: 'draining',
    retired: 'retired',
  },
  retired: {},
} as const satisfies Readonly<Record<DroneState, Readonly<Partial<Record<DroneEventType, DroneState>>>>>;

/** The state after an event; undefined where the event is not for a drone in this state. */
export function nextDroneState(state: DroneState, event: DroneEventType): DroneState | undefined {
  const row: Readonly<Partial<Record<DroneEventType, DroneState>>> = droneLifecycle[state];
  return row[event];
}
