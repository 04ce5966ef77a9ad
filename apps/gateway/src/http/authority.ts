import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

import type { Secret } from '@swarm/platform';

import { ApiRefusal } from '../use-cases/api-refusal.js';

/** Refuses whoever wants to change something without the token, where there is one. Reading is free. */
export function requireAuthority(request: IncomingMessage, token: Secret | undefined): void {
  if (token === undefined || request.method === 'GET' || request.method === 'HEAD') return;
  const given = /^Bearer (?<token>\S+)$/.exec(request.headers.authorization ?? '')?.groups?.['token'];
  if (given !== undefined && timingSafeEqual(digest(given), digest(token.reveal()))) return;
  throw new ApiRefusal(
    'unauthorized',
    given === undefined ? 'Authorization: a Bearer token is needed.' : 'Authorization: the token is wrong.',
    'Set SWARM_API_TOKEN to the token that the gateway was started with.',
  );
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
