import { JetStreamApiError } from '@nats-io/jetstream';
import { errors } from '@nats-io/transport-node';

/** JetStream's own error numbers (server/errors.json of nats-server). */
const CONSUMER_NOT_FOUND = 10_014;
const STREAM_NOT_FOUND = 10_059;

export function isStreamMissing(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND;
}

export function isConsumerMissing(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === CONSUMER_NOT_FOUND;
}

/** The connection has been closed by us: nothing will mend it. */
export function isClosed(error: unknown): boolean {
  return error instanceof errors.ClosedConnectionError || error instanceof errors.DrainingConnectionError;
}

/** No further try can change the answer: the server understood and refused, or the connection is closed. */
export function isFinal(error: unknown): boolean {
  const isRefusal = error instanceof JetStreamApiError && error.status < 500;
  return isClosed(error) || (isRefusal && !isStreamMissing(error) && !isConsumerMissing(error));
}
