import type { Clock, Log } from '@swarm/kernel';
import { RoundLoop } from '@swarm/platform';

import type { Sweep } from './use-cases/sweep.js';

export interface SweepDutyOptions {
  readonly everyMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** Sweeps again and again while this process leads, beside its other rounds: a slow sweep judges no drone late. */
export class SweepDuty {
  readonly #rounds: RoundLoop;
  #startedAtMs = 0;
  readonly #startsAfterMs: number;

  constructor(
    sweep: Pick<Sweep, 'execute'>,
    private readonly options: SweepDutyOptions,
  ) {
    // Rounds are as punctual as timers are.
    this.#startsAfterMs = options.everyMs / 2;
    this.#rounds = new RoundLoop(
      async () => {
        if (this.#isSettled()) await sweep.execute();
      },
      options.everyMs,
      options.log,
    );
  }

  start(): void {
    this.#startedAtMs = this.options.clock.now().getTime();
    this.#rounds.start();
  }

  /** Something was found that should be on record at once. */
  wake(): void {
    this.#rounds.wake();
  }

  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  /** After an outage of everything, each service gets time to come back before its absence is an alarm. */
  #isSettled(): boolean {
    return this.options.clock.now().getTime() - this.#startedAtMs >= this.#startsAfterMs;
  }
}
