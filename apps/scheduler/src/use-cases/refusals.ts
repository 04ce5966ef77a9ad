import type { Clock } from '@swarm/kernel';

/** A drone that refused is not asked for the same profile again for so long; it may have caught up by then. */
const ASK_AGAIN_AFTER_MS = 60_000;

interface Refusal {
  readonly reason: string;
  readonly at: number;
}

/**
 * Which drones refused work of which profile lately: a drone that is behind must not be handed one job after another,
 * and nobody is struck for it (S17). Kept in memory: after a restart each drone is simply asked once more.
 */
export class Refusals {
  readonly #latest = new Map<string, Refusal>();

  constructor(private readonly clock: Clock) {}

  note(drone: string, profile: string, reason: string): void {
    this.#latest.set(keyOf(drone, profile), { reason, at: this.clock.now().getTime() });
  }

  /** Why the drone is left alone for now; undefined when it may be asked. */
  of(drone: string, profile: string): string | undefined {
    const key = keyOf(drone, profile);
    const refusal = this.#latest.get(key);
    if (!refusal) return undefined;
    if (this.clock.now().getTime() - refusal.at < ASK_AGAIN_AFTER_MS) return refusal.reason;
    this.#latest.delete(key);
    return undefined;
  }
}

function keyOf(drone: string, profile: string): string {
  return `${drone} ${profile}`;
}
