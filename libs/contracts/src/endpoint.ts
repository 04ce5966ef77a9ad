import { z } from 'zod';

/** Largest body of a request that says nothing else, in bytes. */
export const MAX_BODY_BYTES = 512 * 1024;

const Nothing = z.strictObject({});
type Nothing = typeof Nothing;

/** One route of the HTTP API: everything that server, client and documentation know of it. */
export interface Endpoint<
  R extends z.ZodType = z.ZodType,
  P extends z.ZodObject = z.ZodObject,
  Q extends z.ZodObject = z.ZodObject,
  B extends z.ZodObject = z.ZodObject,
> {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below `API_BASE`, with `:name` for each field of `params`. */
  readonly path: string;
  readonly summary: string;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** Largest body that is read, in bytes. */
  readonly maxBodyBytes: number;
  readonly response: R;
  /** What a success is called: 200, or 201 where something came into being. */
  readonly status: 200 | 201;
  readonly produces: 'application/json' | 'text/plain' | 'text/event-stream';
}

/** Names of the fields of params, query and body do not collide, so one object holds them all. */
type Given<E extends Endpoint, How extends 'input' | 'output'> = How extends 'input'
  ? z.input<E['params']> & z.input<E['query']> & z.input<E['body']>
  : z.output<E['params']> & z.output<E['query']> & z.output<E['body']>;

/** What a caller gives, before defaults and conversions. */
export type EndpointInput<E extends Endpoint> = Given<E, 'input'>;
/** What a handler gets, parsed. */
export type EndpointRequest<E extends Endpoint> = Given<E, 'output'>;
export type EndpointResponse<E extends Endpoint> = z.output<E['response']>;

/** Fills what most routes leave out: no parameters, no body, 200, JSON. */
export function defineEndpoint<
  R extends z.ZodType,
  P extends z.ZodObject = Nothing,
  Q extends z.ZodObject = Nothing,
  B extends z.ZodObject = Nothing,
>(
  given: Pick<Endpoint<R, P, Q, B>, 'method' | 'path' | 'summary' | 'response'> &
    Partial<Endpoint<R, P, Q, B>>,
): Endpoint<R, P, Q, B> {
  const defaults = {
    params: Nothing,
    query: Nothing,
    body: Nothing,
    maxBodyBytes: MAX_BODY_BYTES,
    status: 200,
    produces: 'application/json',
  };
  // Where a schema is left out its type parameter is `Nothing`, which is what the default is.
  return { ...defaults, ...given } as Endpoint<R, P, Q, B>;
}
