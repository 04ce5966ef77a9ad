import { err, ok, type Result } from '@swarm/kernel';

import { parsePackageName } from './package-name.js';
import {
  compareEntries,
  defaultFields,
  emptyIndex,
  type IndexEntry,
  type IndexFields,
  inheritedFields,
  isIndexPath,
  type PackagesIndex,
} from './index-model.js';
import { compareText } from './text.js';

/** Something in an index that was left out, and why. */
export interface IndexProblem {
  /** The entry's path or CPV, or its number where it has neither. */
  readonly where: string;
  readonly message: string;
}

export interface ParsedIndex {
  readonly index: PackagesIndex;
  /** Entries that were left out, and a count that does not agree; an empty list for a sound file. */
  readonly problems: readonly IndexProblem[];
}

/** Names that Portage sorts by and renames only when it writes. */
const sortNames: Readonly<Record<string, string>> = {
  MTIME: '_mtime_',
  REPO: 'repository',
  DESC: 'DESCRIPTION',
};

/**
 * The text of a `Packages` file, byte for byte as Portage 3.0.83 writes it: header first, keys in order, defaults and inherited values
 * left out, an empty line after each block. `timestampSeconds` must be above that of every index ever shown at the same address.
 */
export function renderIndex(index: PackagesIndex, timestampSeconds: number): string {
  const header = new Map(index.header);
  header.set('PACKAGES', String(index.entries.length)).set('TIMESTAMP', String(timestampSeconds));
  return block(header) + index.entries.map((entry) => block(ownFields(entry, index.header))).join('');
}

/**
 * Reads a `Packages` file. An error means that it is none that Portage would take (no VERSION, or one above 0);
 * entries that would harm a client are left out and named.
 */
export function parseIndex(text: string): Result<ParsedIndex, string> {
  const blocks = text.split(/\n{2,}/).filter((written) => written !== '');
  const header = fieldsOf(blocks[0] ?? '');
  if (header.get('VERSION') !== '0') return err('no index: VERSION is missing or not 0');
  const timestampSeconds = Number(header.get('TIMESTAMP') ?? '0');
  if (!Number.isSafeInteger(timestampSeconds)) return err('no index: TIMESTAMP is no number');
  const problems: IndexProblem[] = [];
  const entries: IndexEntry[] = [];
  for (const [number, written] of blocks.slice(1).entries()) {
    const entry = toEntry(fieldsOf(written), header);
    if (entry.ok) entries.push(entry.value);
    else
      problems.push({
        where: entry.error.where === '' ? `entry ${number + 1}` : entry.error.where,
        message: entry.error.message,
      });
  }
  const declared = header.get('PACKAGES');
  if (declared !== undefined && declared !== String(blocks.length - 1)) {
    problems.push({
      where: 'header',
      message: `PACKAGES is ${declared}, but there are ${blocks.length - 1} entries: the file may be cut`,
    });
  }
  if (!text.endsWith('\n\n'))
    problems.push({ where: 'end', message: 'the last line is not complete: the file may be cut' });
  return ok({
    index: { header: emptyIndex(header).header, timestampSeconds, entries: entries.sort(compareEntries) },
    problems,
  });
}

function fieldsOf(written: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of written.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 2));
  }
  return fields;
}

/** Checks the fields without which a client fails (portage.md of the design: each was removed in turn) and makes the entry. */
export function toEntry(
  written: ReadonlyMap<string, string>,
  header: IndexFields,
): Result<IndexEntry, IndexProblem> {
  const fields = new Map(written);
  for (const key of inheritedFields) {
    const inherited = header.get(key);
    if (inherited !== undefined && !fields.has(key)) fields.set(key, inherited);
  }
  const cpv = fields.get('CPV') ?? '';
  const path = fields.get('PATH') ?? '';
  const where = path === '' ? cpv : path;
  if (parsePackageName(cpv) === undefined)
    return err({ where, message: `CPV ${JSON.stringify(cpv)} is not valid` });
  if (!isIndexPath(path, cpv))
    return err({ where, message: `PATH ${JSON.stringify(path)} is not one of ${cpv}` });
  for (const key of ['SIZE', 'BUILD_TIME', 'MTIME']) {
    if (!/^\d{1,15}$/.test(fields.get(key) ?? ''))
      return err({ where, message: `${key} is missing or no number` });
  }
  for (const [key, value] of fields) {
    if (value === '' || defaultFields.get(key) === value) fields.delete(key);
  }
  return ok({
    cpv,
    path,
    sizeBytes: Number(fields.get('SIZE')),
    buildTimeSeconds: Number(fields.get('BUILD_TIME')),
    fields,
  });
}

function ownFields(entry: IndexEntry, header: IndexFields): IndexFields {
  const shared = inheritedFields.filter(
    (key) => header.has(key) && header.get(key) === entry.fields.get(key),
  );
  if (shared.length === 0) return entry.fields;
  const own = new Map(entry.fields);
  for (const key of shared) own.delete(key);
  return own;
}

function block(fields: IndexFields): string {
  const lines = [...fields]
    .filter(([, value]) => value !== '')
    .sort(([a], [b]) => compareText(sortNames[a] ?? a, sortNames[b] ?? b))
    .map(([key, value]) => `${key}: ${value}\n`);
  return `${lines.join('')}\n`;
}
