import type { Cpv } from '@swarm/domain-ebuild';
import { ok, type Result } from '@swarm/kernel';

import { parsePackageName } from './package-name.js';
import type { BinpkgLimits } from './limits.js';
import { type ArtifactRefusal, refusal } from './refusal.js';
import { oneLine, textOf } from './text.js';

/** The metadata key that marks a package which no ebuild was run for. */
export const syntheticKey = 'SWARM_SYNTHETIC';

/** Metadata of a binary package: key → value, each value on one line as Portage shows it. */
export type BinpkgMetadata = ReadonlyMap<string, string>;

export type BinpkgFormat = 'gpkg' | 'xpak';

/** What a verified binary package says of itself. */
export interface Binpkg {
  readonly format: BinpkgFormat;
  /** `category/pf`, valid by PMS. */
  readonly cpv: Cpv;
  readonly category: string;
  /** Package name without version. */
  readonly pn: string;
  readonly pf: string;
  /** Whether it is marked as made without a build. */
  readonly synthetic: boolean;
  /** Whether it carries an OpenPGP signature; not verified here. */
  readonly signed: boolean;
  readonly metadata: BinpkgMetadata;
}

/** Keys that hold text; `environment.bz2`, `NEEDED.ELF.2` and the ebuild itself have a dot. */
const textKey = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Text keys that list every file and never enter an index. */
const bulky = new Set(['CONTENTS', 'NEEDED']);

/** Turns raw metadata files into text, leaving out what is binary or only lists files. */
export function readMetadata(
  files: ReadonlyMap<string, Uint8Array>,
  limits: BinpkgLimits,
): Result<BinpkgMetadata, ArtifactRefusal> {
  const metadata = new Map<string, string>();
  for (const [key, content] of files) {
    if (!textKey.test(key) || bulky.has(key)) continue;
    if (content.length > limits.metadataValueBytes)
      return refusal('bad-metadata', `${key} is longer than ${limits.metadataValueBytes} bytes`);
    metadata.set(key, oneLine(textOf(content)));
  }
  return ok(metadata);
}

/** Finds the package's identity in its metadata; the name may have a revision (`greet-1.0-r1`). */
export function identify(
  metadata: BinpkgMetadata,
  container: { readonly format: BinpkgFormat; readonly signed: boolean },
): Result<Binpkg, ArtifactRefusal> {
  for (const key of ['CATEGORY', 'PF', 'SLOT', 'BUILD_TIME']) {
    if ((metadata.get(key) ?? '') === '') return refusal('bad-metadata', `the metadata lacks ${key}`);
  }
  const written = `${metadata.get('CATEGORY') ?? ''}/${metadata.get('PF') ?? ''}`;
  const cpv = parsePackageName(written);
  if (cpv === undefined)
    return refusal('bad-metadata', `${JSON.stringify(written)} is no valid package name`);
  for (const key of ['BUILD_TIME', 'BUILD_ID']) {
    if (!/^\d{0,15}$/.test(metadata.get(key) ?? '')) return refusal('bad-metadata', `${key} is no number`);
  }
  return ok({
    format: container.format,
    cpv: cpv.cpv,
    category: cpv.category,
    pn: cpv.pn,
    pf: cpv.pf,
    synthetic: metadata.get(syntheticKey) === '1',
    signed: container.signed,
    metadata,
  });
}
