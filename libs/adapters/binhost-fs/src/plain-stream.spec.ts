import { gzipSync } from 'node:zlib';

import { describe, expect, it } from '@jest/globals';
import type { Compression } from '@swarm/domain-binpkg';

import { plainStream } from './plain-stream.js';
import { type ZstdBlock, zstdFrame, zstdStored } from './zstd.fixture.js';
import { ZstdFrames } from './zstd-frames.js';

/** 20,000 times `a`, by the zstd program, version 1.5. */
const byProgram = Buffer.from('28b52ffd04584d000010616101001bce0eb0cc5294e4', 'hex');
const text = Buffer.from(Array.from({ length: 100_000 }, (_, at) => (at * 7) % 251));

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

async function decoded(compression: Compression, bytes: Uint8Array, size = 1000): Promise<Buffer> {
  const plain = plainStream(compression, pieces(bytes, size));
  if (plain === undefined) throw new Error('not decoded');
  const all: Uint8Array[] = [];
  for await (const piece of plain) all.push(piece);
  return Buffer.concat(all);
}

describe('a compressed stream', () => {
  it.each([1, 7, 4096, 1_000_000])('is decoded from pieces of %i bytes', async (size) => {
    expect((await decoded('zstd', byProgram, size)).equals(Buffer.alloc(20_000, 'a'))).toBe(true);
    expect((await decoded('zstd', zstdStored(text, 3), size)).equals(text)).toBe(true);
    if (size > 1) expect((await decoded('gzip', gzipSync(text), size)).equals(text)).toBe(true);
    if (size > 1) expect((await decoded('none', text, size)).equals(text)).toBe(true);
  });

  it.each([
    ['zstd', byProgram.subarray(0, 15)],
    ['zstd', zstdStored(text).subarray(0, 70_000)],
    ['zstd', Buffer.from('no zstd at all, but long enough')],
    ['gzip', gzipSync(text).subarray(0, 100)],
    ['gzip', Buffer.from('no gzip')],
  ] as const)('that is cut or damaged ends in an error: %s %#', async (compression, bytes) => {
    await expect(decoded(compression, bytes)).rejects.toThrow();
  });

  it('ends with the error of what it is read from', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(gzipSync(text).subarray(0, 10));
      throw new Error('EIO');
    }
    for (const compression of ['gzip', 'zstd'] as const) {
      const plain = plainStream(compression, broken());
      await expect(plain?.[Symbol.asyncIterator]().next()).rejects.toThrow('EIO');
    }
  });

  it.each(['bzip2', 'lz4', 'lzip', 'lzop', 'xz'] as const)('is left alone when it is %s', (compression) => {
    expect(plainStream(compression, pieces(text, 100))).toBeUndefined();
  });
});

describe('a zstd stream', () => {
  const block: ZstdBlock = { type: 'raw', content: Buffer.from('hello') };
  const passing = (bytes: Uint8Array) => () => {
    const frames = new ZstdFrames({ windowBytes: 2 ** 20, movedBytes: 2 ** 21 });
    for (const byte of bytes) frames.pass(Uint8Array.of(byte));
  };

  it('may ask for its window, and for no more', () => {
    expect(passing(zstdFrame([block, block], 20))).not.toThrow();
    expect(passing(zstdFrame([block], 21))).toThrow('its zstd window has 2097152 bytes');
  });

  it('may not hide a large window behind a small one', () => {
    expect(passing(Buffer.concat([zstdStored(text, 2), zstdFrame([block], 21)]))).toThrow('window');
  });

  it('may not say its large window as the length of its content', () => {
    const single = Buffer.from('28b52ffda000000040', 'hex');
    expect(passing(single)).toThrow('its zstd window has 1073741824 bytes');
  });

  it('may not have its window moved for ever', () => {
    expect(passing(zstdFrame([block, block, block], 20))).toThrow('too large for its length');
  });

  it('may not blow up one byte beyond what a block may be', () => {
    const repeated = (sizeBytes: number): ZstdBlock => ({
      type: 'repeated',
      content: Buffer.from('a'),
      sizeBytes,
    });
    expect(passing(zstdFrame([repeated(131_072), block]))).not.toThrow();
    expect(passing(zstdFrame([repeated(131_073)]))).toThrow('a zstd block of 131073 bytes');
  });
});
