import { mkdir, rm } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';

import { applyConfiguration, makeBuildRoot, sweepConfigurations } from './apply-configuration.js';
import { cleanEnvironment } from './inherited-environment.js';
import { configurationDigest, labConfiguration } from './lab-configuration.js';
import type { EbuildRepository, Machine, MachinePaths } from './machine.model.js';
import { machineFeatures } from './make-conf.js';
import type { Portage } from './portage.js';
import { killTree } from './process-tree.js';
import { emptyRoot } from './root.js';

export interface BareMachineOptions {
  readonly name: string;
  /** Absolute path; all of the machine is below it. What is there is kept. */
  readonly dir: string;
  readonly portage: Portage;
  /** `make -j`; default 1. */
  readonly makeJobs?: number;
  /** Further variables of the environment, which ebuilds see too, for example `LAB_SLOW_SECONDS`. */
  readonly variables?: Readonly<Record<string, string>>;
  /** False for a machine whose ROOT is more than a build root, such as a workstation. Default true. */
  readonly disposableRoot?: boolean;
}

export interface CreateMachineOptions extends BareMachineOptions {
  readonly repository: EbuildRepository;
}

/**
 * Creates a machine beside the real one, in a directory of its own; it can work once a configuration is applied.
 * Needs no rights and no namespaces; safe to call again. It is meant for one job at a time:
 * a drone with several slots has a machine for each.
 */
export async function bareMachine(options: BareMachineOptions): Promise<Machine> {
  const { name, dir, portage, disposableRoot = true } = options;
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
    configurations: join(dir, 'configurations'),
  };
  const { packages, downloads, distfiles, temporary, logs, configurations } = paths;
  for (const path of [packages, downloads, distfiles, temporary, logs, configurations])
    await mkdir(path, { recursive: true });
  return { name, portage, paths, environment: environmentOf(options, paths), disposableRoot };
}

/** A machine beside the real one, with the configuration of the lab. */
export async function createMachine({ repository, ...options }: CreateMachineOptions): Promise<Machine> {
  const configuration = await labConfiguration(repository);
  const digest = configurationDigest(configuration);
  return applyConfiguration(await bareMachine(options), {
    digest,
    configuration,
    repositories: [repository],
  });
}

/** Empties a machine's ROOT, so that it can be filled from binaries again. Throws for a ROOT that is not disposable. */
export async function resetRoot(machine: Machine): Promise<void> {
  if (!machine.disposableRoot) throw new Error(`the ROOT of ${machine.name} is not disposable`);
  await emptyRoot(machine.paths.root);
  await makeBuildRoot(machine);
}

/**
 * Ends what an earlier agent of this machine left running when it was killed, and removes its half-done work
 * and its unclaimed binaries. To be called at start, when nothing of this machine can be wanted yet.
 * Returns the process ids that could not be ended.
 */
export async function clearLeftovers(machine: Machine): Promise<readonly number[]> {
  const { paths } = machine;
  await sweepConfigurations(machine);
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

/** What is the machine's own, whatever its configuration; Portage ranks the environment above make.conf. */
function environmentOf(options: BareMachineOptions, paths: MachinePaths): Record<string, string> {
  const { portage, makeJobs = 1, variables = {}, disposableRoot = true } = options;
  const clean = cleanEnvironment(paths.configRoot);
  return {
    ...clean,
    PATH: `${portage.binDir}:${clean['PATH'] ?? ''}`,
    EPREFIX: '',
    PKGDIR: paths.packages,
    DISTDIR: paths.distfiles,
    PORTAGE_TMPDIR: paths.temporary,
    EMERGE_LOG_DIR: paths.logs,
    MAKEOPTS: `-j${makeJobs}`,
    FEATURES: machineFeatures({ isGentoo: false, builds: disposableRoot }),
    ...accountOf(),
    ...variables,
  };
}

/** Without a user `portage`, root is told to act as itself; anybody else does so anyway. */
function accountOf(): Record<string, string> {
  if (process.getuid?.() !== 0) return {};
  const { username } = userInfo();
  return { PORTAGE_USERNAME: username, PORTAGE_GRPNAME: username };
}
