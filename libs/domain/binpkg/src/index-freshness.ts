/** What Portage's client adds to the TIMESTAMP of its copy when it asks for a newer one (`TIMESTAMP_TOLERANCE`, 3.0.83). */
export const clientToleranceSeconds = 5;

/** How to answer a request for an index. */
export interface IndexResponse {
  readonly status: 200 | 304;
  /** Value of the Last-Modified header, as an HTTP date. */
  readonly lastModified: string;
}

/**
 * The TIMESTAMP of the next index: now, but always above the last one ever written for that profile,
 * whatever the clock does; a client never takes an index that is not newer than its own.
 */
export function nextTimestamp(nowSeconds: number, highestSeconds: number): number {
  return Math.max(Math.floor(nowSeconds), highestSeconds + 1);
}

/**
 * Decides whether a client has the current index. Portage sends `If-Modified-Since: TIMESTAMP of its copy + 5 s`; an ordinary server
 * would say 304 for five seconds after each update, and the client would keep the old index for good. So 304 is only for exactly the current one.
 * Seconds are of the epoch; `timestampSeconds` is the TIMESTAMP of the index that would be sent.
 */
export function indexResponse(timestampSeconds: number, ifModifiedSince: string | undefined): IndexResponse {
  const asked = ifModifiedSince === undefined ? Number.NaN : Date.parse(ifModifiedSince) / 1000;
  return {
    status: asked - clientToleranceSeconds === timestampSeconds ? 304 : 200,
    lastModified: new Date(timestampSeconds * 1000).toUTCString(),
  };
}
