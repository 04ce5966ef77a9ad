import { setTimeout as delay } from 'node:timers/promises';

import type { Carrier, MessageBus, Outbox, OutboxRow } from '@swarm/contracts';
import { NATS_MAX_PAYLOAD_BYTES } from '@swarm/platform';

import { batchesOf, byCarrier, byLane, sendableOf, type Sendable } from './outbox-rows.js';

/** Pauses after a failure: doubled each time, from the first to the last of these. */
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 5_000;
/** Half of them are events, as a rule: with twice as many, a batch of each stream is full. */
const DEFAULT_BATCH = 1_000;
/** Single messages that the bus is given and has not stored yet. More of them only wait in the server. */
const DEFAULT_IN_FLIGHT = 256;
/** A batch costs the server as much as so many single messages (measured on 2.15.1: between 6 and 8). */
const SMALLEST_BATCH = 8;
const DEFAULT_IDLE_MS = 1_000;
/** What our servers are configured with; headers count, and ours are short. */
const DEFAULT_MAX_BYTES = NATS_MAX_PAYLOAD_BYTES - 1_024;
/** Sent rows are kept this long, to see what was said; see also the dedupe window, which is far shorter. */
const KEEP_SENT_MS = 7 * 24 * 3_600_000;
const PRUNE_EVERY_MS = 60_000;
const PRUNE_BATCH = 1_000;
const DEFAULT_DRAIN_MS = 5_000;

export interface OutboxRelayOptions {
  readonly outbox: Outbox;
  readonly bus: Pick<MessageBus, 'publish' | 'publishBatch'>;
  /** Rows read, and marked as sent, at a time. Default 1,000. */
  readonly batch?: number;
  /** Messages of one stream that are on their way one by one, at a time. Default 256. */
  readonly inFlight?: number;
  /** Longest time between two looks when nothing wakes it. Default 1 s. */
  readonly idleMs?: number;
  /** The largest payload that the server takes. Default: what ours are configured with. */
  readonly maxBytes?: number;
  /** A row that no version of this code can send; it was set aside with this reason. */
  readonly onParked?: (row: OutboxRow, reason: string) => void;
  /** The bus or the database refused; tried again, the same row first, after `delayMs`. */
  readonly onFailure?: (failure: { readonly error: unknown; readonly delayMs: number }) => void;
}

/**
 * Sends what the outbox holds, each at least once and deduplicated by its id: many of one stream in a batch that is
 * stored whole or not at all, and one by one what no batch takes. Messages of one subject, or about one thing (see
 * `Message.about`), are sent in order of storing, each when the one before it is stored; others at once.
 * Two relays of one service do no harm: each row is first sent after those before it, and stored once.
 */
export class OutboxRelay {
  readonly #options: OutboxRelayOptions;
  readonly #abort = new AbortController();
  #loop: Promise<void> | undefined;
  /** Set by `stop`: until then the outbox is emptied, after it nothing is begun. */
  #drainUntil = Number.POSITIVE_INFINITY;
  #isStopping = false;
  #pruneAt = 0;
  /** The rows after those that are being sent. */
  #ahead: Promise<readonly OutboxRow[]> | undefined;

  constructor(options: OutboxRelayOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Sends what is there, for at most `drainMs`; what is left stays in the outbox. Idempotent. */
  async stop(drainMs = DEFAULT_DRAIN_MS): Promise<void> {
    if (!this.#isStopping) {
      this.#isStopping = true;
      this.#drainUntil = performance.now() + drainMs;
      this.#abort.abort();
    }
    // The bus may hold a message for as long as its server is away; that is not waited for.
    const late = new AbortController();
    const limit = delay(Math.max(0, this.#drainUntil - performance.now()), undefined, {
      signal: late.signal,
    });
    await Promise.race([this.#loop, limit]);
    late.abort();
    await limit.catch(() => undefined);
  }

  async #run(): Promise<void> {
    for (let failures = 0; ;) {
      try {
        const isEmpty = await this.#sendBatch();
        failures = 0;
        if (isEmpty && this.#isStopping) return;
        if (isEmpty) await this.#rest();
      } catch (error) {
        const delayMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures++);
        this.#options.onFailure?.({ error, delayMs });
        if (this.#isStopping) return;
        await delay(delayMs, undefined, { signal: this.#abort.signal }).catch(() => undefined);
      }
      if (performance.now() >= this.#drainUntil) return;
    }
  }

  /** True when there was nothing to send. The next rows are read while these are sent. */
  async #sendBatch(): Promise<boolean> {
    const { outbox, batch = DEFAULT_BATCH } = this.#options;
    const isFromStart = this.#ahead === undefined;
    const rows = await (this.#ahead ?? outbox.unsent(batch));
    const last = rows.length === batch ? rows.at(-1) : undefined;
    const ahead = last && outbox.unsent(batch, last.sequence);
    // Looked at when its turn comes.
    ahead?.catch(() => undefined);
    // What fails here comes before what was read ahead, so that is read again.
    this.#ahead = undefined;
    await this.#sendRows(rows);
    this.#ahead = ahead;
    // A row that was stored early may have been committed late: only a look from the start says that there is none.
    return isFromStart && rows.length === 0;
  }

  /** What was sent is marked even if another row fails. */
  async #sendRows(rows: readonly OutboxRow[]): Promise<void> {
    const round: Round = { sent: [], stuck: new Map() };
    const streams = byCarrier(await this.#sendablesOf(rows));
    try {
      await Promise.all(
        [...streams].map(([carrier, sendables]) => this.#sendStream(carrier, sendables, round)),
      );
    } finally {
      if (round.sent.length > 0) await this.#options.outbox.markSent(round.sent);
    }
    const [failure] = round.stuck.values();
    if (failure) throw failure.error;
  }

  /** Rows that nothing can send are parked. */
  async #sendablesOf(rows: readonly OutboxRow[]): Promise<readonly Sendable[]> {
    const { outbox, maxBytes = DEFAULT_MAX_BYTES, onParked } = this.#options;
    const sendables: Sendable[] = [];
    for (const row of rows) {
      const sendable = sendableOf(row, maxBytes);
      if (sendable.ok) {
        sendables.push(sendable.value);
        continue;
      }
      await outbox.park(row.sequence, sendable.error);
      onParked?.(row, sendable.error);
    }
    return sendables;
  }

  /** One batch after the other; what the bus takes as none goes one by one, before the next. */
  async #sendStream(carrier: Carrier, sendables: readonly Sendable[], round: Round): Promise<void> {
    for (const batch of batchesOf(sendables)) {
      // What comes after a message that failed, in its lane, waits with it.
      const rows = batch.filter(({ lane }) => !round.stuck.has(lane));
      if (performance.now() >= this.#drainUntil) return;
      const isBatch = carrier !== 'core' && rows.length >= SMALLEST_BATCH;
      if (isBatch && (await this.#options.bus.publishBatch(rows))) {
        round.sent.push(...rows.map(({ row }) => row.sequence));
      } else {
        await this.#sendLanes(rows, round);
      }
    }
  }

  async #sendLanes(rows: readonly Sendable[], round: Round): Promise<void> {
    const { inFlight = DEFAULT_IN_FLIGHT } = this.#options;
    const lanes = byLane(rows).entries();
    // Each worker takes the next lane; they share one iterator.
    const work = async (): Promise<void> => {
      for (const [name, lane] of lanes) {
        try {
          await this.#sendLane(lane, round.sent);
        } catch (error) {
          round.stuck.set(name, { error });
        }
      }
    };
    await Promise.all(Array.from({ length: inFlight }, work));
  }

  async #sendLane(lane: readonly Sendable[], sent: bigint[]): Promise<void> {
    for (const { row, message, payload, messageId } of lane) {
      if (performance.now() >= this.#drainUntil) return;
      await this.#options.bus.publish(message, payload, messageId);
      sent.push(row.sequence);
    }
  }

  async #rest(): Promise<void> {
    const { outbox, idleMs = DEFAULT_IDLE_MS } = this.#options;
    if (performance.now() >= this.#pruneAt) {
      const pruned = await outbox.prune(KEEP_SENT_MS, PRUNE_BATCH);
      if (pruned < PRUNE_BATCH) this.#pruneAt = performance.now() + PRUNE_EVERY_MS;
    }
    await new Promise<void>((resolve, reject) => {
      this.#abort.signal.onabort = () => {
        resolve();
      };
      if (this.#isStopping) resolve();
      outbox.wait(idleMs).then(resolve, reject);
    });
  }
}

/** What became of the rows that are sent together. */
interface Round {
  readonly sent: bigint[];
  /** Lanes with a message that the bus refused, and why. */
  readonly stuck: Map<string, { readonly error: unknown }>;
}
