import { ok, type Result } from '@swarm/kernel';

import { type LanguageError, refuse } from './language-error.js';

/** What may follow a version's numbers, lowest first (PMS 3.2); none at all lies between `rc` and `p`. */
export type SuffixKind = 'alpha' | 'beta' | 'pre' | 'rc' | 'p';

export interface VersionSuffix {
  readonly kind: SuffixKind;
  /** Its digits as written; empty where there are none, which counts as 0. */
  readonly digits: string;
}

/** A version with its revision (PMS 3.2), in parts. Numbers stay text: they have no upper limit. */
export interface Version {
  /** As written: `1.2b_rc3-r4`. */
  readonly text: string;
  /** As written, without the revision: `1.2b_rc3`. */
  readonly base: string;
  /** The numbers between the dots, as written. */
  readonly numbers: readonly string[];
  /** One lower-case letter, or empty. */
  readonly letter: string;
  readonly suffixes: readonly VersionSuffix[];
  /** The digits of the revision; empty where none is written, which counts as 0. */
  readonly revision: string;
}

const BASE = String.raw`(?<numbers>\d+(?:\.\d+)*)(?<letter>[a-z]?)(?<suffixes>(?:_(?:alpha|beta|pre|rc|p)\d*)*)`;
const PATTERN = new RegExp(`^(?<base>${BASE})(?:-r(?<revision>\\d+))?$`);
/** As far as a text is a version. */
const BEGINNING = new RegExp(`^${BASE}(?:-r\\d+)?`);

const rankOf: Readonly<Record<SuffixKind, number>> = { alpha: -4, beta: -3, pre: -2, rc: -1, p: 0 };
const noSuffixes: readonly VersionSuffix[] = [];

/** The version that a text is (PMS 3.2), or where it stops being one. */
export function parseVersion(text: string): Result<Version, LanguageError> {
  const version = readVersion(text);
  if (version !== undefined) return ok(version);
  return refuse((BEGINNING.exec(text)?.[0].length ?? 0) + 1, `"${text}" is no version`);
}

/** A version that is believed to be one; throws where it is not. For values that were checked before. */
export function versionOf(text: string): Version {
  const version = readVersion(text);
  if (version === undefined) throw new Error(`"${text}" is no version`);
  return version;
}

/** As `parseVersion`, for those who make their own error. */
export function readVersion(text: string): Version | undefined {
  const found = PATTERN.exec(text)?.groups;
  if (found === undefined) return undefined;
  const { base = '', numbers = '', letter = '', suffixes = '', revision = '' } = found;
  return {
    text,
    base,
    numbers: numbers.split('.'),
    letter,
    suffixes: suffixes === '' ? noSuffixes : suffixes.slice(1).split('_').map(suffixOf),
    revision,
  };
}

/**
 * The order of versions (PMS 3.3): negative where `a` is older, positive where it is newer, 0 where they are
 * equal. Versions that are written differently can be equal: `1.0` and `1.0-r0`, `1_p` and `1_p0`, `01` and `1`.
 */
export function compareVersions(a: Version, b: Version): -1 | 0 | 1 {
  if (a.text === b.text) return 0;
  return (
    compareNumbers(a.numbers, b.numbers) ||
    compareTexts(a.letter, b.letter) ||
    compareSuffixes(a.suffixes, b.suffixes) ||
    compareIntegers(a.revision, b.revision)
  );
}

function suffixOf(written: string): VersionSuffix {
  const kind = written.replace(/\d+$/, '') as SuffixKind;
  return { kind, digits: written.slice(kind.length) };
}

/** Algorithms 3.2 and 3.3 of PMS: the first as integers, the others as fractions where one begins with 0. */
function compareNumbers(a: readonly string[], b: readonly string[]): -1 | 0 | 1 {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index += 1) {
    const [left = '', right = ''] = [a[index], b[index]];
    if (left === right) continue;
    const fraction = index > 0 && (left.startsWith('0') || right.startsWith('0'));
    const order = fraction
      ? compareTexts(withoutTrailingZeros(left), withoutTrailingZeros(right))
      : compareIntegers(left, right);
    if (order !== 0) return order;
  }
  return sign(a.length - b.length);
}

/** Algorithms 3.5 and 3.6 of PMS. */
function compareSuffixes(a: readonly VersionSuffix[], b: readonly VersionSuffix[]): -1 | 0 | 1 {
  const longest = Math.max(a.length, b.length);
  for (let index = 0; index < longest; index += 1) {
    const [left, right] = [a[index], b[index]];
    if (left === undefined) return right?.kind === 'p' ? -1 : 1;
    if (right === undefined) return left.kind === 'p' ? 1 : -1;
    const order = sign(rankOf[left.kind] - rankOf[right.kind]) || compareIntegers(left.digits, right.digits);
    if (order !== 0) return order;
  }
  return 0;
}

/** Compares digits by value, however many they are; none at all is 0. */
function compareIntegers(a: string, b: string): -1 | 0 | 1 {
  if (a === b) return 0;
  const left = withoutLeadingZeros(a);
  const right = withoutLeadingZeros(b);
  return sign(left.length - right.length) || compareTexts(left, right);
}

function withoutLeadingZeros(digits: string): string {
  return digits.startsWith('0') ? digits.replace(/^0+/, '') : digits;
}

function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end -= 1;
  return digits.slice(0, end);
}

function compareTexts(a: string, b: string): -1 | 0 | 1 {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function sign(difference: number): -1 | 0 | 1 {
  if (difference === 0) return 0;
  return difference < 0 ? -1 : 1;
}
