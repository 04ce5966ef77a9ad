import { err, ok, type Result } from '@swarm/kernel';

import type { HostKey } from './host.js';

/** Key types that a host may be pinned to, as OpenSSH names them. */
export const hostKeyTypes = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa',
] as const;

/** Most keys that one host is pinned to. */
export const MAX_HOST_KEYS = 16;
const BASE64 = /^[A-Za-z0-9+/]{40,2000}={0,2}$/;

/**
 * The keys of one host in a text of known_hosts lines, or of public keys (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). Lines
 * of other hosts are left out: else a whole known_hosts file would let each of its machines pass for this one (S14).
 * Names that are hashed cannot be compared here, and certificate authorities vouch for too many: both are refused.
 */
export function parseHostKeys(text: string, address: string, port: number): Result<HostKey[], string> {
  const keys: HostKey[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const words = line.trim().split(/\s+/);
    if (words[0] === '' || words[0]?.startsWith('#')) continue;
    const read = keyOf(words, address, port);
    if (!read.ok) return err(`host key, line ${index + 1}: ${read.error}`);
    const key = read.value;
    if (key !== null && !keys.some((known) => isSameKey(known, key))) keys.push(key);
  }
  if (keys.length === 0) return err(`host key: no line is for ${nameIn(address, port)}`);
  return keys.length > MAX_HOST_KEYS ? err(`host key: more than ${MAX_HOST_KEYS} keys`) : ok(keys);
}

/** As it is stored, and as a known_hosts line without its names. */
export function hostKeyText({ type, base64 }: HostKey): string {
  return `${type} ${base64}`;
}

export function isSameKey(a: HostKey, b: HostKey): boolean {
  return a.type === b.type && a.base64 === b.base64;
}

/** Null for a line of another host. */
function keyOf(words: readonly string[], address: string, port: number): Result<HostKey | null, string> {
  const [first = '', second = '', third = ''] = words;
  if (first.startsWith('@')) return err(`${first} is not understood: give the host's own key`);
  if (first.startsWith('|')) {
    return err(`its name is hashed: give the output of \`ssh-keyscan ${nameIn(address, port)}\` instead`);
  }
  const isBare = isKeyType(first);
  const [type, base64] = isBare ? [first, second] : [second, third];
  if (!isBare && !first.split(',').includes(nameIn(address, port))) return ok(null);
  if (!isKeyType(type))
    return err(`"${type}" is no type of key that is used here (${hostKeyTypes.join(', ')})`);
  return BASE64.test(base64) ? ok({ type, base64 }) : err('the key is not base64');
}

function isKeyType(text: string): boolean {
  return hostKeyTypes.some((type) => type === text);
}

/** How known_hosts names a host: its port only where it is not 22. */
function nameIn(address: string, port: number): string {
  return port === 22 ? address : `[${address}]:${port}`;
}
