import type { Log } from '@swarm/kernel';

/**
 * Makes rounds, one at a time: soon after each `wake`, and at least every `scanMs`.
 * A wake-up during a round leads to another round, so none is lost (Q21).
 */
export class RoundLoop {
  #wanted = true;
  #stopped = false;
  #wakeUp: (() => void) | undefined;
  #running: Promise<void> | undefined;

  constructor(
    private readonly round: () => Promise<void>,
    private readonly scanMs: number,
    private readonly log: Log,
  ) {}

  /** Begins, or begins again after a stop. */
  start(): void {
    if (this.#running) return;
    this.#stopped = false;
    this.#wanted = true;
    this.#running = this.#run();
  }

  wake(): void {
    this.#wanted = true;
    this.#wakeUp?.();
  }

  /** Lets the round in hand finish, and makes no other. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wakeUp?.();
    await this.#running;
    this.#running = undefined;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.#wanted = false;
      try {
        await this.round();
      } catch (error) {
        // The ledger is away, or something is wrong in it: the next round tries again, and readiness tells.
        this.log.error({ error: error instanceof Error ? error.message : String(error) }, 'round failed');
      }
      if (!this.#isAskedFor()) await this.#pause();
    }
  }

  #isAskedFor(): boolean {
    return this.#wanted || this.#stopped;
  }

  async #pause(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.scanMs);
      this.#wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wakeUp = undefined;
  }
}
