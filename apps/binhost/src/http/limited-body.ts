import type { Readable } from 'node:stream';

import type { UploadLimits } from '../config.js';

/** The body of one upload under its time limits. */
export interface LimitedBody {
  readonly body: AsyncIterable<Uint8Array>;
  /** Aborted with an Error that says which limit was passed. */
  readonly signal: AbortSignal;
  /** To be called when the upload is over, however it ended. */
  end(): void;
}

/**
 * Reads a request as fast as it is taken, and ends it when the sender is silent for too long or takes too long in all (S16).
 * Our own time, while a chunk is written, is not the sender's silence. The request itself stays open for an answer.
 */
export function limitedBody(
  request: Readable,
  limits: Pick<UploadLimits, 'idleMs' | 'totalMs'>,
): LimitedBody {
  const { idleMs, totalMs } = limits;
  const over = new AbortController();
  const stop = (message: string) => (): void => over.abort(new Error(message));
  const total = setTimeout(stop(`the upload took longer than ${totalMs} ms`), totalMs);
  let idle: NodeJS.Timeout | undefined;
  const listen = (): void => {
    idle = setTimeout(stop(`no byte arrived for ${idleMs} ms`), idleMs);
  };
  async function* body(): AsyncGenerator<Uint8Array> {
    listen();
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      clearTimeout(idle);
      yield chunk;
      listen();
    }
    clearTimeout(idle);
  }
  return {
    body: body(),
    signal: over.signal,
    end: () => {
      clearTimeout(total);
      clearTimeout(idle);
    },
  };
}
