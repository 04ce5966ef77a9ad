import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import { errors, headers, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';
import { streams } from '@swarm/contracts';
import { isAtLeast, retry, withTimeLimit, type Logger } from '@swarm/platform';

import { BATCHES_SINCE } from './atomic-batch.js';
import { isClosed, isFinal } from './js-errors.js';
import { provisionStreams } from './provision.js';

/** One request to the server. */
const REQUEST_LIMIT_MS = 5_000;
/** How long a publish is tried: longer than a restart of the server takes. */
const PUBLISH_LIMIT_MS = 30_000;
/** The server counts headers as payload; ours are short. */
const HEADER_BYTES = 1_024;
const BACKOFF = { firstDelayMs: 50, maxDelayMs: 1_000 } as const;

export interface Outbound {
  readonly subject: string;
  readonly body: Uint8Array;
  /** Sent as `Nats-Msg-Id`. */
  readonly messageId: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A connection with JetStream on it, that makes the swarm's streams again when they are gone. */
export class JetStreamLink {
  #provisioning: Promise<void> | undefined;
  /** Resolved while there is a connection; replaced when it is lost. */
  #up = Promise.resolve();
  #begin = (): void => undefined;
  /** Rejects each request in flight. A set, since a promise would keep every request that ever raced with it. */
  readonly #inFlight = new Set<(reason: Error) => void>();
  readonly #onReconnect = new Set<() => void>();

  private constructor(
    readonly connection: NatsConnection,
    readonly client: JetStreamClient,
    readonly manager: JetStreamManager,
    readonly logger: Logger,
  ) {
    void this.#followConnection();
  }

  static async open(connection: NatsConnection, logger: Logger): Promise<JetStreamLink> {
    const options = { timeout: REQUEST_LIMIT_MS, checkAPI: false };
    const manager = await jetstreamManager(connection, options);
    return new JetStreamLink(connection, jetstream(connection, options), manager, logger);
  }

  /** Whether the server that we are connected to now is of this version or later. */
  serverIsAtLeast(version: string): boolean {
    return isAtLeast(this.connection.info?.version ?? '0', version);
  }

  /** Whether the server takes a message of this size: one that it does not costs every sender the connection. */
  takes(body: Uint8Array): boolean {
    return body.length + HEADER_BYTES <= (this.connection.info?.max_payload ?? Number.POSITIVE_INFINITY);
  }

  /**
   * Makes a request as soon as there is a connection, and rejects as soon as that is lost: what is in flight is lost
   * with it, and what is written while there is none is dropped by the client when it dials again (seen in 3.4.0).
   */
  async whileConnected<T>(request: () => Promise<T>): Promise<T> {
    await withTimeLimit(this.#up, REQUEST_LIMIT_MS, 'reconnecting to NATS');
    let fail = (_reason: Error): void => undefined;
    const lost = new Promise<never>((_resolve, reject) => {
      fail = reject;
    });
    this.#inFlight.add(fail);
    try {
      return await Promise.race([request(), lost]);
    } finally {
      this.#inFlight.delete(fail);
    }
  }

  /** Calls back after each reconnect, until the returned function is called. */
  onReconnect(callback: () => void): () => void {
    this.#onReconnect.add(callback);
    return () => {
      this.#onReconnect.delete(callback);
    };
  }

  /** Makes the streams as they should be; concurrent calls share one run. */
  provision(): Promise<void> {
    const run = (): Promise<void> =>
      provisionStreams(this.manager, streams, {
        logger: this.logger,
        takesBatches: this.serverIsAtLeast(BATCHES_SINCE),
      });
    this.#provisioning ??= this.whileConnected(run).finally(() => {
      this.#provisioning = undefined;
    });
    return this.#provisioning;
  }

  /**
   * Resolves when the server has stored the message (or had it already). Tried through restarts of the server and
   * the loss of its streams, always under one `Nats-Msg-Id`; rejects when the server refuses, or after 30 s.
   */
  async publish({ subject, body, messageId, headers: fields = {} }: Outbound): Promise<void> {
    if (!this.takes(body)) {
      throw new Error(
        `${subject}: ${body.length} bytes are more than the server takes; raise its max_payload`,
      );
    }
    const deadline = performance.now() + PUBLISH_LIMIT_MS;
    await retry(
      async () => {
        const options = { msgID: messageId, timeout: REQUEST_LIMIT_MS, headers: toHeaders(fields) };
        await this.whileConnected(() => this.client.publish(subject, body, options));
      },
      {
        ...BACKOFF,
        attempts: Number.POSITIVE_INFINITY,
        isTransient: (error) => !isFinal(error) && performance.now() < deadline,
        onFailure: ({ error, attempt }) => {
          this.logger.warn({ subject, attempt, error }, 'publish failed, trying again');
          this.#mend(error);
        },
      },
    );
  }

  async #followConnection(): Promise<void> {
    for await (const { type } of this.connection.status()) {
      if (type === 'reconnect') {
        this.#begin();
        for (const tell of this.#onReconnect) tell();
      }
      if (type !== 'disconnect') continue;
      this.#up = new Promise((resolve) => {
        this.#begin = resolve;
      });
      this.#failInFlight(new Error('the connection was lost'));
    }
    // The connection is closed. Whoever waits for it goes on, and is told so by the client.
    this.#begin();
    this.#failInFlight(new errors.ClosedConnectionError());
  }

  #failInFlight(reason: Error): void {
    for (const fail of this.#inFlight) fail(reason);
  }

  /** No stream takes the subject: the server has just started, or its streams are gone. Making them again tells which. */
  #mend(error: unknown): void {
    if (!(error instanceof Error) || error.name !== 'JetStreamNotEnabled') return;
    this.provision().catch((reason: unknown) => {
      if (!isClosed(reason)) this.logger.warn({ error: reason }, 'streams could not be made again');
    });
  }
}

function toHeaders(fields: Readonly<Record<string, string>>): MsgHdrs {
  const made = headers();
  for (const [name, value] of Object.entries(fields)) made.set(name, value);
  return made;
}
