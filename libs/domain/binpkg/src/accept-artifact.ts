import { ok, type Result } from '@swarm/kernel';

import type { Binpkg } from './binpkg-metadata.js';
import { type ArtifactRefusal, refusal } from './refusal.js';

/** What an attempt was to build; fields that are not given are not compared. */
export interface ExpectedArtifact {
  readonly cpv: string;
  /** `0` or, with its sub-slot, `0/1.2`; without one only the slot is compared. */
  readonly slot?: string;
  /** The enabled flags; compared over the package's own IUSE only. */
  readonly use?: readonly string[];
  readonly repository?: string;
  readonly chost?: string;
  readonly eapi?: string;
  /** Whether the profile takes packages that were made without a build. The two kinds never mix. */
  readonly synthetic: boolean;
}

/** Compares a verified package with its attempt; the first difference is the reason. */
export function acceptArtifact(expected: ExpectedArtifact, actual: Binpkg): Result<void, ArtifactRefusal> {
  const { metadata } = actual;
  if (actual.synthetic !== expected.synthetic) {
    const kind = actual.synthetic ? 'is synthetic, the profile is real' : 'is not synthetic, the profile is';
    return refusal('wrong-origin', `${actual.cpv} ${kind}`);
  }
  if (actual.cpv !== expected.cpv) return refusal('wrong-cpv', `expected ${expected.cpv}, got ${actual.cpv}`);
  if (expected.slot !== undefined && !sameSlot(expected.slot, metadata.get('SLOT') ?? '')) {
    return refusal('wrong-slot', `expected slot ${expected.slot}, got ${metadata.get('SLOT') ?? 'none'}`);
  }
  const flags = expected.use === undefined ? [] : differingFlags(expected.use, metadata);
  if (flags.length > 0) return refusal('wrong-use', `other USE flags than expected: ${flags.join(' ')}`);
  return compareFields(expected, metadata);
}

function compareFields(
  expected: ExpectedArtifact,
  metadata: Binpkg['metadata'],
): Result<void, ArtifactRefusal> {
  const pairs = [
    ['wrong-repository', 'repository', expected.repository],
    ['wrong-chost', 'CHOST', expected.chost],
    ['wrong-eapi', 'EAPI', expected.eapi],
  ] as const;
  for (const [reason, key, wanted] of pairs) {
    const got = metadata.get(key) ?? (key === 'EAPI' ? '0' : '');
    if (wanted !== undefined && wanted !== got)
      return refusal(reason, `expected ${key} ${wanted}, got ${got === '' ? 'none' : got}`);
  }
  return ok(undefined);
}

/** A sub-slot that is not written equals the slot (PMS 7.2). */
function sameSlot(expected: string, actual: string): boolean {
  const [slot = '', subSlot = slot] = actual.split('/');
  return expected.includes('/') ? expected === `${slot}/${subSlot}` : expected === slot;
}

/** Flags of IUSE that are on in one and off in the other: `+flag` is on here and should not be, `-flag` the reverse. */
function differingFlags(expected: readonly string[], metadata: Binpkg['metadata']): string[] {
  const words = (key: string): string[] => (metadata.get(key) ?? '').split(' ').filter((word) => word !== '');
  const wanted = new Set(expected);
  const enabled = new Set(words('USE'));
  const flags = words('IUSE').map((flag) => flag.replace(/^[+-]/, ''));
  return flags
    .filter((flag) => wanted.has(flag) !== enabled.has(flag))
    .map((flag) => `${enabled.has(flag) ? '+' : '-'}${flag}`);
}
