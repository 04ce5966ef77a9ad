import { setTimeout as delay } from 'node:timers/promises';

import {
  messageNamed,
  subjectOf,
  type Message,
  type MessageBus,
  type Outbox,
  type OutboxRow,
} from '@swarm/contracts';
import { err, ok, type Result } from '@swarm/kernel';
import { NATS_MAX_PAYLOAD_BYTES } from '@swarm/platform';

/** Pauses after a failure: doubled each time, from the first to the last of these. */
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 5_000;
const DEFAULT_BATCH = 100;
const DEFAULT_IDLE_MS = 1_000;
/** Sent rows are kept this long, to see what was said; see also the dedupe window, which is far shorter. */
const KEEP_SENT_MS = 7 * 24 * 3_600_000;
const PRUNE_EVERY_MS = 60_000;
const PRUNE_BATCH = 1_000;
const DEFAULT_DRAIN_MS = 5_000;

export interface OutboxRelayOptions {
  readonly outbox: Outbox;
  readonly bus: Pick<MessageBus, 'publish'>;
  /** Rows read, and marked as sent, at a time. Default 100. */
  readonly batch?: number;
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
 * Sends what the outbox holds, in order of storing, each at least once and deduplicated by its id.
 * Two relays of one service do no harm: each row is first sent after all before it, and stored once.
 */
export class OutboxRelay {
  readonly #options: OutboxRelayOptions;
  readonly #abort = new AbortController();
  #loop: Promise<void> | undefined;
  /** Set by `stop`: until then the outbox is emptied, after it nothing is begun. */
  #drainUntil = Number.POSITIVE_INFINITY;
  #isStopping = false;
  #pruneAt = 0;

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

  /** True when there was nothing to send. What was sent is marked even if a later row of the batch fails. */
  async #sendBatch(): Promise<boolean> {
    const { outbox, batch = DEFAULT_BATCH } = this.#options;
    const rows = await outbox.unsent(batch);
    const sent: bigint[] = [];
    try {
      for (const row of rows) {
        if (performance.now() >= this.#drainUntil) break;
        if (await this.#send(row)) sent.push(row.sequence);
      }
    } finally {
      if (sent.length > 0) await outbox.markSent(sent);
    }
    return rows.length === 0;
  }

  /** False for a row that was parked. */
  async #send(row: OutboxRow): Promise<boolean> {
    const sendable = sendableOf(row, this.#options.maxBytes ?? NATS_MAX_PAYLOAD_BYTES);
    if (!sendable.ok) {
      await this.#options.outbox.park(row.sequence, sendable.error);
      this.#options.onParked?.(row, sendable.error);
      return false;
    }
    const { message, payload } = sendable.value;
    await this.#options.bus.publish(message, payload, row.id);
    return true;
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

/** The message of a row; or why no try can ever send it, which is not the bus's fault and must not look like it. */
function sendableOf(
  row: OutboxRow,
  maxBytes: number,
): Result<{ message: Message; payload: unknown }, string> {
  const message = messageNamed(row.message);
  if (!message) return err(`no message is called ${row.message}`);
  const parsed = message.schema.safeParse(row.payload);
  if (!parsed.success) return err(parsed.error.message);
  const bytes = Buffer.byteLength(JSON.stringify(parsed.data));
  if (bytes > maxBytes) return err(`${bytes} bytes; NATS takes ${maxBytes}`);
  try {
    subjectOf(message, parsed.data);
  } catch (error) {
    return err(String(error));
  }
  return ok({ message, payload: parsed.data });
}
