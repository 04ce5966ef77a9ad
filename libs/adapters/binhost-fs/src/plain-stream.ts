import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';

import type { Compression } from '@swarm/domain-binpkg';
import { Decompress as ZstdDecoder } from 'fzstd';

import { ZstdFrames, type ZstdLimits } from './zstd-frames.js';

/** Pieces of a stream. */
export type Pieces = AsyncIterable<Uint8Array>;

/** Compressed bytes that are decoded at once: their blocks may grow ten thousand times. */
const sliceBytes = 4096;
/** Bytes that are decoded before others get a turn. */
const turnBytes = 4 * 1024 * 1024;
/** Some 15 s of moving: 2 GiB as `zstd -19` packs them, 128 MiB as `zstd --long` does. */
const zstdLimits: ZstdLimits = { windowBytes: 128 * 1024 ** 2, movedBytes: 128 * 1024 ** 3 };

/**
 * Decompresses a stream piece by piece; throws where it is damaged or asks for too much.
 * `undefined` for a compression that is not decoded here.
 */
export function plainStream(compression: Compression, pieces: Pieces): Pieces | undefined {
  switch (compression) {
    case 'none':
      return pieces;
    case 'gzip':
      return gunzipped(pieces);
    case 'zstd':
      return unzstd(pieces);
    case 'bzip2':
    case 'lz4':
    case 'lzip':
    case 'lzop':
    case 'xz':
      return undefined;
  }
}

async function* gunzipped(pieces: Pieces): Pieces {
  const decoder = createGunzip();
  const source = Readable.from(pieces);
  source.once('error', (error) => decoder.destroy(error));
  try {
    for await (const piece of source.pipe(decoder)) yield piece as Buffer;
  } finally {
    source.destroy();
  }
}

async function* unzstd(pieces: Pieces): Pieces {
  const frames = new ZstdFrames(zstdLimits);
  let blocks: Uint8Array[] = [];
  let sinceTurnBytes = 0;
  const decoder = new ZstdDecoder((block) => {
    blocks.push(block);
    sinceTurnBytes += block.length;
  });
  const decoded = (): Uint8Array[] => {
    const all = blocks;
    blocks = [];
    return all;
  };
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; at += sliceBytes) {
      const slice = piece.subarray(at, at + sliceBytes);
      frames.pass(slice);
      decoder.push(slice);
      yield* decoded();
      if (sinceTurnBytes < turnBytes) continue;
      sinceTurnBytes = 0;
      await setImmediate();
    }
  }
  decoder.push(new Uint8Array(), true);
  yield* decoded();
}
