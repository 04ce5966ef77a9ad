import type { Drone, DroneEvent } from './drone.js';

/** How long a drone may be silent. All in milliseconds since its last sign of life. */
export interface LivenessPolicy {
  readonly suspectAfterMs: number;
  readonly offlineAfterMs: number;
  /** After this its work is given to others. */
  readonly reclaimAfterMs: number;
}

export const defaultLiveness: LivenessPolicy = {
  suspectAfterMs: 15_000,
  offlineAfterMs: 30_000,
  reclaimAfterMs: 60_000,
};

/** Milliseconds since the last sign; never negative, whatever the clocks do. */
export function silenceMs(drone: Drone, now: Date): number {
  return Math.max(0, now.getTime() - drone.lastSign.at.getTime());
}

/**
 * What the drone's silence, or its last sign, means now. Pure: `(sign, now, policy) → event`.
 * `listeningSince` is when signs could last begin to be heard: silence that nobody listened to proves nothing,
 * so an outage of the monitor or of NATS takes no drone down.
 */
export function verdict(drone: Drone, now: Date, policy: LivenessPolicy, listeningSince: Date): DroneEvent {
  const silent = Math.min(silenceMs(drone, now), Math.max(0, now.getTime() - listeningSince.getTime()));
  if (silent >= policy.offlineAfterMs) return { type: 'went-silent' };
  if (silent >= policy.suspectAfterMs) return { type: 'went-quiet' };
  if (drone.drain !== null || drone.lastSign.draining) return { type: 'draining-heard' };
  return drone.grounding === null ? { type: 'heard' } : { type: 'probation-heard' };
}

/** True when what the drone holds must be given to others (rung 1): judged offline, and silent for long enough. */
export function isLost(drone: Drone, now: Date, policy: LivenessPolicy): boolean {
  if (drone.state === 'retired') return true;
  return drone.state === 'offline' && silenceMs(drone, now) >= policy.reclaimAfterMs;
}
