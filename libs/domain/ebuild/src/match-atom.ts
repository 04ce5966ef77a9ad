import type { Atom, VersionRange } from './atom.js';
import type { SplitCpv } from './cpv.js';
import type { SlotDependency } from './slot.js';
import type { UseDependency } from './use-dependency.js';
import { compareVersions, type Version } from './version.js';

/** What is known of a package to tell whether an atom means it. */
export interface MatchablePackage {
  /** Split once, by `splitCpv`: a package is matched against many atoms. */
  readonly cpv: SplitCpv;
  readonly slot: string;
  /** The slot itself where `SLOT` names none. */
  readonly subslot: string;
  /** Where it is not known, an atom may name any. */
  readonly repository: string | undefined;
  /** The enabled flags. */
  readonly use: ReadonlySet<string>;
  /** The flags that it knows: `IUSE_REFERENCEABLE`, from EAPI 5 on `IUSE_EFFECTIVE` (PMS 11.1.1). */
  readonly iuse: ReadonlySet<string>;
  /** `BUILD_ID` of a binary package. */
  readonly buildId?: string | undefined;
}

/**
 * Whether an atom means this package (PMS 8.2.6; `match_from_list` of Portage 3.0.82); of a blocker, whether it
 * blocks it. A USE condition that was not evaluated before asks only that its flag is known.
 */
export function matchesAtom(atom: Atom, pkg: MatchablePackage): boolean {
  return (
    atom.name === pkg.cpv.name &&
    (atom.range === undefined || isInRange(atom.range, pkg)) &&
    (atom.slot === undefined || hasSlot(atom.slot, pkg)) &&
    (atom.use.length === 0 || atom.use.every((dependency) => meets(dependency, pkg))) &&
    atom.requiredFlags.every((flag) => pkg.iuse.has(flag)) &&
    (atom.repository === undefined || pkg.repository === undefined || atom.repository === pkg.repository)
  );
}

function isInRange({ operator, version, buildId }: VersionRange, pkg: MatchablePackage): boolean {
  const own = pkg.cpv.version;
  switch (operator) {
    case '<':
      return compareVersions(own, version) < 0;
    case '<=':
      return compareVersions(own, version) <= 0;
    case '=':
      return compareVersions(own, version) === 0 && (buildId === undefined || buildId === pkg.buildId);
    case '=*':
      return beginsWith(own, version);
    case '~':
      // PMS would have equal versions match; Portage 3.0.82 wants them written alike, so that `~1.0` is not `01.0`.
      return own.base === version.base;
    case '>=':
      return compareVersions(own, version) >= 0;
    case '>':
      return compareVersions(own, version) > 0;
  }
}

/** `=1.2*`: PMS 8.2.6.1 speaks of components; Portage 3.0.82 compares texts, leading zeros aside, up to where a part ends. */
function beginsWith(own: Version, prefix: Version): boolean {
  const text = withoutLeadingZeros(own.text);
  const beginning = withoutLeadingZeros(prefix.text);
  if (!text.startsWith(beginning)) return false;
  const next = text.charAt(beginning.length);
  return (
    next === '' || /[._-]/.test(next) || isDigit(next) !== isDigit(beginning.charAt(beginning.length - 1))
  );
}

function withoutLeadingZeros(version: string): string {
  return version.startsWith('0') ? version.replace(/^0+(?=\d)/, '') : version;
}

function isDigit(character: string): boolean {
  return character >= '0' && character <= '9';
}

function hasSlot(dependency: SlotDependency, { slot, subslot }: MatchablePackage): boolean {
  if (dependency.kind !== 'named' || dependency.slot !== slot) return dependency.kind !== 'named';
  return dependency.subslot === undefined || dependency.subslot === subslot;
}

/** One demand on one package (PMS 8.2.6.4); whether the flag must be known is asked elsewhere. */
function meets({ flag, demand, missing }: UseDependency, { use, iuse }: MatchablePackage): boolean {
  if (demand !== 'enabled' && demand !== 'disabled') return true;
  if (!iuse.has(flag)) return missing === (demand === 'enabled' ? '+' : '-');
  return use.has(flag) === (demand === 'enabled');
}
