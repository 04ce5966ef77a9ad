/** A package's full name in its parts, as PMS 3.1 and 3.2 define them. */
export interface CpvParts {
  readonly category: string;
  /** Package name. */
  readonly pn: string;
  /** Version without revision. */
  readonly pv: string;
  /** Revision number, 0 when none is written. */
  readonly revision: number;
  /** Name and version with revision, as written: `greet-1.0-r1`. */
  readonly pf: string;
  /** `category/pf`. */
  readonly cpv: string;
}

const longestCpv = 255;
const category = /^[A-Za-z0-9_][A-Za-z0-9+_.-]*$/;
const version = String.raw`\d+(?:\.\d+)*[a-z]?(?:_(?:alpha|beta|pre|rc|p)\d*)*`;
const packageAndVersion = new RegExp(
  String.raw`^(?<pn>[A-Za-z0-9_][A-Za-z0-9+_-]*?)-(?<pv>${version})(?:-r(?<revision>\d+))?$`,
);
const looksLikeVersion = new RegExp(`-${version}(?:-r\\d+)?$`);

/**
 * Splits a CPV (PMS 3.1.2, 3.2), or answers `undefined` when it is none.
 * One malformed CPV in an index stops every client with a traceback (seen on Portage 3.0.82), so nothing else may enter one.
 */
export function parseCpv(text: string): CpvParts | undefined {
  const slash = text.indexOf('/');
  if (slash < 1 || text.length > longestCpv) return undefined;
  const pf = text.slice(slash + 1);
  const match = packageAndVersion.exec(pf);
  const pn = match?.groups?.['pn'];
  const pv = match?.groups?.['pv'];
  if (pn === undefined || pv === undefined || !category.test(text.slice(0, slash))) return undefined;
  // PMS 3.1.2: a package name must not end in something that could be a version.
  if (looksLikeVersion.test(pn)) return undefined;
  const revision = Number(match?.groups?.['revision'] ?? '0');
  return { category: text.slice(0, slash), pn, pv, revision, pf, cpv: text };
}
