import pg from 'pg';

import { connectionConfig } from './pool.js';

/** The channel that the outbox's trigger notifies, with the service's name. */
const CHANNEL = 'swarm_outbox';
/** Pause before the next try to listen; polling bridges it. */
const RECONNECT_AFTER_MS = 1_000;

export interface OutboxListenerOptions {
  readonly url: string;
  readonly source: string;
  readonly onConnectionLost?: (error: Error) => void;
}

/** Hears of new outbox rows at once, over a connection of its own; without one, waiting just takes its full time. */
export class OutboxListener {
  readonly #options: OutboxListenerOptions;
  #client: pg.Client | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isClosed = false;
  /** Something came since the last wait: it must not be slept through. */
  #hasNews = false;
  readonly #waiting = new Set<() => void>();

  constructor(options: OutboxListenerOptions) {
    this.#options = options;
  }

  /** Resolves at the next news, at once if there is some that nobody waited for, or after `maxWaitMs`. */
  async wait(maxWaitMs: number): Promise<void> {
    this.#connect();
    if (!this.#hasNews && !this.#isClosed) await this.#news(maxWaitMs);
    this.#hasNews = false;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.#wake();
    await this.#client?.end().catch(() => undefined);
  }

  #news(maxWaitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, maxWaitMs);
      this.#waiting.add(done);
    });
  }

  #wake(): void {
    this.#hasNews = true;
    for (const done of this.#waiting) done();
  }

  #connect(): void {
    if (this.#client || this.#retry || this.#isClosed) return;
    const client = new pg.Client(connectionConfig(this.#options));
    this.#client = client;
    client.on('notification', ({ payload }) => {
      if (payload === this.#options.source) this.#wake();
    });
    client.on('error', (error) => this.#options.onConnectionLost?.(error));
    client.on('end', () => {
      this.#reconnectLater(client);
    });
    this.#listen(client).catch((error: unknown) => {
      this.#options.onConnectionLost?.(error as Error);
      this.#reconnectLater(client);
    });
  }

  async #listen(client: pg.Client): Promise<void> {
    await client.connect();
    await client.query(`listen ${CHANNEL}`);
    // What was stored before this moment was not heard of.
    this.#wake();
  }

  #reconnectLater(client: pg.Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    client.end().catch(() => undefined);
    if (this.#isClosed) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#connect();
    }, RECONNECT_AFTER_MS);
    this.#retry.unref();
  }
}
