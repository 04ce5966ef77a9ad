import type { SlotDependency } from './slot.js';
import { printSlotDependency } from './slot.js';
import { evaluateUseDependency, printUseDependencies, type UseDependency } from './use-dependency.js';
import type { Version } from './version.js';

/** How a version is compared; `=*` is `=` with an asterisk behind the version (PMS 8.2.6.1). */
export type VersionOperator = '<' | '<=' | '=' | '=*' | '~' | '>=' | '>';

/** The versions that an atom asks for. */
export interface VersionRange {
  readonly operator: VersionOperator;
  readonly version: Version;
  /** The build of a binary package, a word of Portage's own: the `3` of `=dev-libs/icu-74.2-3`. */
  readonly buildId: string | undefined;
}

/** A package dependency specification (PMS 8.2.6). Made by `parseAtom` alone. */
export interface Atom {
  /** `!` keeps the package from being installed, `!!` even for a moment (PMS 8.2.6.2). */
  readonly blocker: 'weak' | 'strong' | undefined;
  /** `category/PN`. */
  readonly name: string;
  readonly range: VersionRange | undefined;
  readonly slot: SlotDependency | undefined;
  readonly repository: string | undefined;
  readonly use: readonly UseDependency[];
  /** Flags without a default: a package that does not know one of them never matches, whatever is asked of it. */
  readonly requiredFlags: readonly string[];
}

/** An atom as text; `parseAtom` reads it back to the same value. */
export function printAtom(atom: Atom): string {
  const { blocker, name, range, slot, repository, use } = atom;
  const exclamation = blocker === undefined ? '' : blocker === 'weak' ? '!' : '!!';
  return [
    exclamation,
    range === undefined ? name : printRange(name, range),
    slot === undefined ? '' : `:${printSlotDependency(slot)}`,
    repository === undefined ? '' : `::${repository}`,
    use.length === 0 ? '' : `[${printUseDependencies(use)}]`,
  ].join('');
}

/**
 * The atom for a package whose enabled flags are these: `[a?]` becomes `[a]` or falls away (PMS 8.2.6.4).
 * The flags that must be known stay the same, as in Portage 3.0.82, except for a blocker, whose are read anew.
 */
export function evaluateUseDeps(atom: Atom, parentUse: ReadonlySet<string>): Atom {
  if (atom.use.every(({ demand }) => demand === 'enabled' || demand === 'disabled')) return atom;
  const use = atom.use.flatMap((dependency) => evaluateUseDependency(dependency, parentUse) ?? []);
  return {
    ...atom,
    use,
    requiredFlags: atom.blocker === undefined ? atom.requiredFlags : flagsWithoutDefault(use),
  };
}

/** The flags that a package must know to be asked about. */
export function flagsWithoutDefault(use: readonly UseDependency[]): readonly string[] {
  return use.filter(({ missing }) => missing === undefined).map(({ flag }) => flag);
}

function printRange(name: string, { operator, version, buildId }: VersionRange): string {
  const pvr = `${name}-${version.text}`;
  if (operator === '=*') return `=${pvr}*`;
  return `${operator}${pvr}${buildId === undefined ? '' : `-${buildId}`}`;
}
