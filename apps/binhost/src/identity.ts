import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * The identity of a fact, from what makes it that fact: the same words give the same UUID (version 8, RFC 9562),
 * so that a fact found again after a crash is stored and sent once.
 */
export function factId(...words: readonly string[]): string {
  const bytes = createHash('sha256').update(JSON.stringify(words)).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Whether a token is the one whose SHA-256 the ledger keeps; takes the same time wherever they differ. */
export function isToken(token: string, tokenSha256: string): boolean {
  const offered = createHash('sha256').update(token).digest();
  const kept = Buffer.from(tokenSha256, 'hex');
  return kept.length === offered.length && timingSafeEqual(offered, kept);
}
