import {
  headers,
  type Msg,
  type NatsConnection,
  type Subscription as NatsSubscription,
} from '@nats-io/transport-node';
import { filterFor, subjectOf, type Message, type Payload, type Subscription } from '@swarm/contracts';
import type { Logger } from '@swarm/platform';

import { decode, encode } from './codec.js';

/** Says in a reply why there is no answer. */
const REFUSED = 'Swarm-Refused';
/** Of several processes that answer one question, one is asked. */
const ANSWER_GROUP = 'swarm';

/** Hands every message of a filter to `see`, from now on; at most once each. */
export function watchCore<M extends Message>(
  { connection, logger }: { readonly connection: NatsConnection; readonly logger: Logger },
  message: M,
  filter: string,
  see: (payload: Payload<M>) => void,
): Subscription {
  const subscription = connection.subscribe(filter, {
    callback: (error, received) => {
      if (error) {
        logger.error({ filter, error }, 'core subscription failed');
        return;
      }
      const payload = decode(message, received.data);
      if (!payload.ok) {
        logger.warn({ subject: received.subject, reason: payload.error }, 'core message does not parse');
        return;
      }
      try {
        see(payload.value);
      } catch (reason) {
        logger.error({ subject: received.subject, error: reason }, 'watcher threw');
      }
    },
  });
  return stoppable(subscription, () => Promise.resolve());
}

/** Answers each question of a kind; a reply that throws is told to the asker as a refusal, so that it does not wait. */
export function answerCore<Q extends Message, A extends Message>(
  { connection, logger }: { readonly connection: NatsConnection; readonly logger: Logger },
  {
    question,
    answer,
    where,
  }: { readonly question: Q; readonly answer: A; readonly where: Readonly<Record<string, string>> },
  reply: (payload: Payload<Q>) => Promise<Payload<A>>,
): Subscription {
  const inHand = new Set<Promise<void>>();
  const answerOne = async (received: Msg): Promise<void> => {
    const payload = decode(question, received.data);
    if (!payload.ok) {
      logger.warn({ subject: received.subject, reason: payload.error }, 'question does not parse');
      refuse(received, 'the question does not parse');
      return;
    }
    try {
      received.respond(encode(answer, await reply(payload.value)));
    } catch (error) {
      logger.error({ subject: received.subject, error }, 'question could not be answered');
      refuse(received, 'the answer failed');
    }
  };
  const subscription = connection.subscribe(filterFor(question, where), {
    queue: ANSWER_GROUP,
    callback: (error, received) => {
      if (error) {
        logger.error({ subject: question.subject, error }, 'core subscription failed');
        return;
      }
      const work = answerOne(received).finally(() => inHand.delete(work));
      inHand.add(work);
    },
  });
  return stoppable(subscription, async () => {
    await Promise.allSettled(inHand);
  });
}

/** Asks once and waits for one answer. Rejects after `timeoutMs`, at once when nobody listens, or when it is refused. */
export async function requestCore<Q extends Message, A extends Message>(
  connection: NatsConnection,
  {
    question,
    payload,
    answer,
    timeoutMs,
  }: { question: Q; payload: Payload<Q>; answer: A; timeoutMs: number },
): Promise<Payload<A>> {
  const subject = subjectOf(question, payload);
  const received = await connection.request(subject, encode(question, payload), { timeout: timeoutMs });
  const refusal = received.headers?.get(REFUSED);
  if (refusal) throw new Error(`${subject}: ${refusal}`);
  const parsed = decode(answer, received.data);
  if (!parsed.ok) throw new Error(`the answer to ${subject} does not parse: ${parsed.error}`);
  return parsed.value;
}

function refuse(received: Msg, reason: string): void {
  const fields = headers();
  fields.set(REFUSED, reason);
  received.respond('', { headers: fields });
}

function stoppable(subscription: NatsSubscription, untilIdle: () => Promise<void>): Subscription {
  return {
    stop: () => {
      subscription.unsubscribe();
    },
    finished: subscription.closed.then(untilIdle),
  };
}
