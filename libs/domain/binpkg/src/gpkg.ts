import { ok, type Result } from '@swarm/kernel';

import { type Binpkg, identify, readMetadata } from './binpkg-metadata.js';
import { bytesSource } from './byte-source.js';
import { type Compression, type GpkgContainer, openGpkg } from './gpkg-container.js';
import { checkDigests, type ManifestAlgorithm } from './gpkg-manifest.js';
import type { BinpkgLimits } from './limits.js';
import { type ArtifactRefusal, refusal } from './refusal.js';
import { readTar } from './tar-reader.js';

/** Digest of bytes in lower-case hexadecimal. */
export type DigestOf = (algorithm: ManifestAlgorithm, bytes: Uint8Array) => string;

/** Decompresses, giving up at `maxBytes`; refuses what it cannot decode. */
export type Decompress = (
  compression: Exclude<Compression, 'none'>,
  bytes: Uint8Array,
  maxBytes: number,
) => Result<Uint8Array, ArtifactRefusal>;

/** What verifying needs from outside. */
export interface VerifyGpkgPorts {
  readonly digestOf: DigestOf;
  readonly decompress: Decompress;
  readonly limits: BinpkgLimits;
}

/**
 * Verifies a whole GPKG in memory (GLEP 78): structure, every member's digests, metadata.
 * For large files use `openGpkg`, `checkDigests` and `decodeGpkgMetadata` over a source instead; the promise is the same.
 */
export function verifyGpkg(bytes: Uint8Array, ports: VerifyGpkgPorts): Result<Binpkg, ArtifactRefusal> {
  const source = bytesSource(bytes);
  const container = openGpkg(source, ports.limits);
  if (!container.ok) return container;
  for (const member of container.value.members) {
    const content = source.read(member.offsetBytes, member.sizeBytes);
    const checked = checkDigests(member.declared, (algorithm) => ports.digestOf(algorithm, content));
    if (!checked.ok) return checked;
  }
  const { metadata } = container.value;
  return decodeGpkgMetadata(container.value, source.read(metadata.offsetBytes, metadata.sizeBytes), ports);
}

/** Reads the metadata archive of an opened container whose digests have been checked. */
export function decodeGpkgMetadata(
  container: GpkgContainer,
  archive: Uint8Array,
  ports: Pick<VerifyGpkgPorts, 'decompress' | 'limits'>,
): Result<Binpkg, ArtifactRefusal> {
  const { limits } = ports;
  if (archive.length > limits.metadataBytes)
    return refusal('bad-metadata', `the metadata archive is longer than ${limits.metadataBytes} bytes`);
  const { compression } = container.metadata;
  if (compression === 'none' || container.image.compression === 'none') {
    return refusal(
      'unsupported-compression',
      'Portage installs only packages whose inner archives are compressed',
    );
  }
  const plain = ports.decompress(compression, archive, limits.metadataBytes);
  if (!plain.ok) return plain;
  const files = metadataFiles(plain.value, limits);
  if (!files.ok) return files;
  const metadata = readMetadata(files.value, limits);
  if (!metadata.ok) return metadata;
  const binpkg = identify(metadata.value, { format: 'gpkg', signed: container.manifest.signed });
  if (!binpkg.ok) return binpkg;
  const { pf } = binpkg.value;
  const tail = container.base.slice(pf.length);
  if (!container.base.startsWith(pf) || !/^(?:-[1-9]\d*)?$/.test(tail)) {
    return refusal('bad-metadata', `the container is named ${container.base}, its metadata says ${pf}`);
  }
  return binpkg;
}

/** Members of the metadata archive by key; all lie directly in `metadata/` and are regular files. */
function metadataFiles(
  archive: Uint8Array,
  limits: BinpkgLimits,
): Result<ReadonlyMap<string, Uint8Array>, ArtifactRefusal> {
  const tar = readTar(bytesSource(archive), { members: limits.metadataMembers, pathBytes: limits.pathBytes });
  if (!tar.ok)
    return tar.error.reason === 'unsafe-path'
      ? tar
      : refusal('bad-metadata', `metadata archive: ${tar.error.message}`);
  const files = new Map<string, Uint8Array>();
  for (const member of tar.value) {
    const [directory, key, ...more] = member.path.split('/');
    if (directory !== 'metadata' || key === undefined || more.length > 0 || member.kind !== 'file') {
      return refusal('bad-metadata', `${member.path} is no metadata file`);
    }
    if (files.has(key)) return refusal('bad-metadata', `${key} occurs twice`);
    files.set(key, archive.subarray(member.offsetBytes, member.offsetBytes + member.sizeBytes));
  }
  return ok(files);
}
