import type { Portage } from './portage.js';
import type { RepositoryLocation } from './repository-location.js';

/** An ebuild repository on this disk, with its metadata cache generated. */
export interface EbuildRepository extends RepositoryLocation {
  /** Profile inside the repository, for example `lab/amd64`. */
  readonly profile: string;
  /** Directory of set files. `world` in it is every machine's world file; each other one is a set of its name. */
  readonly setsDir: string;
}

/** Where one machine keeps its things; all absolute, none shared with another machine. */
export interface MachinePaths {
  /** `PORTAGE_CONFIGROOT`: holds `etc/portage`. */
  readonly configRoot: string;
  /** `ROOT`: what is installed here is the machine. */
  readonly root: string;
  /** `BROOT`: the prefix that build tools are run from; a second name of `root`. `/` on a Gentoo machine. */
  readonly buildRoot: string;
  /** An always empty ROOT, in which plans are resolved. */
  readonly planRoot: string;
  /** One PKGDIR for each package that was built here. */
  readonly packages: string;
  /** PKGDIR of binaries on their way into `root`. */
  readonly downloads: string;
  readonly distfiles: string;
  readonly temporary: string;
  readonly logs: string;
  /** One directory for each configuration that the machine works with. */
  readonly configurations: string;
}

/** One machine: a Portage configuration, a ROOT and the environment that selects both. */
export interface Machine {
  readonly name: string;
  readonly portage: Portage;
  readonly paths: MachinePaths;
  /** The whole environment for Portage's processes; nothing is inherited beside it. */
  readonly environment: Readonly<Record<string, string>>;
  /** True when `root` is a build root of our own, which may be emptied and filled again from binaries. */
  readonly disposableRoot: boolean;
}
