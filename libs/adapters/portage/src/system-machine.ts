import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { cleanEnvironment } from './inherited-environment.js';
import type { Machine, MachinePaths } from './machine.model.js';
import { machineFeatures } from './make-conf.js';
import type { Portage } from './portage.js';

/**
 * The Gentoo machine that this process runs on: ROOT is `/`, and `/etc/portage` is its configuration,
 * until another one is applied.
 * Only what the swarm itself writes (binaries, build directories, logs) goes below `dir`.
 */
export async function systemMachine(options: {
  readonly name: string;
  readonly dir: string;
  readonly portage: Portage;
}): Promise<Machine> {
  const { name, dir, portage } = options;
  const paths: MachinePaths = {
    configRoot: '/',
    root: '/',
    buildRoot: '/',
    planRoot: '/',
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
  const clean = cleanEnvironment('/root');
  const environment = {
    ...clean,
    PATH: `${portage.binDir}:${clean['PATH'] ?? ''}`,
    DISTDIR: paths.distfiles,
    PORTAGE_TMPDIR: paths.temporary,
    EMERGE_LOG_DIR: paths.logs,
    FEATURES: machineFeatures({ isGentoo: true, builds: true }),
  };
  return { name, portage, paths, environment, disposableRoot: false };
}
