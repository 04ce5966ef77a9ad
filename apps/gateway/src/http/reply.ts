import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

/** Sent with everything: nothing is guessed, framed or loaded from elsewhere. */
const SAFE_HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cache-Control': 'no-store',
} as const;

export function startReply(
  response: ServerResponse,
  status: number,
  type: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { ...SAFE_HEADERS, 'Content-Type': type, ...headers });
}

export function sendText(response: ServerResponse, type: string, text: string | Buffer, status = 200): void {
  startReply(response, status, type, { 'Content-Length': String(Buffer.byteLength(text)) });
  response.end(text);
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  sendText(response, 'application/json; charset=utf-8', JSON.stringify(value), status);
}

/** Writes a piece of a stream; waits while the reader is slower than we are. False when the reader is gone. */
export async function writePiece(
  response: ServerResponse,
  text: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (signal.aborted || response.destroyed) return false;
  if (response.write(text)) return true;
  try {
    await once(response, 'drain', { signal });
    return true;
  } catch {
    return false;
  }
}
