import { setTimeout as delay } from 'node:timers/promises';

import {
  filterFor,
  MAX_BATCH_BYTES,
  MAX_BATCH_MESSAGES,
  streams,
  subjectOf,
  type Carrier,
  type ConsumeOptions,
  type Handler,
  type Message,
  type MessageBus,
  type Payload,
  type Publication,
  type StreamContents,
  type StreamName,
  type Subscription,
} from '@swarm/contracts';
import { withTimeLimit } from '@swarm/platform';

import { storeBatch } from './atomic-batch.js';
import { encode } from './codec.js';
import { answerCore, requestCore, watchCore } from './core-messages.js';
import { DurableConsumer } from './durable-consumer.js';
import type { JetStreamLink } from './jetstream-link.js';
import { flushed } from './pull.js';
import { StreamWatcher } from './stream-watcher.js';

/** Defaults of the port; each can be given. */
export const ACK_WAIT_MS = 30_000;
export const MAX_DELIVER = 5;
export const DRAIN_MS = 30_000;
/** How long handlers may take after they were told that the bus closes. */
export const ABORT_GRACE_MS = 2_000;
/** Sending what is still in the socket's buffer. */
const GOODBYE_LIMIT_MS = 2_000;

/** The only place in the swarm that knows JetStream. Made by `connectBus`. */
export class NatsMessageBus implements MessageBus {
  readonly #subscriptions = new Set<Subscription>();
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;

  constructor(private readonly link: JetStreamLink) {}

  async publish<M extends Message>(message: M, payload: Payload<M>, messageId?: string): Promise<void> {
    const subject = subjectOf(message, payload);
    const body = encode(message, payload);
    if (message.carrier === 'core') this.link.connection.publish(subject, body);
    else await this.link.publish({ subject, body, messageId: messageId ?? message.dedupe(payload) });
  }

  async publishBatch(publications: readonly Publication[]): Promise<boolean> {
    const carriers = new Set(publications.map(({ message }) => streamOf(message.carrier, 'stored')));
    if (carriers.size > 1) throw new Error(`a batch is of one stream, not of ${[...carriers].join(' and ')}`);
    if (publications.length > MAX_BATCH_MESSAGES) return false;
    const batch = publications.map(({ message, payload, messageId, body }) => {
      return { subject: subjectOf(message, payload), body: body ?? encode(message, payload), messageId };
    });
    const sizeBytes = batch.reduce((sum, { body }) => sum + body.length, 0);
    return sizeBytes <= MAX_BATCH_BYTES && storeBatch(this.link, batch);
  }

  async consume<M extends Message>(
    message: M,
    durable: string,
    handle: Handler<M>,
    options: ConsumeOptions = {},
  ): Promise<Subscription> {
    const stream = streamOf(message.carrier, 'consumed');
    const consumer = await DurableConsumer.start(this.link, {
      message,
      handle,
      stream,
      durable,
      filter: filterFor(message, options.where ?? {}),
      concurrency: options.concurrency ?? 1,
      ackWaitMs: options.ackWaitMs ?? ACK_WAIT_MS,
      maxDeliver: options.maxDeliver ?? MAX_DELIVER,
      from: options.from ?? 'all',
      isWorkQueue: streams[stream].retention === 'workqueue',
      signal: this.#closing.signal,
    });
    return this.#keep(consumer);
  }

  async watch<M extends Message>(
    message: M,
    see: (payload: Payload<M>) => void,
    {
      where = {},
      from = 'new',
    }: { readonly where?: Readonly<Record<string, string>>; readonly from?: 'all' | 'new' } = {},
  ): Promise<Subscription> {
    const filter = filterFor(message, where);
    if (message.carrier === 'core') {
      const subscription = watchCore(this.link, message, filter, see);
      await flushed(this.link.connection);
      return this.#keep(subscription);
    }
    return this.#keep(
      await StreamWatcher.start(this.link, { message, stream: message.carrier, filter, from, see }),
    );
  }

  async request<Q extends Message, A extends Message>(
    question: Q,
    payload: Payload<Q>,
    answer: A,
    timeoutMs: number,
  ): Promise<Payload<A>> {
    return requestCore(this.link.connection, { question, payload, answer, timeoutMs });
  }

  async answer<Q extends Message, A extends Message>(
    question: Q,
    answer: A,
    reply: (payload: Payload<Q>) => Promise<Payload<A>>,
    { where = {} }: { readonly where?: Readonly<Record<string, string>> } = {},
  ): Promise<Subscription> {
    const subscription = answerCore(this.link, { question, answer, where }, reply);
    await flushed(this.link.connection);
    return this.#keep(subscription);
  }

  async holding(stream: StreamName, timeoutMs: number): Promise<StreamContents> {
    const { state } = await withTimeLimit(
      this.link.manager.streams.info(stream),
      timeoutMs,
      `information on stream ${stream}`,
    );
    return { count: state.messages, latestAt: state.messages === 0 ? null : new Date(state.last_ts) };
  }

  async ping(timeoutMs: number): Promise<void> {
    await withTimeLimit(this.link.manager.getAccountInfo(), timeoutMs, 'JetStream account information');
  }

  close(drainMs = DRAIN_MS): Promise<void> {
    this.#closed ??= this.#close(drainMs);
    return this.#closed;
  }

  async #close(drainMs: number): Promise<void> {
    const { connection, logger } = this.link;
    for (const subscription of this.#subscriptions) subscription.stop();
    const drained = Promise.allSettled([...this.#subscriptions].map(({ finished }) => finished)).then(
      () => true,
    );
    const isDrained = await Promise.race([drained, lateAfter(drainMs)]);
    this.#closing.abort(new Error('the message bus closes'));
    if (!isDrained && !(await Promise.race([drained, lateAfter(ABORT_GRACE_MS)]))) {
      logger.warn({ drainMs }, 'messages are still in hand; they will be delivered again');
    }
    await withTimeLimit(connection.drain(), GOODBYE_LIMIT_MS, 'drain').catch(() => undefined);
    await connection.close();
  }

  #keep(subscription: Subscription): Subscription {
    this.#subscriptions.add(subscription);
    void subscription.finished.finally(() => this.#subscriptions.delete(subscription));
    return subscription;
  }
}

async function lateAfter(limitMs: number): Promise<false> {
  return delay(limitMs, false, { ref: false });
}

function streamOf(carrier: Carrier, verb: string): StreamName {
  if (carrier === 'core') throw new Error(`a message on core NATS cannot be ${verb}: nothing is stored`);
  return carrier;
}
