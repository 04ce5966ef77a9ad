import type { RepositoryLocation } from './repository-location.js';

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

/** FEATURES of a build machine: what is installed before a build comes from the swarm alone, by name. */
const buildFeatures = ['-binpkg-request-signature', '-getbinpkg'];

/** FEATURES that a machine adds to those of its configuration. */
export function machineFeatures(kind: { readonly isGentoo: boolean; readonly builds: boolean }): string {
  return [...(kind.isGentoo ? [] : features), ...(kind.builds ? buildFeatures : [])].join(' ');
}

/** The text of `make.conf`. */
export function makeConf(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${checkedName(name)}="${quoted(value)}"\n`)
    .join('');
}

/**
 * The text of `repos.conf` for these repositories, which are then the only ones. The first is the main one;
 * of two others that have the same package, the later one is preferred.
 */
export function repositoriesConf(repositories: readonly RepositoryLocation[]): string {
  const [main] = repositories;
  if (!main) throw new Error('Portage needs at least one repository');
  const sections = repositories.map(
    ({ name, location }, i) =>
      `\n[${name}]\nlocation = ${location}\nauto-sync = no\n${i === 0 ? '' : `priority = ${i}\n`}`,
  );
  return `[DEFAULT]\nmain-repo = ${main.name}\n${sections.join('')}`;
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
