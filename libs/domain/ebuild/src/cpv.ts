import { err, ok, type Brand, type Result } from '@swarm/kernel';

import { type LanguageError, refuse } from './language-error.js';
import { isPackageName, versionHyphen } from './name-version.js';
import { readVersion, type Version } from './version.js';

/** `category/PN-PVR`, e.g. `dev-libs/icu-74.2-r1` (PMS 3.1 and 3.2). */
export type Cpv = Brand<string, 'Cpv'>;

export interface CpvParts {
  readonly category: string;
  readonly pn: string;
  /** Version with its revision, e.g. `74.2-r1`. */
  readonly pvr: string;
}

/** A CPV in parts, with its version ready to be compared: what is kept of a package that is matched often. */
export interface SplitCpv extends CpvParts {
  readonly cpv: Cpv;
  /** `category/PN`. */
  readonly name: string;
  readonly version: Version;
}

const CATEGORY = /^\w[\w+.-]*$/;

/** The parts of a CPV, or why it is none. */
export function parseCpv(text: string): Result<CpvParts & { readonly cpv: Cpv }, string> {
  const slash = text.indexOf('/');
  const hyphen = versionHyphen(text);
  const category = text.slice(0, Math.max(slash, 0));
  const pn = text.slice(slash + 1, Math.max(hyphen, 0));
  if (hyphen < slash || !CATEGORY.test(category) || !isPackageName(pn)) {
    return err(`"${text}" is no CPV: expected category/name-version`);
  }
  // PMS 3.1.2: otherwise it would not be clear where the version begins.
  if (versionHyphen(pn) !== -1) return err(`"${text}" is no CPV: the name "${pn}" ends like a version`);
  return ok({ cpv: text as Cpv, category, pn, pvr: text.slice(hyphen + 1) });
}

/** As `parseCpv`, with the name and the version ready for matching; the error says where the text goes wrong. */
export function splitCpv(text: string): Result<SplitCpv, LanguageError> {
  const parsed = parseCpv(text);
  const version = parsed.ok ? readVersion(parsed.value.pvr) : undefined;
  if (!parsed.ok || version === undefined) {
    return refuse(faultOf(text), parsed.ok ? `"${text}" is no CPV` : parsed.error);
  }
  const { cpv, category, pn, pvr } = parsed.value;
  return ok({ cpv, category, pn, pvr, name: `${category}/${pn}`, version });
}

/** A CPV that is believed to be one; throws where it is not. For values that were checked before. */
export function cpvOf(text: string): Cpv {
  const parsed = parseCpv(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value.cpv;
}

/** `category/PN` of a CPV. */
export function packageOf(cpv: Cpv): string {
  const parsed = parseCpv(cpv);
  return parsed.ok ? `${parsed.value.category}/${parsed.value.pn}` : cpv;
}

/** The column of the first character that cannot belong to a CPV, or of the end where something is missing. */
function faultOf(text: string): number {
  const fitting = /^(?:\w[\w+.-]*(?:\/(?:\w[\w+-]*(?:\.[\w+.-]*)?)?)?)?/.exec(text)?.[0].length ?? 0;
  return Math.min(fitting, text.length) + 1;
}
