import type { Binpkg } from './binpkg-metadata.js';
import { compareText } from './text.js';

/** What one library exports. */
export interface LibraryAbi {
  /** Digest over all exported symbols: equal when they are. */
  readonly digest: string;
  /** The exported symbols, sorted; null where they are too many to be kept, or differ between files of one name. */
  readonly symbols: readonly string[] | null;
}

/** What a package offers to those that are linked with it: each SONAME with its machine (`x86_64:libfoo.so.6`) → its exports. */
export type ArtifactAbi = Readonly<Record<string, LibraryAbi>>;

/** A verified package, with its ABI; null when that could not be found out. */
export interface InspectedBinpkg extends Binpkg {
  readonly abi: ArtifactAbi | null;
}

/** Whether what was linked with one build works with the other, as far as names tell. */
export interface AbiComparison {
  readonly compatible: boolean;
  /** What is incompatible, one sentence for each library, for people. */
  readonly changes: readonly string[];
}

/** Most symbols that are named in one sentence. */
const namedSymbols = 5;
/** Longest symbol in a sentence, in characters: names of C++ templates have no end. */
const symbolChars = 120;

/**
 * Compares two builds of a package. Compatible when each library of the first is in the second and exports all that it
 * did; more exports are welcome. Where only digests are known, they must be equal.
 * Names are all that is compared: a function that changed its meaning, or a structure its layout, goes unseen.
 */
export function compareAbi(before: ArtifactAbi | null, after: ArtifactAbi | null): AbiComparison {
  if (before === null || after === null) {
    const which = before === null ? 'earlier' : 'later';
    return { compatible: false, changes: [`the ABI of the ${which} build is not known`] };
  }
  const known = new Map(Object.entries(after));
  const changes = Object.entries(before)
    .sort(([a], [b]) => compareText(a, b))
    .flatMap(([key, library]) => changeOf(nameOf(key, before), library, known.get(key)) ?? []);
  return { compatible: changes.length === 0, changes };
}

function changeOf(name: string, before: LibraryAbi, after: LibraryAbi | undefined): string | undefined {
  if (after === undefined) return `${name} is gone`;
  if (before.digest === after.digest) return undefined;
  if (before.symbols === null || after.symbols === null)
    return `${name} exports other symbols; they are too many to say which`;
  const exported = new Set(after.symbols);
  const lost = before.symbols.filter((symbol) => !exported.has(symbol));
  if (lost.length === 0) return undefined;
  const named = lost.slice(0, namedSymbols).map(shortened).join(', ');
  const more = lost.length > namedSymbols ? ` and ${lost.length - namedSymbols} more` : '';
  return `${name} lost ${lost.length} ${lost.length === 1 ? 'symbol' : 'symbols'}: ${named}${more}`;
}

/** The SONAME, with its machine only where the package has the library for several. */
function nameOf(key: string, abi: ArtifactAbi): string {
  const soname = key.slice(key.indexOf(':') + 1);
  const namesakes = Object.keys(abi).filter((other) => other.slice(other.indexOf(':') + 1) === soname);
  return namesakes.length > 1 ? `${soname} (${key.slice(0, key.indexOf(':'))})` : soname;
}

function shortened(symbol: string): string {
  return symbol.length > symbolChars ? `${symbol.slice(0, symbolChars)}…` : symbol;
}
