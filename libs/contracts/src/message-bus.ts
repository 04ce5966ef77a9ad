import type { Message, Payload } from './define-message.js';
import type { StreamName } from './streams.js';

/** How a handler wants its message settled. The adapter alone turns this into ack, nak or term. */
export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'retry'; readonly afterMs: number; readonly reason: string }
  | { readonly kind: 'dead-letter'; readonly reason: string };

export type Handler<M extends Message> = (payload: Payload<M>, delivery: Delivery) => Promise<Outcome>;

/** What a handler may want to know of the delivery that it handles. */
export interface Delivery {
  /** 1 on the first delivery of this message to this consumer. */
  readonly count: number;
  /** Aborted when the bus closes with this message still in hand, its drain time being over: what can, ends now. */
  readonly signal: AbortSignal;
}

export interface ConsumeOptions {
  /** Only messages whose tokens equal these, e.g. `{ drone: 'drone-1' }`. */
  readonly where?: Readonly<Record<string, string>>;
  /** Messages handled at once; each has its own slot and none is fetched ahead. Default 1. */
  readonly concurrency?: number;
  /** How long an unsettled message waits for its next sign of work (`working()` is sent every third of it). */
  readonly ackWaitMs?: number;
  /** After this many deliveries the message is a dead letter. Default 5. */
  readonly maxDeliver?: number;
  /** Where a consumer that is new begins. Default `all`. */
  readonly from?: 'all' | 'new';
}

/** A message on its way to a stream, under the identity that it is stored by. */
export interface Publication {
  readonly message: Message;
  readonly payload: unknown;
  /** Replaces the message's own identity for deduplication. */
  readonly messageId: string;
  /** The payload as JSON, from one who has parsed and written it already; else the bus does both. */
  readonly body?: Uint8Array;
}

/** What one call of `publishBatch` may hold: JetStream refuses more than 1,000 messages, and holds them until all are there. */
export const MAX_BATCH_MESSAGES = 500;
/** Of their payloads. A single message may be larger; it is no batch then. */
export const MAX_BATCH_BYTES = 4 * 1024 ** 2;

/** How much a stream holds. */
export interface StreamContents {
  readonly count: number;
  /** Null where it holds nothing. */
  readonly latestAt: Date | null;
}

/** A running consumer. */
export interface Subscription {
  /** Phase one of a shutdown: takes no more messages; what is in hand goes on. */
  stop(): void;
  /** Resolves when nothing is in hand any more; call after `stop`. */
  readonly finished: Promise<void>;
}

/**
 * Port to JetStream, and to core NATS for what need not be stored.
 * Survives restarts of the server and the loss of its whole store: streams and consumers are made again.
 */
export interface MessageBus {
  /**
   * Resolves when the server has stored the message (for `core`: when it has been written to the socket).
   * `messageId` replaces the message's own identity for deduplication; the outbox relay gives its row's id.
   */
  publish<M extends Message>(message: M, payload: Payload<M>, messageId?: string): Promise<void>;
  /**
   * Stores messages of one stream in their order, all of them or none, and syncs them to the disk at once rather than
   * one by one. False: they are not known to be stored, since the server cannot, will not, or already has one of them;
   * then each is to be published by itself, under the same identity. Never slower than that by more than a request's
   * limit. Throws only for messages that `publish` would not send either.
   */
  publishBatch(publications: readonly Publication[]): Promise<boolean>;
  /** `durable` names the consumer, so that a restarted service goes on where it stopped. */
  consume<M extends Message>(
    message: M,
    durable: string,
    handle: Handler<M>,
    options?: ConsumeOptions,
  ): Promise<Subscription>;
  /** Listens without a durable, from now on (default) or from the start of what is kept; nothing is acknowledged. */
  watch<M extends Message>(
    message: M,
    see: (payload: Payload<M>) => void,
    options?: { readonly where?: Readonly<Record<string, string>>; readonly from?: 'all' | 'new' },
  ): Promise<Subscription>;
  /** Asks on core NATS and waits for one answer; rejects after `timeoutMs`. */
  request<Q extends Message, A extends Message>(
    question: Q,
    payload: Payload<Q>,
    answer: A,
    timeoutMs: number,
  ): Promise<Payload<A>>;
  /** Answers questions on core NATS; with `where` only those whose tokens equal these. */
  answer<Q extends Message, A extends Message>(
    question: Q,
    answer: A,
    reply: (payload: Payload<Q>) => Promise<Payload<A>>,
    options?: { readonly where?: Readonly<Record<string, string>> },
  ): Promise<Subscription>;
  /** What a stream holds now: how many messages, and when the latest was stored. Rejects when the server is late. */
  holding(stream: StreamName, timeoutMs: number): Promise<StreamContents>;
  /** A round trip through the server; rejects when it does not answer within `timeoutMs`. */
  ping(timeoutMs: number): Promise<void>;
  /** Two phases: every consumer stops taking, then what is in hand is waited for, at most `drainMs`. */
  close(drainMs?: number): Promise<void>;
}
