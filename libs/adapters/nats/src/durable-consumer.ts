import { setTimeout as delay } from 'node:timers/promises';

import type { Consumer, ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import type { Handler, Message, Outcome, Subscription } from '@swarm/contracts';
import { backoffMs, retry } from '@swarm/platform';

import { decode } from './codec.js';
import { ensureConsumer, type DurableSpec, type Place } from './consumer-config.js';
import { isClosed, isFinal } from './js-errors.js';
import type { JetStreamLink } from './jetstream-link.js';
import { flushed } from './pull.js';
import { settle } from './settlement.js';

/**
 * A pull that brings nothing is asked again after this. It is also how long a lost consumer can stay unnoticed
 * on servers that do not tell waiting pulls of it (seen on 2.9.10).
 */
const PULL_EXPIRES_MS = 5_000;
/** How long the first `consume` waits for a server that is just starting. */
const START_LIMIT_MS = 30_000;
/** How long messages that the server forgot it had given out are asked for again. */
const TAKE_UP_MS = 1_000;
const TAKE_UP_TRIES = 10;
const RECOVERY = { firstDelayMs: 50, maxDelayMs: 2_000 } as const;
/** Pauses before a message whose handler threw comes again. */
const AFTER_THROW = {
  attempts: Number.POSITIVE_INFINITY,
  firstDelayMs: 1_000,
  maxDelayMs: 60_000,
  jitter: 0.2,
} as const;

export interface ConsumerSpec<M extends Message> extends DurableSpec {
  readonly message: M;
  readonly handle: Handler<M>;
  readonly concurrency: number;
  readonly maxDeliver: number;
  /** Handed to handlers: aborted when the bus closes. */
  readonly signal: AbortSignal;
}

/**
 * Pulls one message for each free slot and settles each by its outcome; heals itself when its consumer or stream is gone.
 * A message that comes again while it is in hand is not handled twice: signs of work and its end name its sequence, and so
 * count for the new delivery, too.
 */
export class DurableConsumer<M extends Message> implements Subscription {
  readonly finished: Promise<void>;
  readonly #pulls = new Set<ConsumerMessages>();
  readonly #stopping = new AbortController();
  /** What handlers work on: identities, with their sequences in the stream. */
  readonly #inHand = new Map<string, number>();
  #current: Promise<Consumer> | undefined;
  #place: Place | undefined;
  /** Interruptions in a row, over all slots. */
  #failures = 0;

  private constructor(
    private readonly link: JetStreamLink,
    private readonly spec: ConsumerSpec<M>,
    first: { readonly consumer: Consumer; readonly place: Place },
  ) {
    this.#current = Promise.resolve(first.consumer);
    this.#place = first.place;
    const forget = link.onReconnect(() => void this.#takeUpAgain());
    this.finished = Promise.all(Array.from({ length: spec.concurrency }, () => this.#workOneSlot())).then(
      forget,
    );
  }

  /** Resolves when the consumer is on the server; rejects when the server refuses it, or does not answer for 30 s. */
  static async start<M extends Message>(
    link: JetStreamLink,
    spec: ConsumerSpec<M>,
  ): Promise<DurableConsumer<M>> {
    const deadline = performance.now() + START_LIMIT_MS;
    const first = await retry(() => link.whileConnected(() => ensureConsumer(link, spec, undefined)), {
      ...RECOVERY,
      attempts: Number.POSITIVE_INFINITY,
      isTransient: (error) => !isFinal(error) && performance.now() < deadline,
    });
    return new DurableConsumer(link, spec, first);
  }

  stop(): void {
    if (this.#isStopping()) return;
    this.#stopping.abort();
    // What the server has sent already is given back at once; only then do the pulls end.
    void flushed(this.link.connection).then(() => {
      for (const pull of this.#pulls) pull.stop();
    });
  }

  /** A method, since it may turn true during any await. */
  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #workOneSlot(): Promise<void> {
    while (!this.#isStopping()) {
      const received = await this.#next();
      if (received === undefined) continue;
      // `stop` came while it was on its way.
      if (this.#isStopping()) received.nak();
      else await this.#work(received);
    }
  }

  /** The next message, or undefined when none came in time, or when something had to be mended. Never rejects. */
  async #next(): Promise<JsMsg | undefined> {
    const current = (this.#current ??= this.#recover());
    try {
      const consumer = await current;
      if (this.#isStopping()) return undefined;
      const pull = await consumer.fetch({ max_messages: 1, expires: PULL_EXPIRES_MS });
      this.#pulls.add(pull);
      if (this.#isStopping()) pull.stop();
      try {
        for await (const received of pull) {
          this.#failures = 0;
          return received;
        }
      } finally {
        this.#pulls.delete(pull);
      }
      this.#failures = 0;
    } catch (error) {
      // Only the slot that saw it first throws the consumer away.
      if (this.#current === current) this.#current = undefined;
      await this.#afterFailure(error);
    }
    return undefined;
  }

  async #afterFailure(error: unknown): Promise<void> {
    if (isClosed(error)) this.#stopping.abort();
    if (this.#isStopping()) return;
    this.#failures++;
    this.link.logger.warn({ ...this.#about, failures: this.#failures, error }, 'consumer was interrupted');
    const pauseMs = backoffMs(
      { ...RECOVERY, attempts: Number.POSITIVE_INFINITY },
      this.#failures,
      Math.random(),
    );
    await delay(pauseMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  /** Makes the consumer again, for as long as it takes. Rejects only when the bus is closed. */
  #recover(): Promise<Consumer> {
    return retry(() => this.link.whileConnected(() => ensureConsumer(this.link, this.spec, this.#place)), {
      ...RECOVERY,
      attempts: Number.POSITIVE_INFINITY,
      signal: this.#stopping.signal,
      isTransient: (error) => !isClosed(error),
      onFailure: ({ error, attempt }) => {
        this.link.logger.warn({ ...this.#about, attempt, error }, 'consumer could not be made again yet');
      },
    }).then(({ consumer, place }) => {
      this.#place = place;
      return consumer;
    });
  }

  /**
   * A server that was restarted has forgotten what it had given out. Without a free slot nothing would ask for it, and its
   * ends would be told in vain.
   */
  async #takeUpAgain(): Promise<void> {
    if (this.#inHand.size === 0 || !this.spec.isWorkQueue) return;
    await retry(() => this.link.whileConnected(() => this.#pullForgotten()), {
      ...RECOVERY,
      attempts: TAKE_UP_TRIES,
      signal: this.#stopping.signal,
      isTransient: (error) => !isClosed(error),
    }).catch((error: unknown) => {
      if (!this.#isStopping())
        this.link.logger.warn({ ...this.#about, error }, 'work in hand may come again');
    });
  }

  async #pullForgotten(): Promise<void> {
    const current = (this.#current ??= this.#recover());
    try {
      const consumer = await current;
      const { delivered } = await consumer.info();
      const forgotten = [...this.#inHand.values()].filter((seq) => seq > delivered.stream_seq);
      if (forgotten.length === 0) return;
      const pull = await consumer.fetch({ max_messages: forgotten.length, expires: TAKE_UP_MS });
      // What is not in hand waits for a slot.
      for await (const received of pull) if (!this.#inHand.has(identityOf(received))) received.nak();
    } catch (error) {
      if (this.#current === current) this.#current = undefined;
      throw error;
    }
  }

  async #work(received: JsMsg): Promise<void> {
    const identity = identityOf(received);
    if (this.#inHand.has(identity)) return;
    this.#inHand.set(identity, received.seq);
    const { point } = this.#place ?? {};
    point?.delivered(received.seq);
    const sign = setInterval(() => {
      // A handler that outlives the bus has nobody to tell.
      if (this.link.connection.isClosed()) clearInterval(sign);
      else received.working();
    }, this.spec.ackWaitMs / 3);
    sign.unref();
    try {
      const outcome = await this.#outcomeOf(received);
      const isOver = await settle(received, outcome, { link: this.link, ...this.spec });
      if (isOver) point?.settled(received.seq);
    } finally {
      clearInterval(sign);
      this.#inHand.delete(identity);
    }
  }

  async #outcomeOf(received: JsMsg): Promise<Outcome> {
    const { deliveryCount } = received.info;
    if (deliveryCount > this.spec.maxDeliver) {
      // Each time before, the process died with it in hand.
      return { kind: 'dead-letter', reason: `unsettled after ${this.spec.maxDeliver} deliveries` };
    }
    const payload = decode(this.spec.message, received.data);
    if (!payload.ok) return { kind: 'dead-letter', reason: `does not parse: ${payload.error}` };
    try {
      return await this.spec.handle(payload.value, { count: deliveryCount, signal: this.spec.signal });
    } catch (error) {
      this.link.logger.error(
        { ...this.#about, subject: received.subject, delivery: deliveryCount, error },
        'handler threw',
      );
      const reason = error instanceof Error ? error.message : String(error);
      return { kind: 'retry', afterMs: backoffMs(AFTER_THROW, deliveryCount, Math.random()), reason };
    }
  }

  get #about(): { readonly stream: string; readonly durable: string } {
    return { stream: this.spec.stream, durable: this.spec.durable };
  }
}

/** Sequences begin again when a stream is made again; its time tells the messages apart. */
function identityOf({ seq, timestampNanos }: JsMsg): string {
  return `${seq}:${timestampNanos}`;
}
