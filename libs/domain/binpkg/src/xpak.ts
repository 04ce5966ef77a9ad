import { ok, type Result } from '@swarm/kernel';

import { type Binpkg, identify, readMetadata } from './binpkg-metadata.js';
import type { ByteSource } from './byte-source.js';
import type { BinpkgLimits } from './limits.js';
import { type ArtifactRefusal, refusal } from './refusal.js';
import { latin1Of } from './text.js';

const trailerBytes = 16;
const headBytes = 16;
const stopBytes = 8;

/** Whether the file ends as an XPAK package does: `XPAKSTOP`, an offset, `STOP` (Portage's `xpak.py`). */
export function looksLikeXpak(source: ByteSource): boolean {
  if (source.sizeBytes < trailerBytes) return false;
  const tail = latin1Of(source.read(source.sizeBytes - trailerBytes, trailerBytes));
  return tail.startsWith('XPAKSTOP') && tail.endsWith('STOP');
}

/**
 * Verifies what an XPAK package can prove: its trailer, index and metadata.
 * The format has no digests inside, so a change in the archive before them is only found by the digest of the whole file.
 */
export function verifyXpak(source: ByteSource, limits: BinpkgLimits): Result<Binpkg, ArtifactRefusal> {
  if (source.sizeBytes > limits.containerBytes)
    return refusal('too-large', `longer than ${limits.containerBytes} bytes`);
  if (!looksLikeXpak(source)) return refusal('not-a-binpkg', 'the file does not end as an XPAK package does');
  const segmentBytes = integerAt(source.read(source.sizeBytes - 8, 4), 0);
  const start = source.sizeBytes - 8 - segmentBytes;
  if (start < 0 || segmentBytes < headBytes + stopBytes)
    return refusal('malformed-container', 'the XPAK offset leads out of the file');
  if (segmentBytes > limits.metadataBytes)
    return refusal('bad-metadata', `the metadata is longer than ${limits.metadataBytes} bytes`);
  const files = readSegment(source.read(start, segmentBytes), limits);
  if (!files.ok) return files;
  const metadata = readMetadata(files.value, limits);
  return metadata.ok ? identify(metadata.value, { format: 'xpak', signed: false }) : metadata;
}

function readSegment(
  segment: Uint8Array,
  limits: BinpkgLimits,
): Result<ReadonlyMap<string, Uint8Array>, ArtifactRefusal> {
  const indexBytes = integerAt(segment, 8);
  const contentBytes = integerAt(segment, 12);
  const indexEnd = headBytes + indexBytes;
  const contentEnd = indexEnd + contentBytes;
  if (latin1Of(segment.subarray(0, 8)) !== 'XPAKPACK' || contentEnd + stopBytes !== segment.length) {
    return refusal('malformed-container', 'the XPAK segment contradicts its own lengths');
  }
  const files = new Map<string, Uint8Array>();
  let at = headBytes;
  while (at < indexEnd) {
    const nameBytes = integerAt(segment, at);
    const entryEnd = at + 4 + nameBytes + 8;
    if (nameBytes === 0 || nameBytes > limits.pathBytes || entryEnd > indexEnd)
      return refusal('malformed-container', 'damaged XPAK index');
    const name = latin1Of(segment.subarray(at + 4, at + 4 + nameBytes));
    const from = integerAt(segment, at + 4 + nameBytes);
    const length = integerAt(segment, at + 8 + nameBytes);
    if (from + length > contentBytes)
      return refusal('malformed-container', `${JSON.stringify(name)} leads out of the XPAK data`);
    if (files.has(name) || files.size >= limits.metadataMembers)
      return refusal('malformed-container', 'too many XPAK entries, or one twice');
    files.set(name, segment.subarray(indexEnd + from, indexEnd + from + length));
    at = entryEnd;
  }
  return ok(files);
}

/** Big-endian, 4 bytes; 0 beyond the end. */
function integerAt(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] ?? 0) * 0x1000000 +
    (bytes[at + 1] ?? 0) * 0x10000 +
    (bytes[at + 2] ?? 0) * 0x100 +
    (bytes[at + 3] ?? 0)
  );
}
