import type { Drone, Suspension } from './drone.js';
import { isOver } from './drone.transition.js';
import { signed } from './order.js';

/** How many pieces of work a drone may hold as it stands, and what keeps it from more. */
export interface WorkLimit {
  readonly atMost: number;
  /** As it follows the drone's name in a sentence; empty where nothing but its slots limits it. */
  readonly because: string;
}

/** A canary is one job: enough to see, and little to lose (S2, S22). */
const CANARY = 1;

/** Pure: `(drone, now) → limit`. Placement gives no drone more than this. */
export function workLimit(drone: Drone, now: Date): WorkLimit {
  const { state, capabilities, badUpload, grounding, drain } = drone;
  if (state === 'grounded') return { atMost: 0, because: groundedText(grounding) };
  // Whatever its state has become meanwhile, an order stands until a person ends it.
  if (drain !== null) return { atMost: 0, because: `is drained by ${signed(drain)}` };
  if (state !== 'online' && state !== 'probation') return { atMost: 0, because: `is ${state}` };
  if (!isOver(badUpload, now)) {
    return {
      atMost: 0,
      because: `cannot upload; tried again at ${badUpload?.until?.toISOString() ?? 'no time'}`,
    };
  }
  if (state === 'probation') return { atMost: CANARY, because: 'is on probation: one job first' };
  if (badUpload !== null) return { atMost: CANARY, because: 'could not upload: one job first' };
  return { atMost: capabilities.slots, because: '' };
}

/** True while one job decides whether the drone gets more: best a job that is known to build. */
export function owesCanary(drone: Drone): boolean {
  return drone.state === 'probation' || drone.badUpload !== null;
}

function groundedText(grounding: Suspension | null): string {
  const end = grounding?.until?.toISOString() ?? 'a person lifts it';
  const who = grounding?.order ? ` by ${signed(grounding.order)};` : '';
  return `is grounded${who} until ${end}`;
}
