import type { Drone, DroneEvent, DroneEventType, Suspension } from './drone.js';
import { nextDroneState } from './drone.lifecycle.js';

/** When a drone is kept from work, and for how long. All times in milliseconds (DESIGN 6 and 9). */
export interface GroundingPolicy {
  /** Failures in a row that ground a drone. */
  readonly strikes: number;
  /** The first grounding; each one that follows without a good canary between is twice as long, up to the limit. */
  readonly groundedMs: number;
  readonly maxGroundedMs: number;
  /** How long a drone gets nothing after its way to the binhost failed; doubled and limited in the same way. */
  readonly badUploadMs: number;
  readonly maxBadUploadMs: number;
}

export const defaultGrounding: GroundingPolicy = {
  strikes: 5,
  groundedMs: 300_000,
  maxGroundedMs: 3_600_000,
  badUploadMs: 60_000,
  maxBadUploadMs: 3_600_000,
};

/** What a move of a drone depends on beside the drone and the event. */
export interface DroneMoveContext {
  readonly now: Date;
  readonly policy: GroundingPolicy;
  /** Why, in words for people. */
  readonly reason: string;
}

/**
 * The drone after an event; undefined where the event is not for it: the state does not take it, or its grounding says
 * otherwise. Pure and total.
 */
export function moveDrone(drone: Drone, event: DroneEvent, context: DroneMoveContext): Drone | undefined {
  const state = nextDroneState(drone.state, event.type);
  if (state === undefined) return undefined;
  if (!isFor(drone, event.type, context.now)) return undefined;
  return { ...drone, state, reason: context.reason, grounding: groundingAfter(drone, event, context) };
}

/** The drone after its upload failed: no more work for a while, and then one job that shows whether the way is good (S22). */
export function uploadFailed(drone: Drone, { now, policy }: Omit<DroneMoveContext, 'reason'>): Drone {
  const { badUploadMs, maxBadUploadMs } = policy;
  return {
    ...drone,
    badUpload: another(drone.badUpload, now, { firstMs: badUploadMs, maxMs: maxBadUploadMs }),
  };
}

/** True when its time has run out; one that only a person ends never runs out. */
export function isOver(suspension: Suspension | null, now: Date): boolean {
  return suspension === null || (suspension.until !== null && suspension.until <= now);
}

/** What the state alone does not tell: whether a canary is owed, and whether the time is over. */
function isFor({ grounding }: Drone, event: DroneEventType, now: Date): boolean {
  if (event === 'grounding-ended') return isOver(grounding, now);
  if (event === 'heard') return grounding === null;
  if (event === 'ungrounded') return grounding !== null;
  return event !== 'probation-heard' || grounding !== null;
}

function groundingAfter(
  { grounding }: Drone,
  event: DroneEvent,
  { now, policy }: DroneMoveContext,
): Suspension | null {
  switch (event.type) {
    case 'struck-out':
    case 'canary-failed':
      return another(grounding, now, { firstMs: policy.groundedMs, maxMs: policy.maxGroundedMs });
    case 'grounded-by-hand':
      return byHand(grounding, event);
    case 'canary-succeeded':
    case 'ungrounded':
      return null;
    case 'heard':
    case 'probation-heard':
    case 'draining-heard':
    case 'went-quiet':
    case 'went-silent':
    case 'grounding-ended':
    case 'retired':
      return grounding;
  }
}

/** A person who says it again, with another end or reason, does not make the next one longer. */
function byHand(
  before: Suspension | null,
  { until = null, order }: Extract<DroneEvent, { type: 'grounded-by-hand' }>,
): Suspension {
  const times = (before?.times ?? 0) + (before?.order === undefined ? 1 : 0);
  return { until, times, ...(order && { order }) };
}

function another(
  before: Suspension | null,
  now: Date,
  { firstMs, maxMs }: { readonly firstMs: number; readonly maxMs: number },
): Suspension {
  const times = (before?.times ?? 0) + 1;
  // 2 to a large power is Infinity, which the limit takes in.
  return { times, until: new Date(now.getTime() + Math.min(maxMs, firstMs * 2 ** (times - 1))) };
}
