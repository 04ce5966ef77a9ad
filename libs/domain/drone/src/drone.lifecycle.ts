import type { DroneEventType, DroneState } from './drone.js';

/** Every legal move of a drone: state → event → the next state. docs/lifecycles.md is drawn from it. */
export const droneLifecycle = {
  online: {
    heard: 'online',
    'draining-heard': 'draining',
    'went-quiet': 'suspect',
    'went-silent': 'offline',
    retired: 'retired',
  },
  suspect: {
    heard: 'online',
    'draining-heard': 'draining',
    'went-quiet': 'suspect',
    'went-silent': 'offline',
    retired: 'retired',
  },
  offline: {
    heard: 'online',
    'draining-heard': 'draining',
    'went-quiet': 'offline',
    'went-silent': 'offline',
    retired: 'retired',
  },
  draining: {
    heard: 'online',
    'draining-heard': 'draining',
    'went-quiet': 'draining',
    'went-silent': 'offline',
    retired: 'retired',
  },
  retired: {},
} as const satisfies Readonly<Record<DroneState, Readonly<Partial<Record<DroneEventType, DroneState>>>>>;

/** The state after an event; undefined where the event is not for a drone in this state. */
export function nextDroneState(state: DroneState, event: DroneEventType): DroneState | undefined {
  const row: Readonly<Partial<Record<DroneEventType, DroneState>>> = droneLifecycle[state];
  return row[event];
}
