import { ok, type Result } from '@swarm/kernel';

import { type EapiOption, rulesOf } from './eapi.js';
import { type LanguageError, refuse } from './language-error.js';

/** What is asked of a flag: the first two always, the others by the flag's state in the package that asks. */
export type UseDemand =
  /** `[flag]` */
  | 'enabled'
  /** `[-flag]` */
  | 'disabled'
  /** `[flag?]` */
  | 'enabled-if'
  /** `[!flag?]` */
  | 'disabled-unless'
  /** `[flag=]` */
  | 'equal'
  /** `[!flag=]` */
  | 'opposite';

/** One demand between the brackets of an atom (PMS 8.2.6.4). */
export interface UseDependency {
  readonly flag: string;
  readonly demand: UseDemand;
  /** `(+)` or `(-)`: how a package counts that does not know the flag. */
  readonly missing: '+' | '-' | undefined;
}

const FLAG = /^[A-Za-z0-9][A-Za-z0-9+_@-]*$/;
const PATTERN =
  /^(?<prefix>[!-]?)(?<flag>[A-Za-z0-9][A-Za-z0-9+_@-]*)(?:\((?<missing>[+-])\))?(?<suffix>[?=]?)$/;

const demandOf: ReadonlyMap<string, UseDemand> = new Map([
  ['', 'enabled'],
  ['-', 'disabled'],
  ['?', 'enabled-if'],
  ['!?', 'disabled-unless'],
  ['=', 'equal'],
  ['!=', 'opposite'],
]);
const signsOf: Readonly<Record<UseDemand, readonly [prefix: string, suffix: string]>> = {
  enabled: ['', ''],
  disabled: ['-', ''],
  'enabled-if': ['', '?'],
  'disabled-unless': ['!', '?'],
  equal: ['', '='],
  opposite: ['!', '='],
};

/** Whether a text may be the name of a USE flag (PMS 3.1.4). */
export function isUseFlag(text: string): boolean {
  return FLAG.test(text);
}

/** What stands between the brackets of an atom; columns count from the first character after the bracket. */
export function parseUseDependencies(
  text: string,
  { eapi }: EapiOption = {},
): Result<readonly UseDependency[], LanguageError> {
  const rules = rulesOf(eapi);
  const dependencies: UseDependency[] = [];
  let column = 1;
  for (const written of text.split(',')) {
    const groups = PATTERN.exec(written)?.groups;
    const demand = demandOf.get(`${groups?.['prefix'] ?? ''}${groups?.['suffix'] ?? ''}`);
    if (groups === undefined || demand === undefined) {
      return refuse(column, `"${written}" is no USE dependency`);
    }
    const { flag = '' } = groups;
    const missing = groups['missing'] as '+' | '-' | undefined;
    if (missing !== undefined && !rules.useDependencyDefaults) {
      return refuse(column, `the default in "${written}" needs EAPI 4`);
    }
    // Not in PMS; Portage 3.0.82 refuses an atom that gives one flag two defaults, or a default only at times.
    if (dependencies.some((other) => other.flag === flag && other.missing !== missing)) {
      return refuse(column, `"${written}" has another default than the same flag before`);
    }
    dependencies.push({ flag, demand, missing });
    column += written.length + 1;
  }
  return ok(dependencies);
}

/** What `parseUseDependencies` reads, without the brackets. */
export function printUseDependencies(dependencies: readonly UseDependency[]): string {
  return dependencies.map(printUseDependency).join(',');
}

/** What a demand means for a package whose enabled flags are these (PMS 8.2.6.4); nothing where it falls away. */
export function evaluateUseDependency(
  dependency: UseDependency,
  parentUse: ReadonlySet<string>,
): UseDependency | undefined {
  const { flag, demand, missing } = dependency;
  const on = parentUse.has(flag);
  switch (demand) {
    case 'enabled':
    case 'disabled':
      return dependency;
    case 'enabled-if':
      return on ? { flag, demand: 'enabled', missing } : undefined;
    case 'disabled-unless':
      return on ? undefined : { flag, demand: 'disabled', missing };
    case 'equal':
      return { flag, demand: on ? 'enabled' : 'disabled', missing };
    case 'opposite':
      return { flag, demand: on ? 'disabled' : 'enabled', missing };
  }
}

function printUseDependency({ flag, demand, missing }: UseDependency): string {
  const [prefix, suffix] = signsOf[demand];
  return `${prefix}${flag}${missing === undefined ? '' : `(${missing})`}${suffix}`;
}
