import { setTimeout as delay } from 'node:timers/promises';

import { AckPolicy, DeliverPolicy, type Consumer, type ConsumerMessages } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import type { Message, Payload, Subscription } from '@swarm/contracts';
import { backoffMs, retry } from '@swarm/platform';

import { decode } from './codec.js';
import { streamInfo } from './consumer-config.js';
import { isClosed, isFinal } from './js-errors.js';
import type { JetStreamLink } from './jetstream-link.js';

const PULL_EXPIRES_MS = 5_000;
const PULL_MESSAGES = 256;
/** The server forgets a watcher that has not pulled for this long. */
const INACTIVE_MS = 60_000;
const START_LIMIT_MS = 30_000;
const RECOVERY = { firstDelayMs: 50, maxDelayMs: 2_000 } as const;

export interface WatchSpec<M extends Message> {
  readonly message: M;
  readonly stream: string;
  readonly filter: string;
  readonly from: 'all' | 'new';
  readonly see: (payload: Payload<M>) => void;
}

/** Where a watcher stands: `next` is the sequence that it has not seen yet, in the life of the stream that began at `created`. */
interface Cursor {
  readonly created: string;
  next: number;
}

/**
 * Sees a stream's messages in order, each once, without acknowledging. Whenever it may have missed one (a gap,
 * a reconnect, a lost consumer) it begins a new consumer where it stood; in a stream that was made again, at its start.
 * Not the client's ordered consumer: that one goes on at its old sequence after the store was lost (3.4.0).
 */
export class StreamWatcher<M extends Message> implements Subscription {
  readonly finished: Promise<void>;
  readonly #stopping = new AbortController();
  #pull: ConsumerMessages | undefined;
  #reconnects = 0;

  private constructor(
    private readonly link: JetStreamLink,
    private readonly spec: WatchSpec<M>,
    private cursor: Cursor,
  ) {
    // What was on its way when a connection broke is lost, and nothing else would tell.
    const forget = link.onReconnect(() => {
      this.#reconnects++;
      this.#pull?.stop();
    });
    this.finished = this.#run().finally(forget);
  }

  /** Resolves when every later message will be seen. */
  static async start<M extends Message>(link: JetStreamLink, spec: WatchSpec<M>): Promise<StreamWatcher<M>> {
    const deadline = performance.now() + START_LIMIT_MS;
    const { created, state } = await retry(() => streamInfo(link, spec.stream), {
      ...RECOVERY,
      attempts: Number.POSITIVE_INFINITY,
      isTransient: (error) => !isFinal(error) && performance.now() < deadline,
    });
    return new StreamWatcher(link, spec, { created, next: spec.from === 'new' ? state.last_seq + 1 : 1 });
  }

  stop(): void {
    this.#stopping.abort();
    this.#pull?.stop();
  }

  /** A method, since it may turn true during any await. */
  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#isStopping();) {
      try {
        await this.#readUntilInterrupted(await this.link.whileConnected(() => this.#newConsumer()));
        failures = 0;
      } catch (error) {
        if (this.#isStopping() || isClosed(error)) return;
        failures++;
        this.link.logger.warn(
          { stream: this.spec.stream, filter: this.spec.filter, error },
          'watch was interrupted',
        );
        await delay(backoffMs({ ...RECOVERY, attempts: failures + 1 }, failures, Math.random()));
      }
    }
  }

  async #newConsumer(): Promise<Consumer> {
    const { stream, filter } = this.spec;
    const { created } = await streamInfo(this.link, stream);
    if (created !== this.cursor.created) this.cursor = { created, next: 1 };
    const { name } = await this.link.manager.consumers.add(stream, {
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: this.cursor.next,
      filter_subject: filter,
      inactive_threshold: nanos(INACTIVE_MS),
      mem_storage: true,
    });
    return this.link.client.consumers.get(stream, name);
  }

  /** Returns when a message may have been missed; rejects when the consumer is gone. */
  async #readUntilInterrupted(consumer: Consumer): Promise<void> {
    const reconnects = this.#reconnects;
    for (let deliveries = 0; !this.#isStopping() && reconnects === this.#reconnects;) {
      const pull = await consumer.fetch({ max_messages: PULL_MESSAGES, expires: PULL_EXPIRES_MS });
      this.#pull = pull;
      for await (const received of pull) {
        if (this.#isStopping()) break;
        if (received.info.deliverySequence !== ++deliveries) return;
        this.cursor.next = received.seq + 1;
        this.#see(received.subject, received.data);
      }
    }
    await consumer.delete().catch(() => undefined);
  }

  #see(subject: string, data: Uint8Array): void {
    const { message, see } = this.spec;
    const payload = decode(message, data);
    if (!payload.ok) {
      this.link.logger.warn({ subject, reason: payload.error }, 'watched message does not parse');
      return;
    }
    try {
      see(payload.value);
    } catch (error) {
      this.link.logger.error({ subject, error }, 'watcher threw');
    }
  }
}
