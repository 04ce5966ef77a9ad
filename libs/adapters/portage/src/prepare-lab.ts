import { createHash, randomUUID } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';

import { makePrefix } from './build-prefix.js';
import { underLock } from './directory-lock.js';
import { cleanEnvironment } from './inherited-environment.js';
import { repositoriesConf } from './make-conf.js';
import type { EbuildRepository } from './machine.model.js';
import type { Portage } from './portage.js';
import { runProcess } from './run-process.js';
import { SetupFailure } from './setup-failure.js';

const LOCK_WAIT_MS = 5 * 60_000;
const EGENCACHE_TIMEOUT_MS = 5 * 60_000;

export interface PrepareLabOptions {
  /** The project's `lab/` directory; only read. */
  readonly labDir: string;
  /** Copies are kept below it, one for each state of `lab/`. */
  readonly stateDir: string;
  readonly portage: Portage;
}

/**
 * Copies the lab's repository into the state directory and generates its metadata cache there:
 * without one, each look at an ebuild costs a shell. Does nothing if this state of the lab was prepared before.
 * Rejects with a `SetupFailure` when Portage cannot read the repository.
 */
export async function prepareLab({
  labDir,
  stateDir,
  portage,
}: PrepareLabOptions): Promise<EbuildRepository> {
  const digest = await digestOf(labDir);
  const home = join(stateDir, `lab-${digest.slice(0, 16)}`);
  const repository: EbuildRepository = {
    name: (await readFile(join(labDir, 'repo', 'profiles', 'repo_name'), 'utf8')).trim(),
    location: join(home, 'repo'),
    profile: 'lab/amd64',
    setsDir: join(home, 'sets'),
  };
  await mkdir(stateDir, { recursive: true });
  await underLock(`${home}.lock`, LOCK_WAIT_MS, async () => {
    if (await isDirectory(home)) return;
    const draft = join(stateDir, `.draft-${randomUUID()}`);
    try {
      await cp(join(labDir, 'repo'), join(draft, 'repo'), { recursive: true });
      await cp(join(labDir, 'sets'), join(draft, 'sets'), { recursive: true });
      await generateCache({ ...repository, location: join(draft, 'repo') }, draft, portage);
      // The cache names eclasses by digest, not by path, so the tree may move.
      await rename(draft, home);
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  });
  return repository;
}

async function generateCache(repository: EbuildRepository, draft: string, portage: Portage): Promise<void> {
  const prefix = join(draft, 'prefix');
  await makePrefix(prefix, portage);
  const clean = cleanEnvironment(prefix);
  const result = await runProcess({
    command: [
      ...portage.egencache,
      '--update',
      '--jobs=2',
      `--repo=${repository.name}`,
      `--repositories-configuration=${repositoriesConf(repository)}`,
    ],
    environment: {
      ...clean,
      PATH: `${portage.binDir}:${clean['PATH'] ?? ''}`,
      PORTAGE_OVERRIDE_EPREFIX: prefix,
    },
    timeoutMs: EGENCACHE_TIMEOUT_MS,
  });
  await rm(prefix, { recursive: true, force: true });
  if (result.exitCode === 0) return;
  throw new SetupFailure(
    `Portage cannot read the lab's repository: ${result.tail.trim().split('\n').slice(-3).join(' ')}`,
    'see that lab/ is as in git',
  );
}

/** One digest over the names and contents of all files. */
async function digestOf(directory: string): Promise<string> {
  const hash = createHash('sha256');
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.sort()) {
    const content = await readFile(file);
    hash.update(`${relative(directory, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

async function isDirectory(path: string): Promise<boolean> {
  return readdir(path).then(
    () => true,
    () => false,
  );
}
