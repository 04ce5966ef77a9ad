/** Where a repository of ebuilds comes from. */
export type RepositorySource =
  /** Fetched with git from a URL (or a local path); the revision is a commit. */
  | { readonly kind: 'git'; readonly url: string }
  /** A directory that the drone can read; the revision is the digest of its contents. */
  | { readonly kind: 'directory'; readonly path: string };

/** One repository at one revision: what a plan reads never moves (S17). */
export interface RepositoryPin {
  readonly name: string;
  readonly source: RepositorySource;
  /** A git commit of 40 hex digits, or `tree:` and the SHA-256 of the directory. */
  readonly revision: string;
}

/** A whole Portage configuration as a value: what decides which packages, with which flags, from which ebuilds. */
export interface Configuration {
  /** Text files under `etc/portage`, by their path there, e.g. `package.use/lab`; without make.profile. */
  readonly files: Readonly<Record<string, string>>;
  /** What `make.profile` points to, as `repository:path`, e.g. `gentoo:default/linux/amd64/23.0`. */
  readonly makeProfile: string;
  /** Atoms and sets of the world file. */
  readonly world: readonly string[];
  /** The main repository first; at least one. */
  readonly repositories: readonly RepositoryPin[];
}

/** One state of a profile that was pushed; never changed, only followed by another. */
export interface ProfileVersion {
  readonly profile: string;
  /** 1, 2, 3 … in the order of pushing. */
  readonly number: number;
  /** SHA-256 of the canonical text of the configuration, in hex: its identity everywhere. */
  readonly digest: string;
  readonly configuration: Configuration;
  readonly createdAt: Date;
  /** Who pushed it, and why, in one line. */
  readonly author: string;
  readonly reason: string;
}
