import type { Drone, DroneEvent, Order } from './drone.js';
import { nextDroneState } from './drone.lifecycle.js';
import { moveDrone, type GroundingPolicy } from './drone.transition.js';

/** The longest time that a person may ground a drone for; without an end, it lasts until a person lifts it. */
export const MAX_GROUND_MS = 30 * 24 * 3_600_000;

/** What a person may want of a drone. */
export type DroneWish =
  /** Kept from work, what it has goes back at once; `forMs` null: until a person lifts it. */
  | { readonly kind: 'ground'; readonly forMs: number | null }
  | { readonly kind: 'unground' }
  /** Finishes what it has and gets nothing more, until `resume`. */
  | { readonly kind: 'drain' }
  | { readonly kind: 'resume' }
  /** For ever: the name may not come back. */
  | { readonly kind: 'retire' };

export interface OrderContext {
  readonly by: string;
  readonly reason: string;
  readonly now: Date;
  readonly policy: GroundingPolicy;
  /** What its silence, or its last sign, means now, for a drone that an order leaves to that. */
  readonly heardOf: (drone: Drone) => DroneEvent;
}

export type OrderDecision =
  | { readonly kind: 'changed'; readonly drone: Drone }
  /** It is so already. */
  | { readonly kind: 'unchanged'; readonly because: string }
  | { readonly kind: 'refused'; readonly because: string };

/** The drone after a person's order. Pure; an order that is given twice changes nothing the second time. */
export function carryOut(drone: Drone, wish: DroneWish, context: OrderContext): OrderDecision {
  if (drone.state === 'retired') {
    return wish.kind === 'retire'
      ? { kind: 'unchanged', because: `${drone.name} is retired` }
      : { kind: 'refused', because: `${drone.name} is retired; enrol it under another name` };
  }
  switch (wish.kind) {
    case 'ground':
      return ground(drone, wish.forMs, context);
    case 'unground':
      return unground(drone, context);
    case 'drain':
      return drain(drone, context);
    case 'resume':
      return resume(drone, context);
    case 'retire':
      return moved(drone, { type: 'retired' }, context, `retired by ${signed(context)}`);
  }
}

/** `alice: its disk is dying`, for sentences about an order. */
export function signed({ by, reason }: Pick<Order, 'by' | 'reason'>): string {
  return reason === '' ? by : `${by}: ${reason}`;
}

function ground(drone: Drone, forMs: number | null, context: OrderContext): OrderDecision {
  const { by, reason, now } = context;
  if (forMs !== null && (forMs <= 0 || forMs > MAX_GROUND_MS)) {
    return {
      kind: 'refused',
      because: `for: at most ${MAX_GROUND_MS / 86_400_000} days, and more than nothing`,
    };
  }
  const until = forMs === null ? null : new Date(now.getTime() + forMs);
  const order = { by, reason, since: now };
  return moved(drone, { type: 'grounded-by-hand', until, order }, context, `grounded by ${signed(context)}`);
}

function unground(drone: Drone, context: OrderContext): OrderDecision {
  if (drone.grounding === null) return { kind: 'unchanged', because: `${drone.name} is not grounded` };
  return moved(drone, { type: 'ungrounded' }, context, `grounding ended by ${signed(context)}`);
}

function drain(drone: Drone, context: OrderContext): OrderDecision {
  const { by, reason, now } = context;
  if (drone.drain?.by === by && drone.drain.reason === reason) {
    return { kind: 'unchanged', because: `${drone.name} is drained by ${signed(drone.drain)}` };
  }
  const drained = { ...drone, drain: { by, reason, since: now } };
  return asHeard(drained, context, `drained by ${signed(context)}`);
}

function resume(drone: Drone, context: OrderContext): OrderDecision {
  if (drone.drain === null) return { kind: 'unchanged', because: `nobody has drained ${drone.name}` };
  return asHeard({ ...drone, drain: null }, context, `resumed by ${signed(context)}`);
}

function moved(drone: Drone, event: DroneEvent, context: OrderContext, reason: string): OrderDecision {
  const after = moveDrone(drone, event, { now: context.now, policy: context.policy, reason });
  if (after === undefined) return { kind: 'refused', because: `${drone.name} is ${drone.state}` };
  return event.type === 'ungrounded' ? asHeard(after, context, reason) : { kind: 'changed', drone: after };
}

/** An order is no sign of life: what a drone is without it, its silence or its last sign says. */
function asHeard(drone: Drone, { heardOf }: OrderContext, reason: string): OrderDecision {
  const state = nextDroneState(drone.state, heardOf(drone).type) ?? drone.state;
  // Where the order changes nothing yet, the reason of the state stays: that it is grounded, or silent.
  const isTold = state !== drone.state || state === 'draining';
  return { kind: 'changed', drone: { ...drone, state, reason: isTold ? reason : drone.reason } };
}
