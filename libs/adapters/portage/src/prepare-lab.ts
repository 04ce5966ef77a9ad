import { randomUUID } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { underLock } from './directory-lock.js';
import type { EbuildRepository } from './machine.model.js';
import { generateMetadata } from './metadata-cache.js';
import type { Portage } from './portage.js';
import { SetupFailure } from './setup-failure.js';
import { treeDigest } from './tree-digest.js';

const LOCK_WAIT_MS = 5 * 60_000;

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
  const digest = await treeDigest(labDir);
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
      const unread = await generateMetadata({
        repository: { name: repository.name, location: join(draft, 'repo') },
        portage,
        scratchDir: join(draft, 'prefix'),
      });
      if (unread !== undefined) {
        throw new SetupFailure(
          `Portage cannot read the lab's repository: ${unread}`,
          'see that lab/ is as in git',
        );
      }
      await rename(draft, home);
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  });
  return repository;
}

async function isDirectory(path: string): Promise<boolean> {
  return readdir(path).then(
    () => true,
    () => false,
  );
}
