import { type Cpv, parseCpv } from '@swarm/domain-ebuild';

/** A package's full name in the parts that paths are made of. */
export interface PackageName {
  readonly category: string;
  /** Package name without version. */
  readonly pn: string;
  /** Name and version with revision, as written: `greet-1.0-r1`. */
  readonly pf: string;
  readonly cpv: Cpv;
}

/** Longest name taken, in characters; a file name must hold it with its instance and suffix. */
const longestName = 200;

/**
 * Splits `category/pf` (PMS 3.1, 3.2), or answers `undefined` when it is none.
 * One malformed CPV in an index stops every client with a traceback (Portage 3.0.82), so nothing else may enter one.
 */
export function parsePackageName(text: string): PackageName | undefined {
  const parsed = text.length > longestName ? undefined : parseCpv(text);
  if (parsed?.ok !== true) return undefined;
  const { category, pn, cpv } = parsed.value;
  return { category, pn, pf: text.slice(category.length + 1), cpv };
}
