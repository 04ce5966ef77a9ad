/**
 * Every reason for which an uploaded file is not taken, in the order in which they are looked for.
 * The words are part of the wire format: events and logs name them.
 */
export const artifactRefusalReasons = [
  'too-large',
  'interrupted',
  'wrong-size',
  'wrong-sha256',
  'not-a-binpkg',
  'truncated',
  'malformed-container',
  'unsafe-path',
  'bad-manifest',
  'digest-mismatch',
  'unsupported-compression',
  'bad-metadata',
  'wrong-cpv',
  'wrong-slot',
  'wrong-use',
  'wrong-repository',
  'wrong-chost',
  'wrong-eapi',
  'wrong-origin',
] as const;

/** Why an artifact was refused, as one word. */
export type ArtifactRefusalReason = (typeof artifactRefusalReasons)[number];

/** A refusal: the word for machines, and one sentence for people. */
export interface ArtifactRefusal {
  readonly reason: ArtifactRefusalReason;
  readonly message: string;
}

/** Makes a refusal, ready to be returned. */
export function refusal(
  reason: ArtifactRefusalReason,
  message: string,
): { readonly ok: false; readonly error: ArtifactRefusal } {
  return { ok: false, error: { reason, message } };
}
