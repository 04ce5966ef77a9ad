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
const DEFAULT_BATCH = 500;
/** Messages that the bus is given and has not stored yet. More of them only wait in the server. */
const DEFAULT_IN_FLIGHT = 256;
const DEFAULT_IDLE_MS = 1_000;
/** Sent rows are kept this long, to see what was said; see also the dedupe window, which is far shorter. */
const KEEP_SENT_MS = 7 * 24 * 3_600_000;
const PRUNE_EVERY_MS = 60_000;
const PRUNE_BATCH = 1_000;
const DEFAULT_DRAIN_MS = 5_000;

export interface OutboxRelayOptions {
  readonly outbox: Outbox;
  readonly bus: Pick<MessageBus, 'publish'>;
  /** Rows read, and marked as sent, at a time. Default 500. */
  readonly batch?: number;
  /** Messages on their way at a time. Default 256. */
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
 * Sends what the outbox holds, each at least once and deduplicated by its id. Messages of one subject, or about one
 * thing (see `Message.about`), are sent in order of storing, each when the one before it is stored; others at once.
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
    const { outbox, inFlight = DEFAULT_IN_FLIGHT } = this.#options;
    const sent: bigint[] = [];
    const failures: unknown[] = [];
    const lanes = (await this.#lanesOf(rows)).values();
    // Each worker takes the next lane; they share one iterator.
    const work = async (): Promise<void> => {
      for (const lane of lanes) {
        try {
          await this.#sendLane(lane, sent);
        } catch (error) {
          // What comes after it in its lane waits with it.
          failures.push(error);
        }
      }
    };
    try {
      await Promise.all(Array.from({ length: inFlight }, work));
    } finally {
      if (sent.length > 0) await outbox.markSent(sent);
    }
    if (failures.length > 0) throw failures[0];
  }

  /** Rows that keep their order among each other, by what decides that. Rows that nothing can send are parked. */
  async #lanesOf(rows: readonly OutboxRow[]): Promise<ReadonlyMap<string, readonly Sendable[]>> {
    const lanes = new Map<string, Sendable[]>();
    for (const row of rows) {
      const sendable = sendableOf(row, this.#options.maxBytes ?? NATS_MAX_PAYLOAD_BYTES);
      if (!sendable.ok) {
        await this.#options.outbox.park(row.sequence, sendable.error);
        this.#options.onParked?.(row, sendable.error);
        continue;
      }
      const lane = lanes.get(sendable.value.lane);
      if (lane) lane.push(sendable.value);
      else lanes.set(sendable.value.lane, [sendable.value]);
    }
    return lanes;
  }

  async #sendLane(lane: readonly Sendable[], sent: bigint[]): Promise<void> {
    for (const { row, message, payload } of lane) {
      if (performance.now() >= this.#drainUntil) return;
      await this.#options.bus.publish(message, payload, row.id);
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

/** A row that can be sent. */
interface Sendable {
  readonly row: OutboxRow;
  readonly message: Message;
  readonly payload: unknown;
  /** Rows of one lane are sent one after the other. */
  readonly lane: string;
}

/** The message of a row; or why no try can ever send it, which is not the bus's fault and must not look like it. */
function sendableOf(row: OutboxRow, maxBytes: number): Result<Sendable, string> {
  const message = messageNamed(row.message);
  if (!message) return err(`no message is called ${row.message}`);
  const parsed = message.schema.safeParse(row.payload);
  if (!parsed.success) return err(parsed.error.message);
  const payload = parsed.data;
  const bytes = Buffer.byteLength(JSON.stringify(payload));
  if (bytes > maxBytes) return err(`${bytes} bytes; NATS takes ${maxBytes}`);
  try {
    const lane = `${subjectOf(message, payload)} ${message.about?.(payload) ?? ''}`;
    return ok({ row, message, payload, lane });
  } catch (error) {
    return err(String(error));
  }
}
