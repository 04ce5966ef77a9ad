import { mkdir, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { startTime } from './directory-lock.js';

/** The marks of a copy are beside it, so that nothing is ever written into a copy. */
function marksOf(location: string): string {
  return join(dirname(location), `.users-${basename(location)}`);
}

/** Marks a copy of a repository as in use by this process, and as used now. */
export async function markUsed(location: string): Promise<void> {
  const marks = marksOf(location);
  await mkdir(marks, { recursive: true });
  await writeFile(join(marks, await ownMark()), '');
  const now = new Date();
  await utimes(marks, now, now);
}

/** This process does not use the copy any more; it may be removed when newer ones need its place. */
export async function releaseRepository(location: string): Promise<void> {
  await rm(join(marksOf(location), await ownMark()), { force: true });
}

/** True while a living process has the copy marked. Marks of dead processes are removed. */
export async function isUsed(location: string): Promise<boolean> {
  const marks = marksOf(location);
  let used = false;
  for (const mark of await readdir(marks).catch((): string[] => [])) {
    const [pid, started] = mark.split('-');
    if ((await startTime(Number(pid))) === started) used = true;
    else await rm(join(marks, mark), { force: true });
  }
  return used;
}

/** When a process last asked for the copy, in milliseconds of the epoch; undefined if none has. */
export async function lastUsed(location: string): Promise<number | undefined> {
  return stat(marksOf(location)).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
}

/** After the copy itself is gone. */
export async function forgetMarks(location: string): Promise<void> {
  await rm(marksOf(location), { recursive: true, force: true });
}

/** The time of start tells this process from a later one of the same number. */
async function ownMark(): Promise<string> {
  return `${process.pid}-${(await startTime(process.pid)) ?? ''}`;
}
