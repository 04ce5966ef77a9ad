import { randomUUID } from 'node:crypto';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { forgetMarks, isUsed, lastUsed } from './repository-users.js';

/** Copies of one repository that stay, the last used ones; those in use stay besides. */
export const REVISIONS_KEPT = 4;
const DRAFT = '.draft-';

/** Removes what a killed process left half-made. Only under the lock of the repository: then no draft is alive. */
export async function sweepDrafts(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    if (name.startsWith(DRAFT)) await rm(join(home, name), { recursive: true, force: true });
  }
}

/** Removes copies beyond the limit, never one that a living process uses. Only under the lock of the repository. */
export async function evictRevisions(home: string): Promise<void> {
  const names = (await readdir(home)).filter((name) => !name.startsWith('.'));
  if (names.length <= REVISIONS_KEPT) return;
  const copies = await Promise.all(
    names.map(async (name) => {
      const location = join(home, name);
      const usedAtMs = (await lastUsed(location)) ?? (await stat(location)).mtimeMs;
      return { location, usedAtMs };
    }),
  );
  for (const { location } of copies.sort((a, b) => b.usedAtMs - a.usedAtMs).slice(REVISIONS_KEPT)) {
    if (await isUsed(location)) continue;
    // Under a draft's name first: a copy is whole for as long as it has its own.
    const grave = join(home, `${DRAFT}${randomUUID()}`);
    await rename(location, grave);
    await forgetMarks(location);
    await rm(grave, { recursive: true, force: true });
  }
}
