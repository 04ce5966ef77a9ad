/** A repository of ebuilds that Portage can read on this machine. */
export interface RepositoryLocation {
  readonly name: string;
  /** Absolute path. */
  readonly location: string;
}

/** Why a repository cannot be had here at the revision that is pinned. No package is to blame for it. */
export interface RepositoryFailure {
  /**
   * `moved`: the directory is at another revision, and there is no copy of the pinned one.
   * `unreachable`: it could not be fetched; a later try may.
   * `unusable`: what the pin says cannot be used, whoever tries.
   * `stopped`: the caller's signal.
   */
  readonly kind: 'moved' | 'unreachable' | 'unusable' | 'stopped';
  /** One sentence that names the repository and what is missing. */
  readonly message: string;
}
