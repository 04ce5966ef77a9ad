import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { Portage } from './portage.js';

/**
 * Makes a directory usable as the prefix that Portage believes to run from (`PORTAGE_OVERRIDE_EPREFIX`):
 * it looks for its own defaults there, and writes its cache there if it owns the directory (Portage 3.0.82).
 */
export async function makePrefix(prefix: string, portage: Portage): Promise<void> {
  const defaults = join(prefix, portage.globalConfigPath);
  await mkdir(dirname(defaults), { recursive: true });
  await replaceLink(portage.globalConfigDir, defaults);
  // An unprivileged user must own this one before Portage starts.
  await mkdir(join(prefix, 'var', 'cache', 'edb', 'dep'), { recursive: true });
}

/** Points a link at a target; never leaves a moment without one. */
export async function replaceLink(target: string, path: string): Promise<void> {
  const draft = `${path}.${process.pid}.new`;
  await rm(draft, { force: true });
  await symlink(target, draft);
  await rename(draft, path);
}
