import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';

import {
  type Decompress,
  type DigestOf,
  type ManifestAlgorithm,
  refusal,
  type WriteGpkgPorts,
} from '@swarm/domain-binpkg';
import { Decompress as ZstdDecoder } from 'fzstd';

/** Names of node:crypto for the digests of a GPKG's Manifest. */
export const hashNames: Readonly<Record<ManifestAlgorithm, string>> = {
  SHA512: 'sha512',
  BLAKE2B: 'blake2b512',
};

/** Largest window of a zstd frame that is decoded, in bytes; what the `zstd` program takes without being asked. */
const longestZstdWindowBytes = 128 * 1024 * 1024;

/** Digest of bytes in memory. */
export const digestOf: DigestOf = (algorithm, bytes) =>
  createHash(hashNames[algorithm]).update(bytes).digest('hex');

/** Decodes gzip and zstd; the other compressions of GLEP 78 are refused by name. */
export const decompress: Decompress = (compression, bytes, maxBytes) => {
  try {
    switch (compression) {
      case 'gzip':
        return { ok: true, value: gunzipSync(bytes, { maxOutputLength: maxBytes }) };
      case 'zstd':
        return { ok: true, value: unzstd(bytes, maxBytes) };
      case 'bzip2':
      case 'lz4':
      case 'lzip':
      case 'lzop':
      case 'xz':
        return refusal(
          'unsupported-compression',
          `metadata compressed with ${compression} cannot be read here`,
        );
    }
  } catch (error) {
    return refusal(
      'bad-metadata',
      `the metadata cannot be decompressed: ${error instanceof Error ? error.message : 'unknown error'}`,
    );
  }
};

/** What `writeGpkg` needs: digests, and gzip at its default level. */
export const gpkgWriterPorts: WriteGpkgPorts = {
  digestOf,
  compress: { kind: 'gzip', apply: (bytes) => gzipSync(bytes) },
};

function unzstd(bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (zstdWindowBytes(bytes) > longestZstdWindowBytes) throw new Error('its zstd window is too large');
  const blocks: Uint8Array[] = [];
  let length = 0;
  const decoder = new ZstdDecoder((block) => {
    length += block.length;
    if (length > maxBytes) throw new Error(`it is longer than ${maxBytes} bytes`);
    blocks.push(block);
  });
  decoder.push(bytes, true);
  return Buffer.concat(blocks, length);
}

/** The memory that the first frame asks for (RFC 8878, 3.1.1.1); 0 when there is no frame. */
function zstdWindowBytes(bytes: Uint8Array): number {
  const descriptor = bytes[4] ?? 0;
  const singleSegment = (descriptor & 0x20) !== 0;
  if (!singleSegment) {
    const base = 2 ** (10 + ((bytes[5] ?? 0) >> 3));
    return base + (base / 8) * ((bytes[5] ?? 0) & 7);
  }
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeBytes = [1, 2, 4, 8][descriptor >> 6] ?? 1;
  let size = 0;
  for (let at = 4 + dictionaryBytes + sizeBytes; at > 4 + dictionaryBytes; at -= 1)
    size = size * 256 + (bytes[at] ?? 0);
  return size + (sizeBytes === 2 ? 256 : 0);
}
