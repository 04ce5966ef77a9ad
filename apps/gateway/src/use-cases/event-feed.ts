import { events, type EventView } from '@swarm/contracts';

import type { GatewayPorts } from '../ports.js';
import { eventView } from './describe-event.js';

/** Events read from the ledger at once. */
const BATCH = 500;
/** The ledger is looked at this often even when the bus says nothing, so that a lost wake-up delays and loses nothing. */
export const LOOK_EVERY_MS = 2_000;

/**
 * The ledger's events as they come. The bus only wakes: what is told, and in which order, is the ledger's,
 * so a listener that names the last sequence it saw misses nothing.
 */
export class EventFeed {
  readonly #waiting = new Set<() => void>();

  constructor(
    private readonly ports: Pick<GatewayPorts, 'events' | 'bus'>,
    private readonly lookEveryMs = LOOK_EVERY_MS,
  ) {}

  /** Starts to listen to the bus; resolves to what stops it. */
  async start(): Promise<() => Promise<void>> {
    const wake = (): void => {
      for (const resolve of this.#waiting) resolve();
    };
    const subscriptions = await Promise.all(
      Object.values(events).map((message) => this.ports.bus.watch(message, wake, { from: 'new' })),
    );
    return async () => {
      for (const subscription of subscriptions) subscription.stop();
      await Promise.all(subscriptions.map(({ finished }) => finished));
    };
  }

  /** Sequence of the newest event, 0 when there is none. */
  async newest(): Promise<number> {
    return Number((await this.ports.events.latest(1)).at(-1)?.sequence ?? 0n);
  }

  /** Batches of events after a sequence, for ever, until `signal` aborts; an empty batch is a sign of life. */
  async *after(sequence: number, signal: AbortSignal): AsyncGenerator<readonly EventView[]> {
    let seen = BigInt(sequence);
    while (!signal.aborted) {
      // Registered before the ledger is read: what is stored in between wakes at once.
      const woken = this.#nextWake(signal);
      try {
        const stored = await this.ports.events.after(seen, BATCH);
        seen = stored.at(-1)?.sequence ?? seen;
        yield stored.map(eventView);
        if (stored.length < BATCH) await woken.promise;
      } finally {
        woken.cancel();
      }
    }
  }

  #nextWake(signal: AbortSignal): { readonly promise: Promise<void>; readonly cancel: () => void } {
    let cancel: () => void = () => undefined;
    const promise = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.lookEveryMs);
      cancel = () => {
        clearTimeout(timer);
        this.#waiting.delete(cancel);
        signal.removeEventListener('abort', cancel);
        resolve();
      };
      this.#waiting.add(cancel);
      signal.addEventListener('abort', cancel);
    });
    return { promise, cancel };
  }
}
