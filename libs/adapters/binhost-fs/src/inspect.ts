import { createHash, type Hash } from 'node:crypto';
import { readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

import {
  type ArtifactRefusal,
  type BinpkgLimits,
  type ByteSource,
  checkDigests,
  decodeGpkgMetadata,
  type GpkgMember,
  type InspectedBinpkg,
  looksLikeGpkg,
  looksLikeXpak,
  type ManifestAlgorithm,
  openGpkg,
  refusal,
  verifyXpak,
} from '@swarm/domain-binpkg';
import { ok, type Result } from '@swarm/kernel';

import { decompress, hashNames } from './codecs.js';
import { readImageAbi } from './image-abi.js';

const readBytes = 1024 * 1024;

/**
 * Verifies a binary package on disk and reads its metadata: GPKG (every member's digests, streamed) or XPAK.
 * Finds the ABI of a GPKG too; what hinders that refuses nothing, the ABI is null then, as that of an XPAK is.
 * Memory stays bounded by the size of the metadata and of one library, whatever the package's.
 */
export async function inspectBinpkg(
  path: string,
  limits: BinpkgLimits,
): Promise<Result<InspectedBinpkg, ArtifactRefusal>> {
  const handle = await open(path, 'r');
  try {
    const source = fileSource(handle, (await handle.stat()).size);
    if (looksLikeGpkg(source)) return await inspectGpkg(handle, source, limits);
    if (looksLikeXpak(source)) {
      const verified = verifyXpak(source, limits);
      return verified.ok ? ok({ ...verified.value, abi: null }) : verified;
    }
    return refusal('not-a-binpkg', 'the file is neither a GPKG nor an XPAK package');
  } finally {
    await handle.close();
  }
}

async function inspectGpkg(
  handle: FileHandle,
  source: ByteSource,
  limits: BinpkgLimits,
): Promise<Result<InspectedBinpkg, ArtifactRefusal>> {
  const container = openGpkg(source, limits);
  if (!container.ok) return container;
  for (const member of container.value.members) {
    const digests = await digestMember(handle, member);
    const checked = checkDigests(member.declared, (algorithm) => digests.get(algorithm) ?? '');
    if (!checked.ok) return checked;
  }
  const { metadata } = container.value;
  if (metadata.sizeBytes > limits.metadataBytes)
    return refusal('bad-metadata', `the metadata archive is longer than ${limits.metadataBytes} bytes`);
  const decoded = decodeGpkgMetadata(container.value, source.read(metadata.offsetBytes, metadata.sizeBytes), {
    decompress,
    limits,
  });
  if (!decoded.ok) return decoded;
  // What no compiler made exports nothing; whole swarms of it are made in tests.
  const abi = decoded.value.synthetic ? {} : await readImageAbi(handle, container.value.image);
  return ok({ ...decoded.value, abi });
}

async function digestMember(
  handle: FileHandle,
  member: GpkgMember,
): Promise<ReadonlyMap<ManifestAlgorithm, string>> {
  const hashes = new Map<ManifestAlgorithm, Hash>();
  for (const algorithm of member.declared.digests.keys())
    hashes.set(algorithm, createHash(hashNames[algorithm]));
  const buffer = Buffer.allocUnsafe(Math.min(readBytes, Math.max(member.sizeBytes, 1)));
  let done = 0;
  while (done < member.sizeBytes) {
    const wanted = Math.min(buffer.length, member.sizeBytes - done);
    const { bytesRead } = await handle.read(buffer, 0, wanted, member.offsetBytes + done);
    if (bytesRead === 0) break;
    for (const hash of hashes.values()) hash.update(buffer.subarray(0, bytesRead));
    done += bytesRead;
  }
  return new Map([...hashes].map(([algorithm, hash]) => [algorithm, hash.digest('hex')]));
}

/** Headers and metadata are small and read at once; contents are streamed elsewhere. */
function fileSource(handle: FileHandle, sizeBytes: number): ByteSource {
  return {
    sizeBytes,
    read: (offsetBytes, lengthBytes) => {
      const buffer = Buffer.alloc(Math.max(0, Math.min(lengthBytes, sizeBytes - offsetBytes)));
      let done = 0;
      while (done < buffer.length) {
        const bytesRead = readSync(handle.fd, buffer, done, buffer.length - done, offsetBytes + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return buffer.subarray(0, done);
    },
  };
}
