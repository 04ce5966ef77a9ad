import { ok, type Result } from '@swarm/kernel';

import { type Atom, flagsWithoutDefault, type VersionOperator, type VersionRange } from './atom.js';
import { type EapiOption, rulesOf } from './eapi.js';
import { type LanguageError, refuse } from './language-error.js';
import { isPackageName, versionHyphen } from './name-version.js';
import { parseSlotDependency, type SlotDependency } from './slot.js';
import { parseUseDependencies, type UseDependency } from './use-dependency.js';
import { parseVersion, readVersion } from './version.js';

export interface AtomOptions extends EapiOption {
  /** Whether `::repository` is allowed; no EAPI allows it, so by default only where no EAPI is given. */
  readonly repositories?: boolean | undefined;
}

/** An atom that is being read: its text, and how far it was read (from 0). */
interface Reading {
  readonly text: string;
  readonly options: AtomOptions;
  at: number;
}

type Read<T> = Result<T, LanguageError>;

const noUse: readonly UseDependency[] = [];
/** Sticky, and made once: an atom is read piece by piece, and there are many atoms. */
const pieces = {
  blocker: /!!?/y,
  operator: /[<>]=?|[=~]/y,
  category: /\w[\w+.-]*/y,
  slash: /\//y,
  nameAndVersion: /[\w+.-]+/y,
  asterisk: /\*/y,
  slot: /[\w+./*=-]+/y,
  repository: /\w[\w-]*/y,
  colons: /::/y,
} as const;
const buildNumber = /^(?:0|[1-9]\d*)$/;

/** Reads a package dependency specification (PMS 8.2.6). The error says which column is wrong, and why. */
export function parseAtom(text: string, options: AtomOptions = {}): Read<Atom> {
  const reading: Reading = { text, options, at: 0 };
  const blocker = readBlocker(reading);
  if (!blocker.ok) return blocker;
  const operator = take(reading, 'operator');
  const named = readName(reading, operator);
  if (!named.ok) return named;
  const slot = readSlot(reading);
  if (!slot.ok) return slot;
  const repository = readRepository(reading);
  if (!repository.ok) return repository;
  const use = readUse(reading);
  if (!use.ok) return use;
  if (reading.at < text.length) return refuseHere(reading, `unexpected "${text.charAt(reading.at)}"`);
  return ok({
    blocker: blocker.value,
    name: named.value.name,
    range: named.value.range,
    slot: slot.value,
    repository: repository.value,
    use: use.value,
    requiredFlags: use.value.length === 0 ? [] : flagsWithoutDefault(use.value),
  });
}

function readBlocker(reading: Reading): Read<Atom['blocker']> {
  const exclamation = take(reading, 'blocker');
  if (exclamation === '') return ok(undefined);
  if (exclamation === '!') return ok('weak');
  if (!rulesOf(reading.options.eapi).strongBlocks) return refuse(1, '"!!" needs EAPI 2');
  return ok('strong');
}

/** Category, name and, behind an operator, version. */
function readName(
  reading: Reading,
  operator: string,
): Read<{ readonly name: string; readonly range: VersionRange | undefined }> {
  const start = reading.at;
  const category = take(reading, 'category');
  if (category === '') return refuseHere(reading, 'expected a category');
  if (take(reading, 'slash') === '') return refuseHere(reading, 'expected "/" and a package name');
  const nameStart = reading.at;
  const pf = take(reading, 'nameAndVersion');
  const glob = operator === '=' && take(reading, 'asterisk') !== '';
  const hyphen = versionHyphen(pf);
  if (operator === '') {
    // Otherwise it would not be clear what a version behind the name means (PMS 3.1.2).
    if (hyphen > 0 && isPackageName(pf.slice(0, hyphen))) {
      return refuse(nameStart + hyphen + 2, 'a version needs an operator before the atom');
    }
    if (!isPackageName(pf)) return refuse(nameStart + faultOf(pf), `"${pf}" is no package name`);
    return ok({ name: `${category}/${pf}`, range: undefined });
  }
  if (hyphen === -1) return refuseVersion(pf, nameStart, operator);
  const split = splitName(pf, hyphen, reading.options.eapi === undefined && !glob);
  if (!split.ok) return refuse(nameStart + split.error.column, split.error.message);
  const { pn, range } = split.value;
  const sign = (glob ? '=*' : operator) as VersionOperator;
  return ok({ name: reading.text.slice(start, nameStart) + pn, range: { operator: sign, ...range } });
}

/** Behind an operator, a name that does not end with a version: points at where what looks like one goes wrong. */
function refuseVersion(pf: string, nameStart: number, operator: string): Result<never, LanguageError> {
  const hyphen = pf.search(/-\d/);
  const version = hyphen === -1 ? undefined : parseVersion(pf.slice(hyphen + 1));
  if (version?.ok === false)
    return refuse(nameStart + hyphen + 1 + version.error.column, version.error.message);
  return refuse(nameStart + pf.length + 1, `expected a version, as "${operator}" is given`);
}

/** Name, version and, where it may be there, build id. The version ends at `hyphen` or, with a build id, before. */
function splitName(
  pf: string,
  hyphen: number,
  buildIds: boolean,
): Read<{ readonly pn: string; readonly range: Omit<VersionRange, 'operator'> }> {
  const earlier = versionHyphen(pf, hyphen);
  const withBuild = earlier > 0;
  const pn = pf.slice(0, withBuild ? earlier : hyphen);
  if (!isPackageName(pn)) return refuse(faultOf(pn), `"${pn}" is no package name`);
  const last = pf.slice(hyphen + 1);
  if (withBuild && !buildIds)
    return refuse(earlier + 2, `the name "${pf.slice(0, hyphen)}" ends like a version`);
  if (withBuild && !buildNumber.test(last)) return refuse(hyphen + 2, `"${last}" is no build id`);
  const written = withBuild ? pf.slice(earlier + 1, hyphen) : last;
  const version = readVersion(written);
  if (version === undefined) return refuse(hyphen + 2, `"${written}" is no version`);
  return ok({ pn, range: { version, buildId: withBuild ? last : undefined } });
}

function readSlot(reading: Reading): Read<SlotDependency | undefined> {
  const colon = reading.at;
  const { eapi } = reading.options;
  if (reading.text[colon] !== ':' || reading.text[colon + 1] === ':') return ok(undefined);
  if (!rulesOf(eapi).slotDependencies) return refuse(colon + 1, 'a slot needs EAPI 1');
  reading.at += 1;
  const written = take(reading, 'slot');
  const slot = parseSlotDependency(written, { eapi });
  return slot.ok ? slot : refuse(colon + 1 + slot.error.column, slot.error.message);
}

function readRepository(reading: Reading): Read<string | undefined> {
  const start = reading.at;
  if (take(reading, 'colons') === '') return ok(undefined);
  const { eapi, repositories = eapi === undefined } = reading.options;
  if (!repositories) return refuse(start + 1, 'a repository cannot be named here');
  const name = take(reading, 'repository');
  return name === '' ? refuseHere(reading, 'expected the name of a repository') : ok(name);
}

function readUse(reading: Reading): Read<readonly UseDependency[]> {
  const { text, at, options } = reading;
  if (text[at] !== '[') return ok(noUse);
  if (!rulesOf(options.eapi).useDependencies) return refuse(at + 1, 'a USE dependency needs EAPI 2');
  if (!text.endsWith(']')) {
    const closing = text.indexOf(']', at);
    return refuse((closing === -1 ? text.length : closing + 1) + 1, 'expected the atom to end with "]"');
  }
  const use = parseUseDependencies(text.slice(at + 1, -1), options);
  if (!use.ok) return refuse(at + 1 + use.error.column, use.error.message);
  reading.at = text.length;
  return use;
}

/** The piece that stands where the reading is; empty where another does. */
function take(reading: Reading, piece: keyof typeof pieces): string {
  const pattern = pieces[piece];
  pattern.lastIndex = reading.at;
  if (!pattern.test(reading.text)) return '';
  const start = reading.at;
  reading.at = pattern.lastIndex;
  return reading.text.slice(start, reading.at);
}

function refuseHere(reading: Reading, message: string): Result<never, LanguageError> {
  return refuse(reading.at + 1, message);
}

function faultOf(name: string): number {
  return (/^\w[\w+-]*/.exec(name)?.[0].length ?? 0) + 1;
}
