import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Logger, Secret } from '@swarm/platform';

import type { PageFile } from './http/page-files.js';
import { sendJson } from './http/reply.js';
import { pathOf, routesOver } from './http/routes.js';
import { Streams } from './http/streams.js';
import type { GatewayPorts } from './ports.js';
import { ApiRefusal } from './use-cases/api-refusal.js';
import { EventFeed } from './use-cases/event-feed.js';

export interface GatewayOptions extends GatewayPorts {
  /** The dashboard's files by path; see `loadPage`. */
  readonly page: ReadonlyMap<string, PageFile>;
  /** Wanted of every POST and DELETE; undefined lets everyone who reaches the port. */
  readonly token: Secret | undefined;
  readonly logger: Logger;
  /** Aborted when the service stops: every stream ends. */
  readonly closing: AbortSignal;
}

/** Answers every request of the gateway, and listens to the bus while it lives. */
export class GatewayServer {
  readonly #feed: EventFeed;
  readonly #routes: ReturnType<typeof routesOver>;
  #stopFeed: () => Promise<void> = () => Promise.resolve();

  constructor(private readonly options: GatewayOptions) {
    this.#feed = new EventFeed(options);
    const streams = new Streams(options, this.#feed, options.closing);
    this.#routes = routesOver({ ports: options, streams, page: options.page, token: options.token });
  }

  async onModuleInit(): Promise<void> {
    this.#stopFeed = await this.#feed.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.#stopFeed();
  }

  /** Never rejects. */
  readonly answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      await this.#routes(request, response);
    } catch (error) {
      this.#refuse(error, request, response);
    }
  };

  #refuse(error: unknown, request: IncomingMessage, response: ServerResponse): void {
    const path = pathOf(request).split('?')[0];
    const { method } = request;
    if (!(error instanceof ApiRefusal)) this.options.logger.error({ method, path, error }, 'request failed');
    if (response.headersSent) {
      // Half an answer is out: cutting the connection is the only way to say that it is not whole.
      response.destroy();
      return;
    }
    const refusal =
      error instanceof ApiRefusal
        ? error
        : new ApiRefusal('internal', 'The gateway failed.', "The gateway's log says why.");
    if (refusal.code === 'unauthorized') response.setHeader('WWW-Authenticate', 'Bearer');
    // What was not read of the body must not be taken for the next request.
    if (!request.complete) response.setHeader('Connection', 'close');
    sendJson(response, refusal.status, refusal.toFailure());
  }
}
