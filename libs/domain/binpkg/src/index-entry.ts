import {
  type Eapi,
  isEapi,
  type LanguageError,
  parseDependencies,
  parseTokens,
  printReduced,
  useReduce,
  useReduceTokens,
} from '@swarm/domain-ebuild';
import { ok, type Result } from '@swarm/kernel';

import type { BinpkgFormat, BinpkgMetadata } from './binpkg-metadata.js';
import type { PackageName } from './package-name.js';
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
/** Keys whose USE conditionals Portage evaluates first. */
const evaluated = [
  ['BDEPEND', reduceAtoms],
  ['DEPEND', reduceAtoms],
  ['IDEPEND', reduceAtoms],
  ['LICENSE', reduceWords],
  ['PDEPEND', reduceAtoms],
  ['PROPERTIES', reduceWords],
  ['RDEPEND', reduceAtoms],
  ['RESTRICT', reduceWords],
] as const;

/** What the dependency strings of one package are evaluated with. */
interface Evaluation {
  readonly use: ReadonlySet<string>;
  /** None where the EAPI is not known here: then all features are allowed, and it is the client that masks. */
  readonly eapi: Eapi | undefined;
}

/**
 * The index entry of a verified package, with the fields that Portage would write.
 * Refuses metadata that would harm a client: unreadable dependencies, missing times.
 */
export function entryOf(
  binpkg: { readonly cpv: string; readonly metadata: BinpkgMetadata },
  file: IndexedFile,
): Result<IndexEntry, ArtifactRefusal> {
  const { metadata } = binpkg;
  const fields = new Map<string, string>();
  for (const key of copied) fields.set(key, oneLine(metadata.get(key) ?? ''));
  const use = new Set((fields.get('USE') ?? '').split(' '));
  const named = fields.get('EAPI') ?? '';
  // An ebuild that names no EAPI is of EAPI 0.
  const eapi = named === '' ? '0' : named;
  const evaluation = { use, eapi: isEapi(eapi) ? eapi : undefined };
  for (const [key, reduce] of evaluated) {
    const reduced = reduce(oneLine(metadata.get(key) ?? ''), evaluation);
    if (!reduced.ok) {
      const { column, message } = reduced.error;
      return refusal('bad-metadata', `${key} (EAPI ${eapi}), column ${column}: ${message}`);
    }
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

/**
 * Read by the rules of the package's EAPI, as a client reads it. Portage writes its index by the rules of none, which
 * shows only where up to EAPI 6 an any-of group has nothing left: it holds, and Portage's index would say that it cannot.
 */
function reduceAtoms(text: string, { use, eapi }: Evaluation): Result<string, LanguageError> {
  const nodes = parseDependencies(text, { eapi });
  return nodes.ok ? ok(printReduced(useReduce(nodes.value, use, { eapi }))) : nodes;
}

function reduceWords(text: string, { use, eapi }: Evaluation): Result<string, LanguageError> {
  const nodes = parseTokens(text, { eapi });
  return nodes.ok ? ok(printReduced(useReduceTokens(nodes.value, use, { eapi }))) : nodes;
}

/** Path of a package in a binhost: `cat/pn/pf-N.gpkg.tar`. N is the binhost's own count, not BUILD_ID. */
export function indexPath(cpv: PackageName, instance: number, format: BinpkgFormat): string {
  return `${cpv.category}/${cpv.pn}/${cpv.pf}-${instance}.${format === 'gpkg' ? 'gpkg.tar' : 'xpak'}`;
}
