import { randomUUID } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { link, mkdir, open, rename, rm, stat, symlink, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Whether an error of node:fs has that code. */
export function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

/** What the operation gives, or `undefined` where the file is not there. */
export async function unlessMissing<T>(operation: Promise<T>): Promise<T | undefined> {
  try {
    return await operation;
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** Makes the names in a directory survive a power cut. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a directory and those above it; each new name is synced into its parent. */
export async function makeDirectory(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true });
  if (first === undefined) return;
  for (let made = directory; made.length >= first.length; made = dirname(made))
    await syncDirectory(dirname(made));
}

/** A name beside the target that nothing else uses; names that begin with a dot are never served. */
export function temporaryBeside(target: string): string {
  return join(dirname(target), `.tmp-${randomUUID()}`);
}

/** Writes a file and syncs its content; its name is not yet durable. */
export async function writeSynced(
  path: string,
  content: Uint8Array | string,
  mtimeSeconds?: number,
): Promise<void> {
  const handle = await open(path, 'wx', 0o644);
  try {
    await handle.writeFile(content);
    if (mtimeSeconds !== undefined) await handle.utimes(mtimeSeconds, mtimeSeconds);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Replaces a file so that readers see the old or the new one, also after a power cut. */
export async function replaceFile(path: string, content: Uint8Array | string): Promise<void> {
  const temporary = temporaryBeside(path);
  try {
    await writeSynced(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** Makes a file under a name that must be free; `false` when it is taken. Content and name appear together. */
export async function createFile(path: string, content: string): Promise<boolean> {
  const temporary = temporaryBeside(path);
  await writeSynced(temporary, content);
  try {
    await link(temporary, path);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await unlink(temporary);
  }
  await syncDirectory(dirname(path));
  return true;
}

/** Links `source` as `target`; another file of that name is replaced in one step. Not synced. */
export async function linkOver(source: string, target: string): Promise<void> {
  const [from, to] = [await stat(source), await unlessMissing(stat(target))];
  if (to !== undefined && sameFile(from, to)) return;
  const temporary = temporaryBeside(target);
  await link(source, temporary);
  try {
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Points a symbolic link elsewhere in one rename. */
export async function switchLink(path: string, target: string): Promise<void> {
  const temporary = temporaryBeside(path);
  await symlink(target, temporary);
  await rename(temporary, path);
  await syncDirectory(dirname(path));
}

function sameFile(a: Stats, b: Stats): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}
