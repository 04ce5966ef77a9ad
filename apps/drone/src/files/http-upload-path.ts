import { createReadStream } from 'node:fs';
import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

import { z } from 'zod';

import type { SpooledArtifact } from '../ports/artifact-spool.js';
import type { UploadAnswer, UploadPath } from '../ports/upload-path.js';

export interface UploadLimits {
  readonly uploadIdleMs: number;
  readonly uploadTryMs: number;
  readonly uploadMaxDelayMs: number;
}

/** An answer is one small JSON object; what is longer is cut. */
const ANSWER_BYTES = 64 * 1024;
const TEXT_CHARS = 500;

/** Answers that say "not now"; every other one below 500 is final. */
const transientStatuses: ReadonlySet<number> = new Set([408, 425, 429]);

const Refusal = z.object({ reason: z.string(), message: z.string() });

/** One streamed PUT, with a limit on silence and one on the whole (S16). */
export class HttpUploadPath implements UploadPath {
  constructor(private readonly limits: UploadLimits) {}

  async put(artifact: SpooledArtifact, signal: AbortSignal): Promise<UploadAnswer> {
    const whole = AbortSignal.timeout(this.limits.uploadTryMs);
    try {
      const { status, body, retryAfter } = await this.#send(artifact, AbortSignal.any([signal, whole]));
      return answerOf(status, body, retryAfterMs(retryAfter, this.limits.uploadMaxDelayMs));
    } catch (error) {
      const reason = whole.aborted
        ? `the upload took longer than ${this.limits.uploadTryMs} ms`
        : describe(error);
      return { kind: 'unreachable', reason };
    }
  }

  #send(artifact: SpooledArtifact, signal: AbortSignal): Promise<HttpAnswer> {
    const { uploadUrl, uploadToken, sha256, sizeBytes, file } = artifact;
    return new Promise((resolve, reject) => {
      const send = new URL(uploadUrl).protocol === 'https:' ? httpsRequest : httpRequest;
      const request = send(uploadUrl, {
        method: 'PUT',
        signal,
        timeout: this.limits.uploadIdleMs,
        // A connection of its own: a kept one that the server closes meanwhile would look like a failed upload.
        agent: false,
        headers: {
          authorization: `Bearer ${uploadToken}`,
          'content-type': 'application/octet-stream',
          'content-length': sizeBytes,
          'x-swarm-sha256': sha256,
        },
      });
      const content = createReadStream(file);
      const stop = (error: Error): void => {
        content.destroy();
        request.destroy();
        reject(error);
      };
      request.on('timeout', () => stop(new Error(`no byte moved for ${this.limits.uploadIdleMs} ms`)));
      content.on('error', stop);
      // An early answer (a refusal) may come before, or just after, the connection breaks under the body.
      request.on('response', (response) => {
        readAnswer(request, response).then((answer) => {
          content.destroy();
          resolve(answer);
        }, stop);
      });
      request.on('error', (error) => {
        content.destroy();
        reject(error);
      });
      content.pipe(request);
    });
  }
}

interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  readonly retryAfter: string | undefined;
}

async function readAnswer(request: ClientRequest, response: IncomingMessage): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= ANSWER_BYTES) break;
    }
  } catch {
    // The status has been said; a body that is cut off changes nothing of it.
  }
  request.destroy();
  const body = Buffer.concat(chunks).subarray(0, ANSWER_BYTES).toString('utf8');
  return { status: response.statusCode ?? 0, body, retryAfter: response.headers['retry-after'] };
}

function answerOf(status: number, body: string, retryMs: number | undefined): UploadAnswer {
  if (status === 200 || status === 201) return { kind: 'accepted' };
  const { reason, message } = refusalOf(status, body);
  if (status >= 400 && status < 500 && !transientStatuses.has(status)) {
    return { kind: 'refused', status, reason, message };
  }
  const said = `the binhost answered ${status}: ${message}`;
  return { kind: 'unreachable', reason: said, ...(retryMs !== undefined && { retryAfterMs: retryMs }) };
}

function refusalOf(status: number, body: string): { reason: string; message: string } {
  try {
    return Refusal.parse(JSON.parse(body));
  } catch {
    // Not our binhost's words: a proxy, or nothing at all.
    return { reason: `http-${status}`, message: body.slice(0, TEXT_CHARS) || 'no further word' };
  }
}

/** `Retry-After` in seconds (RFC 9110, 10.2.3); dates and longer times than our own longest pause are not followed. */
function retryAfterMs(header: string | undefined, longestMs: number): number | undefined {
  if (header === undefined || !/^\d{1,6}$/.test(header)) return undefined;
  return Math.min(Number(header) * 1000, longestMs);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined || error.message.includes(code) ? error.message : `${code}: ${error.message}`;
}
