import type { EbuildRepository } from './machine.model.js';

/**
 * FEATURES of a machine that is not Gentoo: no sandbox programs, no namespaces, no users of its own,
 * and nothing that waits for a disk on behalf of a root that can be made again.
 */
const features = [
  '-ipc-sandbox',
  '-merge-sync',
  '-mount-sandbox',
  '-network-sandbox',
  '-news',
  '-pid-sandbox',
  '-preserve-libs',
  '-sandbox',
  '-userfetch',
  '-userpriv',
  '-usersandbox',
  '-usersync',
  '-xattr',
];

/** What differs from machine to machine. Paths are absolute. */
export interface MakeConf {
  readonly makeJobs: number;
  readonly packages: string;
  readonly distfiles: string;
  readonly temporary: string;
  readonly logs: string;
  /** Further variables, which ebuilds see too. */
  readonly variables: Readonly<Record<string, string>>;
}

/** The text of `make.conf`. */
export function makeConf(settings: MakeConf): string {
  const variables: Record<string, string> = {
    CFLAGS: '-O2 -pipe',
    CXXFLAGS: '-O2 -pipe',
    MAKEOPTS: `-j${settings.makeJobs}`,
    FEATURES: features.join(' '),
    BINPKG_FORMAT: 'gpkg',
    PKGDIR: settings.packages,
    DISTDIR: settings.distfiles,
    PORTAGE_TMPDIR: settings.temporary,
    EMERGE_LOG_DIR: settings.logs,
    GENTOO_MIRRORS: '',
    CLEAN_DELAY: '0',
    EMERGE_WARNING_DELAY: '0',
    ...settings.variables,
  };
  return Object.entries(variables)
    .map(([name, value]) => `${checkedName(name)}="${quoted(value)}"\n`)
    .join('');
}

/** The text of `repos.conf` for one repository, which is then the only one. */
export function repositoriesConf({ name, location }: Pick<EbuildRepository, 'name' | 'location'>): string {
  return `[DEFAULT]\nmain-repo = ${name}\n\n[${name}]\nlocation = ${location}\nauto-sync = no\n`;
}

function checkedName(name: string): string {
  if (/^[A-Z_][A-Z0-9_]*$/.test(name)) return name;
  throw new Error(`${name} is no name of a make.conf variable`);
}

/** make.conf is read like shell: these characters are special between double quotes. */
function quoted(value: string): string {
  if (value.includes('\n')) throw new Error('a make.conf value has one line');
  return value.replace(/[\\"$`]/g, '\\$&');
}
