import type { ArtifactAbi } from '@swarm/domain-binpkg';
import type { KnownBuild } from '@swarm/domain-plan';
import type { Outgoing } from '@swarm/kernel';

import type { Artifact, Generation, StagedArtifact, UploadExpectation } from './artifact.js';

/** A build that the staging index has, with what programs see of it. */
export interface StoredBuild extends KnownBuild {
  /** Null when nobody knows. */
  readonly abi: ArtifactAbi | null;
}

/** Port of the binhost to the ledger. */
export interface ArtifactRepository {
  /** What an upload for this attempt must be; undefined for an attempt that never was. */
  expectation(attemptId: string): Promise<UploadExpectation | undefined>;
  /** The artifact of a job, whichever attempt made it: there is at most one. */
  ofJob(jobId: string): Promise<Artifact | undefined>;
  /**
   * Stores a verified artifact and its messages. `taken` when the job has one already: the first wins,
   * whatever races; nothing is stored then.
   */
  receive(artifact: Artifact, outgoing: readonly Outgoing[]): Promise<'stored' | 'taken'>;
  /** Stores the messages that tell of a refused upload; one whose `id` is stored already is not stored again. */
  refuse(outgoing: readonly Outgoing[]): Promise<void>;
  /** Received but not in the index yet, oldest first. */
  unpublished(): Promise<readonly Artifact[]>;
  /** Marks artifacts as being in the index under these paths, with their messages. */
  publish(
    paths: readonly { readonly jobId: string; readonly path: string }[],
    outgoing: readonly Outgoing[],
  ): Promise<void>;
  /** All published artifacts of a profile, by path. */
  published(profile: string): Promise<readonly Artifact[]>;
  /** The newest published artifact for each of these build keys. */
  byBuildKeys(profile: string, buildKeys: readonly string[]): Promise<readonly Artifact[]>;
  /** The same without what only an index needs, for however many keys: a hundred thousand cost about a second. */
  staged(profile: string, buildKeys: readonly string[]): Promise<readonly StagedArtifact[]>;
  /**
   * The published builds of these packages (`category/name`), newest first, with what they were built from; at most
   * the newest few of each package. Builds without known inputs are left out.
   */
  builds(profile: string, packages: readonly string[]): Promise<readonly StoredBuild[]>;
  bySha256s(profile: string, sha256s: readonly string[]): Promise<readonly Artifact[]>;
}

/** Port. Generations of a profile, numbered from 1 without gaps. */
export interface GenerationRepository {
  of(profile: string): Promise<readonly Generation[]>;
  ofPlan(planId: string): Promise<Generation | undefined>;
  /** Writes the row before the directory is made; `taken` when the number exists. */
  prepare(generation: Generation): Promise<'stored' | 'taken'>;
  /** Makes it current and the one before it past, with the messages, in one transaction. */
  promote(profile: string, number: number, outgoing: readonly Outgoing[]): Promise<void>;
}
