import { parsePackageName } from './package-name.js';
import { compareText, oneLine } from './text.js';

/** Keys of an index's header or of one entry, by the names that they have in the file (`MTIME`, `REPO`, `DESC`). */
export type IndexFields = ReadonlyMap<string, string>;

/** One package of an index. Made by `entryOf` or by parsing; then its CPV is valid and its path safe. */
export interface IndexEntry {
  readonly cpv: string;
  /** Path below the binhost: `cat/pn/pf-N.gpkg.tar`; names the entry, for one CPV may have several. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly buildTimeSeconds: number;
  /** Every field, with what it inherits from the header and without what equals a default. */
  readonly fields: IndexFields;
}

/** A `Packages` file: its header, and its entries in their order. */
export interface PackagesIndex {
  /** Without TIMESTAMP and PACKAGES, which rendering sets. */
  readonly header: IndexFields;
  /** Seconds of the epoch; 0 where none has been written yet. */
  readonly timestampSeconds: number;
  readonly entries: readonly IndexEntry[];
}

/** Values that are left out of an entry (Portage 3.0.83, `bintree.py`). All others are empty by default. */
export const defaultFields: IndexFields = new Map([
  ['EAPI', '0'],
  ['SLOT', '0'],
]);
/** Fields that an entry takes from the header where it has none of its own. */
export const inheritedFields = ['CHOST', 'REPO'] as const;

/** An index without packages. Portage refuses one without `VERSION: 0`, so that is always there. */
export function emptyIndex(header: IndexFields = new Map()): PackagesIndex {
  return { header: cleanHeader(header), timestampSeconds: 0, entries: [] };
}

/** The same index under another header. */
export function withHeader(index: PackagesIndex, header: IndexFields): PackagesIndex {
  return { ...index, header: cleanHeader(header) };
}

/** Adds an entry at its place, instead of one with the same path if there is one. The old index is unchanged. */
export function addEntry(index: PackagesIndex, entry: IndexEntry): PackagesIndex {
  const entries = index.entries.filter((other) => other.path !== entry.path);
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = entries[middle];
    if (other !== undefined && compareEntries(other, entry) < 0) low = middle + 1;
    else high = middle;
  }
  entries.splice(low, 0, entry);
  return { ...index, entries };
}

/** Removes the entry with that path; the same index when there is none. */
export function removeEntry(index: PackagesIndex, path: string): PackagesIndex {
  const entries = index.entries.filter((entry) => entry.path !== path);
  return entries.length === index.entries.length ? index : { ...index, entries };
}

/** Replaces all entries; the order of the argument does not matter. */
export function withEntries(index: PackagesIndex, entries: readonly IndexEntry[]): PackagesIndex {
  const byPath = new Map(entries.map((entry) => [entry.path, entry]));
  return { ...index, entries: [...byPath.values()].sort(compareEntries) };
}

/** By CPV as text, as Portage sorts; then older builds first, so that the file is the same whatever the order of arrival. */
export function compareEntries(a: IndexEntry, b: IndexEntry): number {
  return compareText(a.cpv, b.cpv) || a.buildTimeSeconds - b.buildTimeSeconds || compareText(a.path, b.path);
}

/** A path that an index may name: `cat/pn/pf-N.gpkg.tar` or `.xpak`, or the single-instance forms. */
export function isIndexPath(path: string, cpv: string): boolean {
  const parts = parsePackageName(cpv);
  if (parts === undefined) return false;
  const { category, pn, pf } = parts;
  const many = `${category}/${pn}/${pf}-`;
  if (path.startsWith(many)) return /^[1-9]\d*\.(?:gpkg\.tar|xpak)$/.test(path.slice(many.length));
  return path === `${category}/${pf}.gpkg.tar` || path === `${category}/${pf}.tbz2`;
}

function cleanHeader(header: IndexFields): IndexFields {
  const clean = new Map<string, string>();
  for (const [key, value] of header) {
    if (/^[A-Z][A-Z0-9_]*$/.test(key) && key !== 'TIMESTAMP' && key !== 'PACKAGES')
      clean.set(key, oneLine(value));
  }
  return clean.set('VERSION', '0');
}
