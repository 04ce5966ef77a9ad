import { ok, type Result } from '@swarm/kernel';

import { type ArtifactRefusal, refusal } from './refusal.js';
import { latin1Of } from './text.js';

/** Digest algorithms of a GPKG's `Manifest`, by their names there (GLEP 74, GLEP 78). */
export const manifestAlgorithms = ['SHA512', 'BLAKE2B'] as const;
export type ManifestAlgorithm = (typeof manifestAlgorithms)[number];

/** One `DATA` line: what a member must be. */
export interface ManifestEntry {
  readonly name: string;
  readonly sizeBytes: number;
  /** Lower-case hexadecimal digests; at least one algorithm that is verified here. */
  readonly digests: ReadonlyMap<ManifestAlgorithm, string>;
}

export interface GpkgManifest {
  readonly entries: readonly ManifestEntry[];
  /** Whether it is clear-signed; the signature itself is not verified here. */
  readonly signed: boolean;
}

const beginMessage = '-----BEGIN PGP SIGNED MESSAGE-----\n';
const beginSignature = '-----BEGIN PGP SIGNATURE-----\n';
const endSignature = '-----END PGP SIGNATURE-----\n';
const line =
  /^DATA (?<name>[A-Za-z0-9][A-Za-z0-9_.+-]*) (?<size>0|[1-9]\d{0,15})(?<digests>(?: [A-Z0-9_]+ [0-9a-f]+)+)$/;
/** Algorithms of GLEP 74 that may stand beside those verified here, with their digests' length in characters. */
const digestLengths: Readonly<Record<string, number>> = {
  SHA512: 128,
  BLAKE2B: 128,
  BLAKE2S: 64,
  MD5: 32,
  RMD160: 40,
  SHA1: 40,
  SHA256: 64,
  SHA3_256: 64,
  SHA3_512: 128,
  STREEBOG256: 64,
  STREEBOG512: 128,
  WHIRLPOOL: 128,
};

/** Reads a GPKG's `Manifest` strictly, so that no flipped bit in it goes unseen. A clear signature around it is taken off. */
export function parseGpkgManifest(bytes: Uint8Array): Result<GpkgManifest, ArtifactRefusal> {
  const body = withoutSignature(latin1Of(bytes));
  if (!body.ok) return body;
  const { text, signed } = body.value;
  if (!text.endsWith('\n')) return refusal('bad-manifest', 'the Manifest does not end with a line break');
  const entries = new Map<string, ManifestEntry>();
  for (const [index, written] of text.slice(0, -1).split('\n').entries()) {
    const entry = parseLine(written, index + 1);
    if (!entry.ok) return entry;
    if (entries.has(entry.value.name))
      return refusal('bad-manifest', `the Manifest names ${entry.value.name} twice`);
    entries.set(entry.value.name, entry.value);
  }
  return ok({ entries: [...entries.values()], signed });
}

/** Compares a member's digests, as computed, with what the Manifest declares. */
export function checkDigests(
  entry: ManifestEntry,
  digestOf: (algorithm: ManifestAlgorithm) => string,
): Result<void, ArtifactRefusal> {
  for (const [algorithm, declared] of entry.digests) {
    if (digestOf(algorithm) !== declared) {
      return refusal(
        'digest-mismatch',
        `${entry.name} has another ${algorithm} digest than the Manifest declares`,
      );
    }
  }
  return ok(undefined);
}

/** The line for one member. */
export function manifestLine(
  name: string,
  content: Uint8Array,
  digestOf: (algorithm: ManifestAlgorithm, bytes: Uint8Array) => string,
): string {
  const digests = manifestAlgorithms.map((algorithm) => `${algorithm} ${digestOf(algorithm, content)}`);
  return `DATA ${name} ${content.length} ${digests.join(' ')}\n`;
}

function parseLine(written: string, number: number): Result<ManifestEntry, ArtifactRefusal> {
  const groups = line.exec(written)?.groups;
  const name = groups?.['name'];
  if (name === undefined) return refusal('bad-manifest', `line ${number} of the Manifest is not a DATA line`);
  const words = (groups?.['digests'] ?? '').trim().split(' ');
  const digests = new Map<ManifestAlgorithm, string>();
  const seen = new Set<string>();
  for (let at = 0; at + 1 < words.length; at += 2) {
    const algorithm = words[at] ?? '';
    const digest = words[at + 1] ?? '';
    if (digestLengths[algorithm] !== digest.length || seen.has(algorithm)) {
      return refusal('bad-manifest', `line ${number} of the Manifest has no valid ${algorithm} digest`);
    }
    seen.add(algorithm);
    if (isVerified(algorithm)) digests.set(algorithm, digest);
  }
  if (digests.size === 0) return refusal('bad-manifest', `${name} has neither a SHA512 nor a BLAKE2B digest`);
  return ok({ name, sizeBytes: Number(groups?.['size']), digests });
}

function isVerified(algorithm: string): algorithm is ManifestAlgorithm {
  return (manifestAlgorithms as readonly string[]).includes(algorithm);
}

/** Clear-signed text (RFC 4880, 7): header, armour headers, an empty line, the text, the signature. */
function withoutSignature(
  text: string,
): Result<{ readonly text: string; readonly signed: boolean }, ArtifactRefusal> {
  if (!text.startsWith('-----')) return ok({ text, signed: false });
  const bodyAt = text.indexOf('\n\n');
  const signatureAt = text.indexOf(beginSignature);
  if (
    !text.startsWith(beginMessage) ||
    bodyAt === -1 ||
    signatureAt < bodyAt ||
    !text.endsWith(endSignature)
  ) {
    return refusal('bad-manifest', 'the Manifest has a damaged clear signature');
  }
  return ok({ text: text.slice(bodyAt + 2, signatureAt), signed: true });
}
