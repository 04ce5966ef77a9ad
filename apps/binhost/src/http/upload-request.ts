import type { IncomingHttpHeaders } from 'node:http';

import { err, ok, type Result } from '@swarm/kernel';

/** An answer in HTTP: its status, and a JSON object that says `reason` and `message` unless all is well. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, string>>;
}

/** What the headers of an upload say. */
export interface UploadHeaders {
  readonly token: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** Reads the headers of an upload; the answer says which one is missing or wrong. */
export function readUploadHeaders(headers: IncomingHttpHeaders): Result<UploadHeaders, HttpAnswer> {
  const length = headers['content-length'];
  if (length === undefined || !/^\d{1,15}$/.test(length)) {
    return failure(411, 'length-required', 'the header content-length is required');
  }
  const sha256 = headers['x-swarm-sha256'];
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/i.test(sha256)) {
    return failure(
      400,
      'sha256-required',
      'the header x-swarm-sha256 must be the SHA-256 of the body in hexadecimal',
    );
  }
  const token = /^Bearer (?<token>\S{1,1000})$/i.exec(headers.authorization ?? '')?.groups?.['token'];
  if (token === undefined) {
    return failure(
      401,
      'token-required',
      'the header authorization must be "Bearer" and the token of the attempt',
    );
  }
  return ok({ token, sizeBytes: Number(length), sha256: sha256.toLowerCase() });
}

/** An answer that says what is wrong. */
export function problem(status: number, reason: string, message: string): HttpAnswer {
  return { status, body: { reason, message } };
}

function failure(...words: Parameters<typeof problem>): Result<never, HttpAnswer> {
  return err(problem(...words));
}
