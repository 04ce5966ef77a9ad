import { err, ok, type Brand, type Result } from '@swarm/kernel';

/** `category/PN-PVR`, e.g. `dev-libs/icu-74.2-r1` (PMS 3.1 and 3.2). */
export type Cpv = Brand<string, 'Cpv'>;

export interface CpvParts {
  readonly category: string;
  readonly pn: string;
  /** Version with its revision, e.g. `74.2-r1`. */
  readonly pvr: string;
}

const CATEGORY = String.raw`[A-Za-z0-9_][A-Za-z0-9+_.-]*`;
const VERSION = String.raw`\d+(?:\.\d+)*[a-z]?(?:_(?:alpha|beta|pre|rc|p)\d*)*(?:-r\d+)?`;
const PATTERN = new RegExp(
  `^(?<category>${CATEGORY})/(?<pn>[A-Za-z0-9_][A-Za-z0-9+_-]*?)-(?<pvr>${VERSION})$`,
);
/** A package name must not end in something that looks like a version (PMS 3.1.2). */
const ENDS_LIKE_A_VERSION = new RegExp(`-${VERSION}$`);

/** The parts of a CPV, or why it is none. */
export function parseCpv(text: string): Result<CpvParts & { readonly cpv: Cpv }, string> {
  const found = PATTERN.exec(text)?.groups;
  const { category, pn, pvr } = found ?? {};
  if (category === undefined || pn === undefined || pvr === undefined) {
    return err(`"${text}" is no CPV: expected category/name-version`);
  }
  if (ENDS_LIKE_A_VERSION.test(pn)) return err(`"${text}" is no CPV: the name "${pn}" ends like a version`);
  return ok({ cpv: text as Cpv, category, pn, pvr });
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
