import type { IncomingMessage } from 'node:http';

import type { z } from 'zod';

import { ApiRefusal } from '../use-cases/api-refusal.js';

/**
 * The JSON object in a request's body; an empty body is an empty object.
 * Only `application/json` is read: a browser sends that across origins only after asking, and is refused then.
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > maxBytes) {
      throw new ApiRefusal('bad-input', `The body is larger than ${maxBytes} bytes.`, 'Send less at once.');
    }
    chunks.push(chunk);
  }
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') {
    throw new ApiRefusal(
      'bad-input',
      'Content-Type: is not application/json.',
      'Send the body as JSON, {} if empty.',
    );
  }
  if (sizeBytes === 0) return {};
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new ApiRefusal('bad-input', 'The body is not JSON.', 'Send one JSON object.');
  }
}

/** Parses one part of a request; a refusal names every wrong field and says what it should be. */
export function parsePart<S extends z.ZodType>(schema: S, given: unknown, part: string): z.output<S> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const mistakes = parsed.error.issues.map((issue) => `${issue.path.join('.') || part}: ${issue.message}`);
  throw new ApiRefusal('bad-input', mistakes.join('; '), 'GET /api/docs describes every field.');
}
