import type { JsMsg } from '@nats-io/jetstream';
import type { Outcome } from '@swarm/contracts';
import { assertNever } from '@swarm/kernel';
import { retry } from '@swarm/platform';

import { isClosed } from './js-errors.js';
import type { JetStreamLink } from './jetstream-link.js';

/** `term` with a reason came with this version; 2.9.10 was seen to ignore it, and then the message stays. */
const TERM_WITH_REASON = '2.10.0';
const ACK_LIMIT_MS = 5_000;
/** Over some 5 s in all: as long as a server that was restarted needs to give out again what it had forgotten. */
const ACK_TRIES = 6;
/** A message whose dead letter could not be stored comes back after this. */
const BURIAL_RETRY_MS = 10_000;
const REASON_CHARACTERS = 1_000;

export interface Settlement {
  readonly link: JetStreamLink;
  readonly durable: string;
  readonly maxDeliver: number;
}

/** Ends a delivery as its outcome says. True: the message is done with; false: it will come again. Never rejects. */
export async function settle(received: JsMsg, outcome: Outcome, settlement: Settlement): Promise<boolean> {
  const { link, durable, maxDeliver } = settlement;
  const about = {
    durable,
    subject: received.subject,
    sequence: received.seq,
    delivery: received.info.deliveryCount,
  };
  switch (outcome.kind) {
    case 'done':
      await acknowledge(received, link, about);
      return true;
    case 'retry':
      if (received.info.deliveryCount >= maxDeliver) {
        const reason = `gave up after ${received.info.deliveryCount} deliveries: ${outcome.reason}`;
        return bury(received, reason, settlement, about);
      }
      link.logger.info(
        { ...about, afterMs: outcome.afterMs, reason: outcome.reason },
        'message will be retried',
      );
      received.nak(Math.max(1, Math.round(outcome.afterMs)));
      return false;
    case 'dead-letter':
      return bury(received, outcome.reason, settlement, about);
    default:
      return assertNever(outcome);
  }
}

type About = Readonly<Record<string, unknown>>;

/** Until the server confirms it: an acknowledgement that is lost makes done work come again. */
async function acknowledge(received: JsMsg, link: JetStreamLink, about: About): Promise<void> {
  try {
    // The client's own `ackAck` can be tried only once, so its request is made here.
    const request = (): Promise<unknown> =>
      link.connection.request(ackSubject(received), '+ACK', { timeout: ACK_LIMIT_MS });
    await retry(() => link.whileConnected(request), {
      attempts: ACK_TRIES,
      firstDelayMs: 200,
      maxDelayMs: 2_000,
      isTransient: (error) => !isClosed(error),
    });
  } catch (error) {
    link.logger.warn({ ...about, error }, 'acknowledgement was not confirmed; the message may come again');
  }
}

/** Where the server takes the acknowledgement of this delivery: the reply subject, which the client's type leaves out. */
function ackSubject(received: JsMsg): string {
  if ('reply' in received && typeof received.reply === 'string') return received.reply;
  throw new Error('a JetStream message without a reply subject');
}

/** Copies the message before it is dropped: on a work queue `term` deletes the only copy. */
async function bury(
  received: JsMsg,
  reason: string,
  { link, durable }: Settlement,
  about: About,
): Promise<boolean> {
  const { stream, streamSequence, deliveryCount } = received.info;
  const why = reason.replaceAll(/\s+/g, ' ').slice(0, REASON_CHARACTERS);
  try {
    await link.publish({
      subject: `swarm.v1.dead.${stream}.${streamSequence}`,
      body: received.data,
      // Sequences begin again when a stream is made again; its time tells the messages apart.
      messageId: `dead:${stream}:${streamSequence}:${received.timestampNanos}:${durable}`,
      headers: {
        'Swarm-Dead-Subject': received.subject,
        'Swarm-Dead-Consumer': durable,
        'Swarm-Dead-Deliveries': String(deliveryCount),
        'Swarm-Dead-Reason': headerValue(why),
      },
    });
  } catch (error) {
    link.logger.error({ ...about, reason: why, error }, 'dead letter could not be stored; the message stays');
    received.nak(BURIAL_RETRY_MS);
    return false;
  }
  link.logger.error({ ...about, stream, reason: why }, 'message is a dead letter');
  if (link.serverIsAtLeast(TERM_WITH_REASON)) received.term(why);
  else await acknowledge(received, link, about);
  return true;
}

/** Header values are ASCII on one line. */
function headerValue(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?');
}
