import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

import type { Configuration } from '@swarm/domain-plan';
import { err, ok, type Result } from '@swarm/kernel';

import { makePrefix, replaceLink } from './build-prefix.js';
import type { Machine, MachinePaths } from './machine.model.js';
import { repositoriesConf } from './make-conf.js';
import type { RepositoryLocation } from './repository-location.js';
import { makeRoot, type WorldFiles } from './root.js';

/** Configurations that a machine keeps, each with the ROOT that was filled for it; those in use stay besides. */
export const CONFIGURATIONS_KEPT = 4;

/** What a machine shall work with. */
export interface ConfigurationToApply {
  /** SHA-256 of the canonical text, in hex. */
  readonly digest: string;
  readonly configuration: Configuration;
  /** Copies of exactly the repositories of the configuration, in its order. */
  readonly repositories: readonly RepositoryLocation[];
}

/**
 * Where repositories lie and where binaries come from differs from machine to machine, and the swarm says both:
 * a configuration's own word on them is not written down.
 */
const MACHINES_OWN = /^(?:repos|binrepos)\.conf(?:\/|$)/;

/**
 * The same machine, working with exactly one configuration: the files under `etc/portage` are those of the
 * configuration and no others, `@world` is its world. What is the machine's own (directories, number of jobs,
 * FEATURES without sandboxes) is in the environment, which Portage ranks above make.conf (3.0.82).
 * Rejects where `findProfile` finds none. Written once under its digest, so that configurations do not touch each other; a disposable ROOT is one for each.
 */
export async function applyConfiguration(
  machine: Machine,
  { digest, configuration, repositories }: ConfigurationToApply,
): Promise<Machine> {
  if (!/^[0-9a-f]{64}$/.test(digest)) throw new Error(`${digest} is no digest of a configuration`);
  const home = join(machine.paths.configurations, digest);
  await writeOnce(home, configuration);
  const now = new Date();
  await utimes(home, now, now);

  // Another place of the repositories is no other configuration, so this link is made anew.
  const profile = await findProfile(configuration, repositories);
  if (!profile.ok) throw new Error(profile.error);
  await replaceLink(profile.value, join(home, 'etc', 'portage', 'make.profile'));
  const paths = pathsIn(home, machine);
  const world = worldOf(configuration);
  await makeRoot(paths.planRoot, world);
  const isGentoo = paths.buildRoot === '/';
  if (!isGentoo) await makeRoot(paths.root, world);
  const configured: Machine = {
    ...machine,
    paths,
    environment: {
      ...machine.environment,
      ...(!isGentoo && {
        ROOT: paths.root,
        SYSROOT: paths.root,
        PORTAGE_OVERRIDE_EPREFIX: paths.buildRoot,
      }),
      PORTAGE_CONFIGROOT: paths.configRoot,
      PORTAGE_REPOSITORIES: repositoriesConf(repositories),
    },
  };
  await makeBuildRoot(configured);
  return configured;
}

/** Removes what a killed agent left half-written. Only when nothing can be being written. */
export async function sweepConfigurations({ paths }: Pick<Machine, 'paths'>): Promise<void> {
  for (const name of await readdir(paths.configurations)) {
    if (name.startsWith('.')) await rm(join(paths.configurations, name), { recursive: true, force: true });
  }
}

/** Removes configurations beyond the limit, the last used ones first to stay, and never those of `inUse`. */
export async function dropConfigurations(
  { paths }: Pick<Machine, 'paths'>,
  inUse: ReadonlySet<string>,
): Promise<void> {
  const names = (await readdir(paths.configurations)).filter((name) => !name.startsWith('.'));
  const known = await Promise.all(
    names.map(async (name) => {
      const path = join(paths.configurations, name);
      return { name, path, usedAtMs: (await stat(path)).mtimeMs };
    }),
  );
  const surplus = known.sort((a, b) => b.usedAtMs - a.usedAtMs).slice(CONFIGURATIONS_KEPT);
  for (const { name, path } of surplus) {
    if (inUse.has(name)) continue;
    const grave = draftIn(paths.configurations);
    await rename(path, grave);
    await rm(grave, { recursive: true, force: true });
  }
}

/**
 * Portage wants build tools in the root that it runs from, which would be the host's `/`. It is told that it
 * runs from the prefix `broot`, whose `usr` and `var` are those of ROOT: so a tool that was installed into
 * ROOT as a binary is found both as installed and as a program (seen with Portage 3.0.82).
 */
export async function makeBuildRoot({ paths, portage }: Pick<Machine, 'paths' | 'portage'>): Promise<void> {
  if (paths.buildRoot === '/') return;
  await mkdir(paths.buildRoot, { recursive: true });
  const links: Record<string, string> = {
    etc: relative(paths.buildRoot, join(paths.configRoot, 'etc')),
    usr: relative(paths.buildRoot, join(paths.root, 'usr')),
    var: relative(paths.buildRoot, join(paths.root, 'var')),
  };
  for (const [name, target] of Object.entries(links)) await replaceLink(target, join(paths.buildRoot, name));
  await makePrefix(paths.buildRoot, portage);
}

function pathsIn(home: string, { paths, disposableRoot }: Machine): MachinePaths {
  return {
    ...paths,
    configRoot: home,
    planRoot: join(home, 'plan'),
    ...(disposableRoot && { root: join(home, 'root') }),
    ...(paths.buildRoot !== '/' && { buildRoot: join(home, 'broot') }),
  };
}

async function writeOnce(home: string, { files }: Configuration): Promise<void> {
  if (await isThere(home)) return;
  const draft = draftIn(dirname(home));
  const etc = join(draft, 'etc', 'portage');
  try {
    await mkdir(etc, { recursive: true });
    for (const [path, text] of Object.entries(files)) {
      if (MACHINES_OWN.test(path)) continue;
      const file = join(etc, path);
      if (relative(etc, file).startsWith('..')) throw new Error(`${path} is no path below etc/portage`);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text, { flush: true });
    }
    await rename(draft, home);
  } catch (error) {
    // Another slot of this machine was faster; its files are the same.
    if (!(await isThere(home))) throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** The directory of a configuration's profile, or a sentence on why there is none. */
export async function findProfile(
  { makeProfile }: Pick<Configuration, 'makeProfile'>,
  repositories: readonly RepositoryLocation[],
): Promise<Result<string, string>> {
  const at = makeProfile.indexOf(':');
  const [name, profile] = [makeProfile.slice(0, at), makeProfile.slice(at + 1)];
  const repository = repositories.find((each) => each.name === name);
  if (!repository) return err(`${makeProfile}: ${name} is none of the repositories`);
  const path = join(repository.location, 'profiles', profile);
  return (await isThere(path)) ? ok(path) : err(`the repository ${name} has no profile ${profile}`);
}

function worldOf({ world }: Configuration): WorldFiles {
  return {
    atoms: world.filter((line) => !line.startsWith('@')),
    sets: world.filter((line) => line.startsWith('@')),
  };
}

function draftIn(directory: string): string {
  return join(directory, `.draft-${randomUUID()}`);
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
