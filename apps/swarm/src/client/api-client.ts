import {
  API_BASE,
  api,
  ApiFailure,
  apiStreams,
  EventView,
  type ApiName,
  type Endpoint,
  type EndpointInput,
  type EndpointResponse,
} from '@swarm/contracts';
import { SwarmError } from '@swarm/kernel';

import { readServerSentEvents } from './server-sent-events.js';

/** How long one JSON request may take; making a plan waits for the scheduler's answer. */
export const REQUEST_LIMIT_MS = 20_000;

export interface ApiClientOptions {
  /** Of the gateway, e.g. `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly token?: string | undefined;
}

/** The gateway's API, typed by the same table that the gateway serves. Fails with SwarmErrors for people. */
export class ApiClient {
  readonly #base: string;

  constructor(private readonly options: ApiClientOptions) {
    if (!URL.canParse(options.url) || !/^https?:/.test(options.url)) {
      throw new SwarmError('SWARM_USAGE', `"${options.url}" is no address of a gateway.`, {
        hint: 'Give --url or SWARM_URL as http://host:port.',
      });
    }
    this.#base = options.url.replace(/\/+$/, '');
  }

  /** Calls one JSON route. */
  async call<N extends ApiName>(
    name: N,
    input: EndpointInput<(typeof api)[N]>,
  ): Promise<EndpointResponse<(typeof api)[N]>> {
    const endpoint: Endpoint = api[name];
    const { path, body } = requestFor(endpoint, input);
    const response = await this.#fetch(path, {
      method: endpoint.method,
      headers: {
        Accept: 'application/json',
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body }),
      signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
    });
    const parsed = endpoint.response.safeParse(await jsonOf(response));
    if (parsed.success) return parsed.data as EndpointResponse<(typeof api)[N]>;
    throw new SwarmError(
      'SWARM_FAILED',
      `The gateway's answer to ${path} is not what this version expects.`,
      {
        hint: 'Use the swarm command of the same version as the gateway.',
        cause: parsed.error,
      },
    );
  }

  /** The text of a log in pieces. */
  async *log(input: EndpointInput<typeof apiStreams.jobLog>, signal: AbortSignal): AsyncGenerator<string> {
    const response = await this.#fetch(requestFor(apiStreams.jobLog, input).path, { signal });
    const decoder = new TextDecoder();
    try {
      for await (const bytes of response.body ?? [])
        yield decoder.decode(bytes as Uint8Array, { stream: true });
    } catch (error) {
      if (!signal.aborted) throw this.#lost(error);
    }
  }

  /** One connection's events after a sequence; ends when the gateway ends it, throws when it breaks. */
  async *events(after: number, signal: AbortSignal): AsyncGenerator<EventView> {
    const response = await this.#fetch(`${API_BASE}/events`, {
      headers: { Accept: 'text/event-stream', 'Last-Event-ID': String(after) },
      signal,
    });
    try {
      for await (const data of readServerSentEvents(response.body)) yield EventView.parse(JSON.parse(data));
    } catch (error) {
      if (!signal.aborted) throw this.#lost(error);
    }
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const headers = {
      ...(init.headers as Record<string, string> | undefined),
      ...(this.options.token !== undefined && { Authorization: `Bearer ${this.options.token}` }),
    };
    let response: Response;
    try {
      response = await fetch(`${this.#base}${path}`, { ...init, headers });
    } catch (error) {
      throw this.#lost(error);
    }
    if (!response.ok) throw await failureOf(response);
    return response;
  }

  #lost(cause: unknown): SwarmError {
    return new SwarmError(
      'SWARM_UNREACHABLE',
      `No answer from the gateway at ${this.#base}${reason(cause)}.`,
      {
        hint: 'Is it running (`swarm up`)? Another address goes into --url or SWARM_URL.',
        cause,
      },
    );
  }
}

function reason(failure: unknown): string {
  const { name, cause } = failure as { readonly name?: string; readonly cause?: { readonly code?: string } };
  if (name === 'TimeoutError') return ` within ${REQUEST_LIMIT_MS / 1000} s`;
  return cause?.code === undefined ? '' : ` (${cause.code})`;
}

/** Spreads an input over the path, the query and the body, as the endpoint's schemas have the fields. */
function requestFor(endpoint: Endpoint, input: object): { readonly path: string; readonly body?: string } {
  const given = Object.entries(input).filter(([, value]) => value !== undefined);
  const fieldsOf = (fields: object): [string, unknown][] => given.filter(([name]) => name in fields);
  const params = Object.fromEntries(fieldsOf(endpoint.params.shape));
  const path = endpoint.path.replaceAll(/:(\w+)/g, (_all, name: string) =>
    encodeURIComponent(String(params[name])),
  );
  const query = new URLSearchParams(
    fieldsOf(endpoint.query.shape).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
  return {
    path: `${API_BASE}${path}${query === '' ? '' : `?${query}`}`,
    ...(endpoint.method !== 'GET' && {
      body: JSON.stringify(Object.fromEntries(fieldsOf(endpoint.body.shape))),
    }),
  };
}

async function jsonOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

/** A refusal in the gateway's own words; 5xx of something in between counts as not reachable. */
async function failureOf(response: Response): Promise<SwarmError> {
  const parsed = ApiFailure.safeParse(await jsonOf(response));
  if (!parsed.success) {
    return new SwarmError(
      'SWARM_UNREACHABLE',
      `What answers there is no gateway (HTTP ${response.status}).`,
      {
        hint: 'Look at --url or SWARM_URL.',
      },
    );
  }
  const { code, message, hint } = parsed.data.error;
  const swarmCode =
    code === 'bad-input' ? 'SWARM_USAGE' : code === 'unavailable' ? 'SWARM_UNREACHABLE' : 'SWARM_FAILED';
  return new SwarmError(swarmCode, message, hint === undefined ? {} : { hint });
}
