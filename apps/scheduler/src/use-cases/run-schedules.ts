import type { Clock, Log } from '@swarm/kernel';

import type { AdvanceRuns } from './advance-runs.js';
import type { FireSchedules } from './fire-schedules.js';

/** Rounds follow each other in milliseconds where much happens; schedules are looked at this often. */
const LOOK_EVERY_MS = 1_000;

/** The part of a round that is about schedules: what is due fires, and runs go on. */
export class RunSchedules {
  #lookedAtMs: number | undefined;

  constructor(
    private readonly ports: { readonly clock: Clock; readonly log: Log },
    private readonly fire: Pick<FireSchedules, 'execute'>,
    private readonly advance: Pick<AdvanceRuns, 'execute'>,
  ) {}

  /** The next round looks, however soon it comes. */
  hurry(): void {
    this.#lookedAtMs = undefined;
  }

  /** Looks at once the first time, so that what passed while nobody led is found at the start (S1). */
  async execute(): Promise<void> {
    const nowMs = this.ports.clock.now().getTime();
    const sinceMs = nowMs - (this.#lookedAtMs ?? Number.NEGATIVE_INFINITY);
    if (sinceMs >= 0 && sinceMs < LOOK_EVERY_MS) return;
    this.#lookedAtMs = nowMs;
    try {
      await this.fire.execute();
      await this.advance.execute();
    } catch (error) {
      // Builds go on whatever is wrong with schedules; the health monitor raises the alarm for what does not fire.
      this.ports.log.error(
        { error: error instanceof Error ? error.message : error },
        'schedules not looked at',
      );
    }
  }
}
