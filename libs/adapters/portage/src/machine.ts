import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { userInfo } from 'node:os';

import { makePrefix, replaceLink } from './build-prefix.js';
import { cleanEnvironment } from './inherited-environment.js';
import type { EbuildRepository, Machine, MachinePaths } from './machine.model.js';
import { makeConf, repositoriesConf } from './make-conf.js';
import type { Portage } from './portage.js';
import { killTree } from './process-tree.js';

const WORLD_SET = 'world';
const WORLD_FILE = join('var', 'lib', 'portage', 'world');

export interface CreateMachineOptions {
  readonly name: string;
  /** Absolute path; all of the machine is below it. Its ROOT is kept if it is there, its configuration is written anew. */
  readonly dir: string;
  readonly repository: EbuildRepository;
  readonly portage: Portage;
  /** `make -j`; default 1. */
  readonly makeJobs?: number;
  /** Further make.conf variables, which ebuilds see too, for example `LAB_SLOW_SECONDS`. */
  readonly variables?: Readonly<Record<string, string>>;
  /** False for a machine whose ROOT is more than a build root, such as a workstation. Default true. */
  readonly disposableRoot?: boolean;
}

/**
 * Creates a machine beside the real one: a Portage configuration and a ROOT in a directory of its own.
 * Needs no rights and no namespaces; safe to call again. It is meant for one job at a time:
 * a drone with several slots has a machine for each.
 */
export async function createMachine(options: CreateMachineOptions): Promise<Machine> {
  const { name, dir, repository, portage } = options;
  const paths: MachinePaths = {
    configRoot: dir,
    root: join(dir, 'root'),
    buildRoot: join(dir, 'broot'),
    planRoot: join(dir, 'plan'),
    packages: join(dir, 'packages'),
    downloads: join(dir, 'downloads'),
    distfiles: join(dir, 'distfiles'),
    temporary: join(dir, 'tmp'),
    logs: join(dir, 'logs'),
  };
  const directories: Readonly<Record<string, string>> = { ...paths };
  for (const path of Object.values(directories)) await mkdir(path, { recursive: true });
  await writeConfiguration(options, paths);
  const world = await readFile(join(repository.setsDir, WORLD_SET));
  for (const root of [paths.root, paths.planRoot]) await makeRoot(root, world);
  await makeBuildRoot(paths, portage);
  return {
    name,
    portage,
    paths,
    environment: environmentOf(options, paths),
    disposableRoot: options.disposableRoot ?? true,
  };
}

/** Empties a machine's ROOT, so that it can be filled from binaries again. Throws for a ROOT that is not disposable. */
export async function resetRoot({ paths, name, portage, disposableRoot }: Machine): Promise<void> {
  if (!disposableRoot) throw new Error(`the ROOT of ${name} is not disposable`);
  const world = await readFile(join(paths.root, WORLD_FILE));
  for (const entry of await readdir(paths.root))
    await rm(join(paths.root, entry), { recursive: true, force: true });
  await makeRoot(paths.root, world);
  await makeBuildRoot(paths, portage);
}

/**
 * Ends what an earlier agent of this machine left running when it was killed, and removes its half-done work
 * and its unclaimed binaries. To be called at start, when nothing of this machine can be wanted yet.
 * Returns the process ids that could not be ended.
 */
export async function clearLeftovers({ paths }: Machine): Promise<readonly number[]> {
  const survivors = await killTree({
    workDir: paths.temporary,
    environmentEntry: `PORTAGE_TMPDIR=${paths.temporary}`,
  });
  for (const path of [paths.temporary, paths.downloads, paths.packages]) {
    await rm(path, { recursive: true, force: true });
    await mkdir(path, { recursive: true });
  }
  return survivors;
}

async function writeConfiguration(options: CreateMachineOptions, paths: MachinePaths): Promise<void> {
  const { repository, portage, makeJobs = 1, variables = {} } = options;
  const etc = join(paths.configRoot, 'etc', 'portage');
  await mkdir(join(etc, 'sets'), { recursive: true });
  await replaceLink(join(repository.location, 'profiles', repository.profile), join(etc, 'make.profile'));
  await writeFile(join(etc, 'make.conf'), makeConf({ ...paths, makeJobs, variables }));
  await copyFile(join(portage.globalConfigDir, 'sets', 'portage.conf'), join(etc, 'sets.conf'));
  for (const set of await readdir(repository.setsDir)) {
    if (set !== WORLD_SET) await copyFile(join(repository.setsDir, set), join(etc, 'sets', set));
  }
}

async function makeRoot(root: string, world: Buffer): Promise<void> {
  await mkdir(join(root, 'usr'), { recursive: true });
  await mkdir(join(root, WORLD_FILE, '..'), { recursive: true });
  await writeFile(join(root, WORLD_FILE), world);
}

/**
 * Portage wants build tools in the root that it runs from, which would be the host's `/`. It is told that it
 * runs from the prefix `broot`, whose `usr` and `var` are those of ROOT: so a tool that was installed into
 * ROOT as a binary is found both as installed and as a program (seen with Portage 3.0.82).
 */
async function makeBuildRoot(paths: MachinePaths, portage: Portage): Promise<void> {
  const links: Record<string, string> = {
    etc: relative(paths.buildRoot, join(paths.configRoot, 'etc')),
    usr: relative(paths.buildRoot, join(paths.root, 'usr')),
    var: relative(paths.buildRoot, join(paths.root, 'var')),
  };
  for (const [name, target] of Object.entries(links)) await replaceLink(target, join(paths.buildRoot, name));
  await makePrefix(paths.buildRoot, portage);
}

function environmentOf(
  { repository, portage }: CreateMachineOptions,
  paths: MachinePaths,
): Record<string, string> {
  const clean = cleanEnvironment(paths.configRoot);
  return {
    ...clean,
    PATH: `${portage.binDir}:${clean['PATH'] ?? ''}`,
    ROOT: paths.root,
    SYSROOT: paths.root,
    PORTAGE_CONFIGROOT: paths.configRoot,
    PORTAGE_TMPDIR: paths.temporary,
    PORTAGE_OVERRIDE_EPREFIX: paths.buildRoot,
    EPREFIX: '',
    PORTAGE_REPOSITORIES: repositoriesConf(repository),
    ...accountOf(),
  };
}

/** Without a user `portage`, root is told to act as itself; anybody else does so anyway. */
function accountOf(): Record<string, string> {
  if (process.getuid?.() !== 0) return {};
  const { username } = userInfo();
  return { PORTAGE_USERNAME: username, PORTAGE_GRPNAME: username };
}
