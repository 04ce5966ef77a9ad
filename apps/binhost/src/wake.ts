/** A bell: whoever waits goes on when it rings, and a ring while nobody waits is not lost. */
export class Wake {
  #rung = false;
  #waiter: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#waiter?.();
  }

  /** Resolves at the next ring, at once if there was one since the last wait, or after `maxMs`, or when `signal` aborts. */
  async wait(maxMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#rung && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, maxMs);
        this.#waiter = (): void => {
          clearTimeout(timer);
          resolve();
        };
        signal.addEventListener('abort', this.#waiter, { once: true });
      });
    }
    if (this.#waiter) signal.removeEventListener('abort', this.#waiter);
    this.#waiter = undefined;
    this.#rung = false;
  }
}
