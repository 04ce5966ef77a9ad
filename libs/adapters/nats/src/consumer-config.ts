import {
  AckPolicy,
  DeliverPolicy,
  type Consumer,
  type ConsumerConfig,
  type ConsumerInfo,
  type StreamInfo,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';

import { isConsumerMissing, isStreamMissing } from './js-errors.js';
import type { JetStreamLink } from './jetstream-link.js';
import { ResumePoint } from './resume-point.js';

export interface DurableSpec {
  readonly stream: string;
  readonly durable: string;
  readonly filter: string;
  readonly ackWaitMs: number;
  readonly from: 'all' | 'new';
  /** A work queue has no past to begin after: what is in it is undone work. */
  readonly isWorkQueue: boolean;
}

/** A reader's place in one life of a stream; a stream that was made again has another `created`. */
export interface Place {
  readonly created: string;
  readonly point: ResumePoint;
}

/** The consumer on the server, made or brought up to date, and the reader's place in its stream. */
export async function ensureConsumer(
  link: JetStreamLink,
  spec: DurableSpec,
  before: Place | undefined,
): Promise<{ readonly consumer: Consumer; readonly place: Place }> {
  const stream = await streamInfo(link, spec.stream);
  const current = await consumerInfo(link, spec);
  const place = placeIn(stream, current, spec, before);
  if (current === undefined) {
    await link.manager.consumers.add(spec.stream, {
      ...mutable(spec),
      ...startingAt(spec, place),
      ...FIXED,
      mem_storage: spec.isWorkQueue,
      durable_name: spec.durable,
    });
    if (before)
      link.logger.warn(
        { stream: spec.stream, durable: spec.durable },
        'consumer was gone and has been made again',
      );
  } else if (differs(current.config, spec)) {
    await link.manager.consumers.update(spec.stream, spec.durable, mutable(spec));
    link.logger.info({ stream: spec.stream, durable: spec.durable }, 'consumer updated');
  }
  return { consumer: await link.client.consumers.get(spec.stream, spec.durable), place };
}

/**
 * Of a work queue, the place in memory: what is not done is in the stream, and is given out again when the server forgets
 * that it was. A place on disk costs a server that always syncs two syncs for each delivery and each end.
 */
const FIXED = { ack_policy: AckPolicy.Explicit } as const;
/** Deliveries are counted by us: a server that stops delivering leaves the message in the stream, seen by nobody. */
const UNLIMITED = -1;

function mutable({ filter, ackWaitMs }: DurableSpec): Partial<ConsumerConfig> {
  return { filter_subject: filter, ack_wait: nanos(ackWaitMs), max_deliver: UNLIMITED };
}

function differs(config: ConsumerConfig, spec: DurableSpec): boolean {
  const { filter_subject, ack_wait, max_deliver } = mutable(spec);
  return (
    config.filter_subject !== filter_subject ||
    config.ack_wait !== ack_wait ||
    config.max_deliver !== max_deliver
  );
}

function startingAt({ isWorkQueue }: DurableSpec, { point }: Place): Partial<ConsumerConfig> {
  if (isWorkQueue || point.next <= 1) return { deliver_policy: DeliverPolicy.All };
  return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: point.next };
}

function placeIn(
  stream: StreamInfo,
  current: ConsumerInfo | undefined,
  spec: DurableSpec,
  before: Place | undefined,
): Place {
  const { created } = stream;
  // In a stream that was made again nothing is old: all of it came after we began.
  if (before) return before.created === created ? before : { created, point: new ResumePoint(1) };
  if (current) return { created, point: new ResumePoint(current.ack_floor.stream_seq + 1) };
  return { created, point: new ResumePoint(spec.from === 'new' ? stream.state.last_seq + 1 : 1) };
}

/** A stream's info; its streams are made again when it is gone. */
export async function streamInfo(link: JetStreamLink, stream: string): Promise<StreamInfo> {
  try {
    return await link.manager.streams.info(stream);
  } catch (error) {
    if (!isStreamMissing(error)) throw error;
    link.logger.warn({ stream }, 'stream was gone and is made again');
    await link.provision();
    return link.manager.streams.info(stream);
  }
}

async function consumerInfo(
  link: JetStreamLink,
  { stream, durable }: DurableSpec,
): Promise<ConsumerInfo | undefined> {
  try {
    return await link.manager.consumers.info(stream, durable);
  } catch (error) {
    if (isConsumerMissing(error)) return undefined;
    throw error;
  }
}
