/**
 * The three steps of a stop (S7): `drain` takes no more work, `abort` stops the work in hand,
 * `end` gives up on the reports too.
 */
export class Shutdown {
  readonly #drain = new AbortController();
  readonly #abort = new AbortController();
  readonly #end = new AbortController();

  get draining(): AbortSignal {
    return this.#drain.signal;
  }

  get aborted(): AbortSignal {
    return this.#abort.signal;
  }

  get ended(): AbortSignal {
    return this.#end.signal;
  }

  /** Why the work in hand was stopped. */
  get reason(): string {
    const { reason } = this.#abort.signal as { readonly reason: unknown };
    return typeof reason === 'string' ? reason : 'the drone stops';
  }

  drain(): void {
    this.#drain.abort();
  }

  abort(reason: string): void {
    this.#drain.abort();
    this.#abort.abort(reason);
  }

  end(): void {
    this.abort('the drone stops');
    this.#end.abort();
  }
}
