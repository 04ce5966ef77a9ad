import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';

import type { VerifyGpkgPorts } from './gpkg.js';
import type { GpkgSpec, WriteGpkgPorts } from './gpkg-writer.js';
import { defaultBinpkgLimits } from './limits.js';
import { refusal } from './refusal.js';
import { bytesOf } from './text.js';

/** A file that Portage made; `README.md` beside them says how. */
export function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../fixtures/${name}`, import.meta.url)));
}

const hashNames = { SHA512: 'sha512', BLAKE2B: 'blake2b512' } as const;

export const writePorts: WriteGpkgPorts = {
  digestOf: (algorithm, bytes) => createHash(hashNames[algorithm]).update(bytes).digest('hex'),
  compress: { kind: 'gzip', apply: (bytes) => new Uint8Array(gzipSync(bytes)) },
};

export const verifyPorts: VerifyGpkgPorts = {
  digestOf: writePorts.digestOf,
  limits: defaultBinpkgLimits,
  decompress: (compression, bytes, maxBytes) => {
    if (compression !== 'gzip') return refusal('unsupported-compression', compression);
    try {
      return { ok: true, value: new Uint8Array(gunzipSync(bytes, { maxOutputLength: maxBytes })) };
    } catch {
      return refusal('bad-metadata', 'not gzip');
    }
  },
};

/** A package with a revision in its name, as the predecessor refused (S27). */
export const greet: GpkgSpec = {
  category: 'lab-apps',
  pf: 'greet-1.0-r1',
  buildId: 3,
  metadata: new Map([
    ['SLOT', '0/1'],
    ['USE', 'amd64 nls'],
    ['IUSE', '+nls shout'],
    ['repository', 'swarm-lab'],
    ['CHOST', 'x86_64-pc-linux-gnu'],
    ['RDEPEND', 'lab-libs/libgreet:0/1= nls? ( lab-libs/words )'],
  ]),
  image: [
    { kind: 'directory', path: 'usr' },
    { kind: 'file', path: 'usr/greet', content: bytesOf('#!/bin/sh\necho hello\n'), mode: 0o755 },
    { kind: 'symlink', path: 'usr/hi', linkName: 'greet' },
  ],
  mtimeSeconds: 1_795_000_000,
  synthetic: true,
};
