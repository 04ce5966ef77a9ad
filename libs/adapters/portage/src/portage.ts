/** A Portage that can be run: found on this machine, or installed into the project's own cache. */
export interface Portage {
  /** As Portage reports it, for example `3.0.82.2`. */
  readonly version: string;
  /** The interpreter that can `import portage`. */
  readonly python: string;
  /** Holds the commands of Portage and the names that other systems lack (`gtar`, `python`); goes first in `PATH`. */
  readonly binDir: string;
  /** Argument list that starts `emerge`. */
  readonly emerge: readonly string[];
  /** Argument list that starts `egencache`. */
  readonly egencache: readonly string[];
  /** The directory with Portage's own `make.globals` and `sets/`. */
  readonly globalConfigDir: string;
  /** Where Portage looks for it below a prefix, for example `/usr/share/portage/config`. */
  readonly globalConfigPath: string;
  /** `system`: a Gentoo machine's own. `pypi`: installed by `ensurePortage`. */
  readonly source: 'system' | 'pypi';
}

/** What `ensurePortage` found. Never an exception: a machine without Portage is an expected machine. */
export type PortageSetup =
  | { readonly kind: 'ready'; readonly portage: Portage }
  | { readonly kind: 'unavailable'; readonly reason: string; readonly remedy: string };
