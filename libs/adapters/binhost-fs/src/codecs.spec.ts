import { gzipSync } from 'node:zlib';

import { describe, expect, it } from '@jest/globals';

import { decompress, digestOf } from './codecs.js';

/** 20,000 times `a`, by the zstd program, version 1.5. */
const zstd = Buffer.from('28b52ffd04584d000010616101001bce0eb0cc5294e4', 'hex');

describe('a compressed archive', () => {
  it('is decoded from zstd and gzip', () => {
    expect(decompress('gzip', gzipSync('hello'), 100)).toMatchObject({
      ok: true,
      value: Buffer.from('hello'),
    });
    const plain = decompress('zstd', zstd, 100_000);
    expect(plain.ok && Buffer.from(plain.value).equals(Buffer.alloc(20_000, 'a'))).toBe(true);
  });

  it('that grows beyond its limit is refused', () => {
    expect(decompress('gzip', gzipSync(Buffer.alloc(10_000)), 100).ok).toBe(false);
    expect(decompress('zstd', zstd, 19_999).ok).toBe(false);
  });

  it('that asks for a huge window is refused before any memory is taken', () => {
    const bomb = Buffer.from('28b52ffd00a8ffffffff', 'hex');
    expect(decompress('zstd', bomb, 100_000)).toMatchObject({ ok: false, error: { reason: 'bad-metadata' } });
  });

  it('that is cut or damaged is refused', () => {
    for (let length = 0; length < zstd.length; length += 1) {
      const result = decompress('zstd', zstd.subarray(0, length), 100_000);
      expect(result.ok && result.value.length > 0).toBe(false);
    }
    expect(decompress('gzip', Buffer.from('no'), 100).ok).toBe(false);
  });

  it.each(['xz', 'bzip2', 'lz4', 'lzip', 'lzop'] as const)('is refused by name when it is %s', (kind) => {
    expect(decompress(kind, Buffer.alloc(10), 100)).toMatchObject({
      ok: false,
      error: { reason: 'unsupported-compression' },
    });
  });
});

describe('a digest', () => {
  it('is the one that Portage writes into a Manifest', () => {
    expect(digestOf('BLAKE2B', new Uint8Array())).toMatch(/^786a02f742015903/);
    expect(digestOf('SHA512', new Uint8Array())).toMatch(/^cf83e1357eefb8bd/);
  });
});
