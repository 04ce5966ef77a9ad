import { ok, type Result } from '@swarm/kernel';

import type { BinpkgFormat, BinpkgMetadata } from './binpkg-metadata.js';
import type { PackageName } from './package-name.js';
import { reduceDependencies } from './dependency-string.js';
import type { IndexEntry } from './index-model.js';
import { toEntry } from './index-text.js';
import { type ArtifactRefusal, refusal } from './refusal.js';
import { oneLine } from './text.js';

/** What is known of a package's file. */
export interface IndexedFile {
  /** Below the binhost, as `indexPath` makes it. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Lower-case hexadecimal; the two digests that Portage's client checks. */
  readonly md5: string;
  readonly sha1: string;
  /** Modification time of the file, in whole seconds; the client compares it. */
  readonly mtimeSeconds: number;
}

/** Metadata keys that Portage copies into an index (3.0.83, `bintree.py`). */
const copied = [
  'BUILD_ID',
  'BUILD_TIME',
  'CHOST',
  'DEFINED_PHASES',
  'EAPI',
  'IUSE',
  'KEYWORDS',
  'PROVIDES',
  'REQUIRES',
  'SLOT',
  'USE',
  'USER_PATCHES',
] as const;
/** Keys whose USE conditionals Portage evaluates first; those that end in DEPEND hold atoms. */
const evaluated = [
  'BDEPEND',
  'DEPEND',
  'IDEPEND',
  'LICENSE',
  'PDEPEND',
  'PROPERTIES',
  'RDEPEND',
  'RESTRICT',
] as const;

/**
 * The index entry of a verified package, with the fields that Portage would write.
 * Refuses metadata that would harm a client: unreadable dependencies, missing times.
 */
export function entryOf(
  binpkg: { readonly cpv: string; readonly metadata: BinpkgMetadata },
  file: IndexedFile,
): Result<IndexEntry, ArtifactRefusal> {
  const { metadata } = binpkg;
  const use = new Set((metadata.get('USE') ?? '').split(' '));
  const fields = new Map<string, string>();
  for (const key of copied) fields.set(key, oneLine(metadata.get(key) ?? ''));
  for (const key of evaluated) {
    const reduced = reduceDependencies(metadata.get(key) ?? '', use, { atoms: key.endsWith('DEPEND') });
    if (!reduced.ok) return refusal('bad-metadata', `${key}: ${reduced.error}`);
    fields.set(key, reduced.value);
  }
  fields
    .set('CPV', binpkg.cpv)
    .set('PATH', file.path)
    .set('SIZE', String(file.sizeBytes))
    .set('MD5', file.md5)
    .set('SHA1', file.sha1)
    .set('MTIME', String(file.mtimeSeconds))
    .set('REPO', oneLine(metadata.get('repository') ?? ''));
  const entry = toEntry(fields, new Map());
  return entry.ok ? ok(entry.value) : refusal('bad-metadata', entry.error.message);
}

/** Path of a package in a binhost: `cat/pn/pf-N.gpkg.tar`. N is the binhost's own count, not BUILD_ID. */
export function indexPath(cpv: PackageName, instance: number, format: BinpkgFormat): string {
  return `${cpv.category}/${cpv.pn}/${cpv.pf}-${instance}.${format === 'gpkg' ? 'gpkg.tar' : 'xpak'}`;
}
