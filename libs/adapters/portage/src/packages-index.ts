import type { PackagesEntry } from './outcome.model.js';

/** A binhost's index: its header, and one entry for each binary package. */
export interface PackagesIndex {
  readonly header: PackagesEntry;
  readonly entries: readonly PackagesEntry[];
}

/** Reads a `Packages` file: blocks of `KEY: value`, an empty line between two. What is no such line is passed over. */
export function parsePackagesIndex(text: string): PackagesIndex {
  const blocks = text
    .split(/\n{2,}/)
    .map((block) => block.split('\n').flatMap(pairOf))
    .filter((pairs) => pairs.length > 0)
    .map((pairs) => Object.fromEntries(pairs));
  const [header = {}, ...entries] = blocks;
  return 'CPV' in header ? { header: {}, entries: blocks } : { header, entries };
}

/**
 * Writes a `Packages` file, as Portage reads it. The number of the entries and the version of the format are put before
 * the rest of the header.
 */
export function printPackagesIndex(header: PackagesEntry, entries: readonly PackagesEntry[]): string {
  return [{ PACKAGES: String(entries.length), VERSION: '0', ...header }, ...entries]
    .map((entry) =>
      Object.entries(entry)
        .map(([key, value]) => `${key}: ${value}\n`)
        .join(''),
    )
    .join('\n')
    .concat('\n');
}

function pairOf(line: string): [string, string][] {
  const [, key, value] = /^([A-Z0-9_]+): ?(.*)$/.exec(line) ?? [];
  return key === undefined ? [] : [[key, value ?? '']];
}

/** Of the entries of one CPV, the one that Portage would choose: the latest build. */
export function latestBuilds(entries: readonly PackagesEntry[]): ReadonlyMap<string, PackagesEntry> {
  const latest = new Map<string, PackagesEntry>();
  for (const entry of entries) {
    const cpv = entry['CPV'];
    if (cpv === undefined) continue;
    const known = latest.get(cpv);
    if (!known || buildTimeOf(entry) >= buildTimeOf(known)) latest.set(cpv, entry);
  }
  return latest;
}

/** Seconds since 1970 at which the package was built; 0 where the entry does not say. */
export function buildTimeOf(entry: PackagesEntry): number {
  return Number(entry['BUILD_TIME'] ?? 0);
}
