import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { underLock } from './directory-lock.js';
import { ensurePrograms } from './debian-programs.js';
import { findInstalledPortage, installPortage, portageDirectory } from './install-portage.js';
import { requireNamedAccount } from './named-account.js';
import type { PortageSetup } from './portage.js';
import { SetupFailure } from './setup-failure.js';
import { findSystemPortage } from './system-portage.js';

const LOCK_WAIT_MS = 10 * 60_000;

export interface EnsurePortageOptions {
  /** Absolute path. Portage is installed below it, in a directory of its release, and stays where it is. */
  readonly cacheDir: string;
  /** Told what is going on, a line at a time, when something has to be installed. */
  readonly onProgress?: (line: string) => void;
}

/**
 * Finds Portage on this machine, or installs it from PyPI into the cache; never rejects.
 * Takes milliseconds when that was done before; several processes may call it at once.
 * As root on a machine with apt-get, programs that are missing are installed too.
 */
export async function ensurePortage(options: EnsurePortageOptions): Promise<PortageSetup> {
  const { cacheDir, onProgress = () => undefined } = options;
  try {
    const home = join(cacheDir, portageDirectory);
    await requireNamedAccount();
    const system = await findSystemPortage();
    if (system) return { kind: 'ready', portage: system };
    // Before the look at what is installed: a program that is missing is no reason to install Portage again.
    await ensurePrograms(onProgress);
    const known = await findInstalledPortage(home);
    if (known) return { kind: 'ready', portage: known };
    await mkdir(cacheDir, { recursive: true });
    const portage = await underLock(`${home}.lock`, LOCK_WAIT_MS, async () => {
      // Another process may have finished while this one waited.
      return (await findInstalledPortage(home)) ?? installPortage(home, onProgress);
    });
    return { kind: 'ready', portage };
  } catch (error) {
    if (error instanceof SetupFailure)
      return { kind: 'unavailable', reason: error.message, remedy: error.remedy };
    const reason = error instanceof Error ? error.message : String(error);
    return {
      kind: 'unavailable',
      reason,
      remedy: `make sure that ${cacheDir} can be written, then try again`,
    };
  }
}
