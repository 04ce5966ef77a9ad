import { stateOf, type HealingAction } from './action.js';
import type { HealingPolicy } from './policy.js';

/** The drones that are not retired, and the reboots of any of them that may count. */
export interface Fleet {
  readonly drones: number;
  readonly reboots: readonly HealingAction[];
}

type Limits = Pick<HealingPolicy, 'rebootShare' | 'rebootWindowMs' | 'rebootCooldownMs'>;

/** Most reboots within the window: a third of the fleet (DESIGN 7), and one where that is none. */
export function rebootQuota({ drones }: Pick<Fleet, 'drones'>, { rebootShare }: Limits): number {
  return Math.max(1, Math.floor(drones / rebootShare));
}

/** Why no drone, or not this one, may be rebooted at this moment; undefined where one may. Pure. */
export function rebootHindrance(drone: string, fleet: Fleet, policy: Limits, now: Date): string | undefined {
  const open = fleet.reboots.find((action) => stateOf(action) === 'begun');
  if (open) return `${open.drone} is being rebooted, and one at a time is enough`;
  // What was refused was never carried out.
  const done = fleet.reboots.filter((action) => stateOf(action) !== 'refused');
  const age = ({ begunAt }: HealingAction): number => now.getTime() - begunAt.getTime();
  const own = done.filter((action) => action.drone === drone);
  if (own.some((action) => age(action) < policy.rebootCooldownMs)) return 'it was rebooted a short time ago';
  const recent = done.filter((action) => age(action) < policy.rebootWindowMs).length;
  if (recent < rebootQuota(fleet, policy)) return undefined;
  return `${recent} of ${fleet.drones} drones were rebooted within ${policy.rebootWindowMs / 60_000} min`;
}
