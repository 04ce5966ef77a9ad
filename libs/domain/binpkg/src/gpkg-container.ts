import { ok, type Result } from '@swarm/kernel';

import type { ByteSource } from './byte-source.js';
import { type GpkgManifest, type ManifestEntry, parseGpkgManifest } from './gpkg-manifest.js';
import type { BinpkgLimits } from './limits.js';
import { type ArtifactRefusal, refusal } from './refusal.js';
import { readTar, type TarMember } from './tar-reader.js';
import { latin1Of } from './text.js';

/** How an inner archive is compressed. */
export const compressions = ['none', 'gzip', 'bzip2', 'lz4', 'lzip', 'lzop', 'xz', 'zstd'] as const;
export type Compression = (typeof compressions)[number];

export type GpkgRole = 'version' | 'metadata' | 'metadata-signature' | 'image' | 'image-signature';

/** A member that the Manifest vouches for; its content stays in the source. */
export interface GpkgMember {
  readonly role: GpkgRole;
  /** File name without the directory: `image.tar.zst`. */
  readonly name: string;
  readonly compression: Compression;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  readonly declared: ManifestEntry;
}

/** The outside of a GPKG, checked in structure but not yet in content. */
export interface GpkgContainer {
  /** The one directory of all members: `greet-1.0-r1-1`. */
  readonly base: string;
  readonly members: readonly GpkgMember[];
  readonly metadata: GpkgMember;
  readonly image: GpkgMember;
  readonly manifest: GpkgManifest;
}

const versionName = 'gpkg-1';
const manifestName = 'Manifest';
const suffixes: Readonly<Record<string, Compression>> = {
  '': 'none',
  '.gz': 'gzip',
  '.bz2': 'bzip2',
  '.lz4': 'lz4',
  '.lz': 'lzip',
  '.lzo': 'lzop',
  '.xz': 'xz',
  '.zst': 'zstd',
};

/** The compression that Portage's name for it stands for: `zstd` → `.zst`. */
export function compressionSuffix(compression: Compression): string {
  return Object.keys(suffixes).find((suffix) => suffixes[suffix] === compression) ?? '';
}

/** Whether the bytes begin as a GPKG does: a tar member named `<base>/gpkg-1` (GLEP 78). */
export function looksLikeGpkg(source: ByteSource): boolean {
  return latin1Of(source.read(0, 100)).includes(`/${versionName}\0`);
}

/**
 * Reads the outer container of a GPKG (GLEP 78): members in their order under one directory, `Manifest` last,
 * every member listed there with its size and nothing else listed. Contents are checked by `checkDigests`.
 */
export function openGpkg(source: ByteSource, limits: BinpkgLimits): Result<GpkgContainer, ArtifactRefusal> {
  if (source.sizeBytes > limits.containerBytes)
    return refusal('too-large', `longer than ${limits.containerBytes} bytes`);
  if (!looksLikeGpkg(source)) return refusal('not-a-binpkg', 'the file does not begin as a GPKG does');
  const tar = readTar(source, { members: limits.containerMembers, pathBytes: limits.pathBytes });
  if (!tar.ok) return tar;
  const base = tar.value[0]?.path.split('/')[0] ?? '';
  const listed = namesUnder(base, tar.value);
  if (!listed.ok) return listed;
  const names = listed.value;
  const manifestMember = names.get(manifestName);
  if (manifestMember === undefined || [...names.keys()].at(-1) !== manifestName) {
    return refusal('malformed-container', 'the Manifest is not the last member');
  }
  if (manifestMember.sizeBytes > limits.manifestBytes)
    return refusal('bad-manifest', `the Manifest is longer than ${limits.manifestBytes} bytes`);
  const manifest = parseGpkgManifest(source.read(manifestMember.offsetBytes, manifestMember.sizeBytes));
  if (!manifest.ok) return manifest;
  names.delete(manifestName);
  const members = matchManifest(names, manifest.value);
  return members.ok ? assemble(base, members.value, manifest.value) : members;
}

/** Members by their name below the one directory of all. */
function namesUnder(
  base: string,
  members: readonly TarMember[],
): Result<Map<string, TarMember>, ArtifactRefusal> {
  const names = new Map<string, TarMember>();
  for (const member of members) {
    const name = member.path.slice(base.length + 1);
    if (member.path !== `${base}/${name}` || name === '' || name.includes('/')) {
      return refusal('malformed-container', `${member.path} does not lie in the directory ${base}`);
    }
    if (member.kind !== 'file') return refusal('malformed-container', `${member.path} is no regular file`);
    if (names.has(name)) return refusal('malformed-container', `${member.path} occurs twice`);
    names.set(name, member);
  }
  return ok(names);
}

function matchManifest(
  names: ReadonlyMap<string, TarMember>,
  manifest: GpkgManifest,
): Result<readonly GpkgMember[], ArtifactRefusal> {
  const entries = new Map(manifest.entries.map((entry) => [entry.name, entry]));
  const members: GpkgMember[] = [];
  for (const [name, { offsetBytes, sizeBytes }] of names) {
    const declared = entries.get(name);
    if (declared === undefined) return refusal('bad-manifest', `the Manifest does not name ${name}`);
    if (declared.sizeBytes !== sizeBytes)
      return refusal(
        'digest-mismatch',
        `${name} has ${sizeBytes} bytes, the Manifest declares ${declared.sizeBytes}`,
      );
    entries.delete(name);
    const known = roleOf(name);
    if (known === undefined) return refusal('malformed-container', `a GPKG has no member ${name}`);
    members.push({ ...known, name, offsetBytes, sizeBytes, declared });
  }
  const [missing] = entries.keys();
  return missing === undefined
    ? ok(members)
    : refusal('truncated', `the Manifest names ${missing}, which is not there`);
}

function roleOf(name: string): { readonly role: GpkgRole; readonly compression: Compression } | undefined {
  if (name === versionName) return { role: 'version', compression: 'none' };
  const match = /^(?<inner>metadata|image)\.tar(?<suffix>\.[a-z0-9]+?)?(?<signature>\.sig)?$/.exec(name);
  const inner = match?.groups?.['inner'];
  const compression = suffixes[match?.groups?.['suffix'] ?? ''];
  if (compression === undefined || (inner !== 'metadata' && inner !== 'image')) return undefined;
  return { role: match?.groups?.['signature'] === undefined ? inner : `${inner}-signature`, compression };
}

/** The roles, in the order of GLEP 78; signatures may be missing, each role occurs once. */
const order: readonly GpkgRole[] = ['version', 'metadata', 'metadata-signature', 'image', 'image-signature'];

function assemble(
  base: string,
  members: readonly GpkgMember[],
  manifest: GpkgManifest,
): Result<GpkgContainer, ArtifactRefusal> {
  const positions = members.map((member) => order.indexOf(member.role));
  const ascending = positions.every(
    (position, index) => index === 0 || position > (positions[index - 1] ?? -1),
  );
  const metadata = members.find((member) => member.role === 'metadata');
  const image = members.find((member) => member.role === 'image');
  if (!ascending || members[0]?.role !== 'version' || metadata === undefined || image === undefined) {
    return refusal(
      'malformed-container',
      `the members are not those of a GPKG: ${members.map((member) => member.name).join(' ')}`,
    );
  }
  return ok({ base, members, metadata, image, manifest });
}
