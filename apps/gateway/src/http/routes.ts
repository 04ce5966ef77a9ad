import type { IncomingMessage, ServerResponse } from 'node:http';

import { api, API_BASE, apiStreams, type ApiName, type Endpoint } from '@swarm/contracts';
import type { Secret } from '@swarm/platform';

import type { GatewayPorts } from '../ports.js';
import { ApiRefusal } from '../use-cases/api-refusal.js';
import { metricsText } from '../use-cases/metrics.js';
import { readStatus } from '../use-cases/read-status.js';
import { requireAuthority } from './authority.js';
import { docsPage } from './docs-page.js';
import { handlersOver } from './handlers.js';
import { openApi } from './openapi.js';
import type { PageFile } from './page-files.js';
import { sendJson, sendText } from './reply.js';
import { parsePart, readBody } from './request.js';
import type { Streams } from './streams.js';

export interface RouteOptions {
  readonly ports: GatewayPorts;
  readonly streams: Streams;
  readonly page: ReadonlyMap<string, PageFile>;
  readonly token: Secret | undefined;
}

type Run = (exchange: Exchange) => void | Promise<void>;

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  /** Values of the path's `:fields`. */
  readonly params: Readonly<Record<string, string>>;
}

interface Route {
  readonly method: string;
  readonly pattern: RegExp;
  readonly when?: (request: IncomingMessage) => boolean;
  readonly run: Run;
}

/** Everything that the gateway answers, as one function; what is in no table is refused. */
export function routesOver(
  options: RouteOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const routes = [...pageRoutes(options), ...streamRoutes(options), ...apiRoutes(options)];
  return async (request, response) => {
    // The host is not ours to believe; only path and query are read.
    const url = new URL(whole(request), 'http://gateway.invalid');
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    for (const route of routes) {
      const found = route.method === method ? route.pattern.exec(url.pathname) : null;
      if (!found || route.when?.(request) === false) continue;
      requireAuthority(request, options.token);
      await route.run({ request, response, url, params: { ...found.groups } });
      return;
    }
    throw new ApiRefusal(
      'not-found',
      `There is no ${request.method} ${url.pathname}.`,
      'GET /api/docs lists routes.',
    );
  };
}

/** The URL as it was asked for: Nest mounts middleware below a path, and cuts that off `url`. */
function whole(request: IncomingMessage & { readonly originalUrl?: string }): string {
  return request.originalUrl ?? request.url ?? '/';
}

function apiRoutes({ ports, streams }: RouteOptions): Route[] {
  const handlers = handlersOver(ports) as Readonly<Record<ApiName, (given: unknown) => Promise<unknown>>>;
  const json = (Object.keys(api) as ApiName[]).map((name): Route => {
    const endpoint: Endpoint = api[name];
    return routeOf(endpoint, async (exchange) => {
      const given = await requestOf(endpoint, exchange);
      // Parsed on the way out as well: the table is the contract, and nothing beyond it leaves.
      sendJson(exchange.response, endpoint.status, endpoint.response.parse(await handlers[name](given)));
    });
  });
  const log = routeOf(apiStreams.jobLog, async (exchange) => {
    const params = parsePart(apiStreams.jobLog.params, exchange.params, 'path');
    const query = parsePart(apiStreams.jobLog.query, queryOf(exchange.url), 'query');
    await streams.log(exchange.response, { ...params, ...query });
  });
  return [...json, log];
}

async function requestOf(endpoint: Endpoint, { request, params, url }: Exchange): Promise<unknown> {
  return {
    ...parsePart(endpoint.params, params, 'path'),
    ...parsePart(endpoint.query, queryOf(url), 'query'),
    ...(endpoint.method === 'GET'
      ? {}
      : parsePart(endpoint.body, await readBody(request, endpoint.maxBodyBytes), 'body')),
  };
}

function streamRoutes({ streams }: RouteOptions): Route[] {
  const run: Run = async ({ request, response, url }) => {
    const { after } = parsePart(api.events.query, queryOf(url), 'query');
    await streams.events(request, response, after);
  };
  return [
    { method: 'GET', pattern: /^\/events$/, run },
    // The same path as the JSON list: the header decides.
    { method: 'GET', pattern: new RegExp(`^${API_BASE}${api.events.path}$`), when: wantsStream, run },
  ];
}

function wantsStream(request: IncomingMessage): boolean {
  return request.headers.accept?.includes('text/event-stream') ?? false;
}

function pageRoutes({ ports, page }: RouteOptions): Route[] {
  const routes = { ...api, ...apiStreams };
  const document = openApi(routes);
  const docs = docsPage(routes);
  const files = [...page].map(([path, { type, content }]) =>
    getRoute(path, ({ response }) => {
      sendText(response, type, content);
    }),
  );
  return [
    ...files,
    getRoute('/api/openapi.json', ({ response }) => {
      sendJson(response, 200, document);
    }),
    getRoute('/api/docs', ({ response }) => {
      sendText(response, 'text/html; charset=utf-8', docs);
    }),
    getRoute('/metrics', async ({ response }) => {
      sendText(response, 'text/plain; version=0.0.4; charset=utf-8', metricsText(await readStatus(ports)));
    }),
  ];
}

function routeOf({ method, path }: Endpoint, run: Run): Route {
  const pattern = `${API_BASE}${path}`.replaceAll('.', '\\.').replaceAll(/:(\w+)/g, '(?<$1>[^/]+)');
  return { method, pattern: new RegExp(`^${pattern}$`), run };
}

function getRoute(path: string, run: Run): Route {
  return { method: 'GET', pattern: new RegExp(`^${path.replaceAll('.', '\\.')}$`), run };
}

/** The path as it was asked for: below a mount point, Express cuts it off `url`. */
export function pathOf(request: IncomingMessage): string {
  const { originalUrl } = request as { readonly originalUrl?: string };
  return originalUrl ?? request.url ?? '/';
}

/** The query as an object; a field that is given twice keeps its last value. */
function queryOf(url: URL): Readonly<Record<string, string>> {
  return Object.fromEntries(url.searchParams);
}
