import type { ArtifactAbi } from '@swarm/domain-binpkg';

/** One binpkg file that passed verification. `received` is durably stored, `published` is in the staging index. */
export interface Artifact {
  readonly sha256: string;
  readonly profile: string;
  readonly jobId: string;
  readonly attemptId: string;
  readonly buildKey: string;
  readonly cpv: string;
  readonly state: 'received' | 'published';
  readonly sizeBytes: number;
  readonly md5: string;
  readonly sha1: string;
  /** Path below the profile's package directory, e.g. `lab-libs/greet/greet-1.0-1.gpkg.tar`; null until published. */
  readonly path: string | null;
  readonly receivedAt: Date;
  /** The binpkg's own metadata, key → value; what the index is made from. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly synthetic: boolean;
  /** What it exports to those that are linked with it; null when that is not known. */
  readonly abi: ArtifactAbi | null;
}

/** An artifact in the staging index, as far as those that build upon it need it. */
export interface StagedArtifact extends Pick<
  Artifact,
  'buildKey' | 'jobId' | 'attemptId' | 'sha256' | 'cpv' | 'receivedAt'
> {
  readonly path: string;
}

/** One immutable state of a profile's binhost that workstations were given. */
export interface Generation {
  readonly profile: string;
  readonly number: number;
  readonly planId: string;
  readonly createdAt: Date;
  /** SHA-256 of every artifact that it shows. */
  readonly artifacts: readonly string[];
  readonly state: 'preparing' | 'current' | 'past';
}

/** What the binhost compares an upload with: the attempt that it claims to come from, and its job. */
export interface UploadExpectation {
  readonly attemptId: string;
  readonly jobId: string;
  readonly drone: string;
  readonly tokenSha256: string;
  readonly profile: string;
  readonly cpv: string;
  readonly slot: string;
  readonly use: readonly string[];
  readonly repository: string;
  readonly buildKey: string;
  readonly synthetic: boolean;
}
