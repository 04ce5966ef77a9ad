import { createHash } from 'node:crypto';

import { hostKeyTypes, type HostKey } from '@swarm/domain-healing';
import type { ServerHostKeyAlgorithm } from 'ssh2';

/** The signatures that each type of key makes; `ssh-rsa` with SHA-1 is not among them. */
const algorithmsOf: Readonly<Record<string, readonly ServerHostKeyAlgorithm[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
};

/** What the host is asked to prove itself with: a key of a type that is pinned. */
export function algorithmsFor(keys: readonly Pick<HostKey, 'type'>[]): ServerHostKeyAlgorithm[] {
  const types = hostKeyTypes.filter((type) => keys.some((key) => key.type === type));
  return types.flatMap((type) => algorithmsOf[type] ?? []);
}

/** A key as it came over the wire: it begins with its type (RFC 4253, 6.6). */
export function keyOfWire(blob: Buffer): HostKey {
  const length = blob.length >= 4 ? blob.readUInt32BE(0) : 0;
  return { type: blob.toString('latin1', 4, 4 + length), base64: blob.toString('base64') };
}

/** As `ssh-keygen -l` shows it. */
export function fingerprintOf({ base64 }: Pick<HostKey, 'base64'>): string {
  const digest = createHash('sha256').update(Buffer.from(base64, 'base64')).digest('base64');
  return `SHA256:${digest.replace(/=+$/, '')}`;
}
