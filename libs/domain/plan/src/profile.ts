import type { Outgoing } from '@swarm/kernel';

import type { Configuration, ProfileVersion } from './configuration.js';

/** A named build target. `synthetic` profiles are built by no Portage and never mixed with real ones. */
export interface Profile {
  readonly name: string;
  readonly kind: 'portage' | 'synthetic';
  /** Targets of a plan that names none. */
  readonly targets: readonly string[];
  readonly createdAt: Date;
}

/** Port. */
export interface ProfileRepository {
  /** Adds it, or replaces what has the same name; the kind of a profile never changes. */
  put(profile: Profile): Promise<void>;
  find(name: string): Promise<Profile | undefined>;
  all(): Promise<readonly Profile[]>;
  /**
   * Makes a configuration the current one. Where it is that already, nothing is stored and the current version is the
   * answer; one that was pushed before, and replaced since, gets a new number.
   */
  pushVersion(push: VersionPush): Promise<ProfileVersion>;
  /** The newest version that was pushed with this digest, of whichever profile. */
  version(digest: string): Promise<ProfileVersion | undefined>;
  /** By its number. */
  numbered(profile: string, number: number): Promise<ProfileVersion | undefined>;
  /** The newest. */
  current(profile: string): Promise<ProfileVersion | undefined>;
  /** Newest first. */
  versions(profile: string): Promise<readonly VersionSummary[]>;
}

/** A version without its content, which may be large. */
export type VersionSummary = Omit<ProfileVersion, 'configuration'>;

/** A configuration on its way into the ledger, checked before. */
export interface VersionPush {
  readonly profile: string;
  /** SHA-256 of the configuration's canonical text. */
  readonly digest: string;
  readonly configuration: Configuration;
  readonly author: string;
  readonly reason: string;
  readonly at: Date;
  /**
   * Number of the version that it was made from. Where another is current by now, nothing is stored, and that other
   * one is the answer: its digest is not the one that was pushed. Undefined replaces whatever there is.
   */
  readonly replaces?: number | undefined;
  /** Messages to be stored with the new version; not asked for where there is none. */
  readonly outgoing: (version: ProfileVersion) => readonly Outgoing[];
}
