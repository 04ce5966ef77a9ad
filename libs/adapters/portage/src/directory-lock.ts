import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { errorCode } from './error-code.js';

const POLL_MS = 200;
/** A lock without an owner's name is of one that died between two system calls, if it is this old. */
const NAMELESS_MS = 10_000;

/** How long to wait for a lock, and what ends the waiting. */
export interface LockWait {
  readonly waitMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `work` while no other process of this machine runs one under the same path.
 * The lock is a directory that names its owner; one whose owner is dead is taken over.
 * Rejects when it was not free for `waitMs`, when the signal ends the waiting, or with what `work` rejects with.
 */
export async function underLock<T>(
  path: string,
  wait: number | LockWait,
  work: () => Promise<T>,
): Promise<T> {
  const { waitMs, signal } = typeof wait === 'number' ? { waitMs: wait, signal: undefined } : wait;
  const deadline = Date.now() + waitMs;
  while (!(await take(path))) {
    if (Date.now() > deadline) throw new Error(`${path} was held by another process for ${waitMs} ms`);
    await delay(POLL_MS, undefined, signal ? { signal } : {});
  }
  try {
    return await work();
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

async function take(path: string): Promise<boolean> {
  try {
    await mkdir(path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    if (await isAbandoned(path)) await takeAway(path);
    return false;
  }
  await writeFile(join(path, 'owner'), `${process.pid} ${(await startTime(process.pid)) ?? ''}`);
  return true;
}

/** Removes a dead owner's lock; by a rename first, so that of several who see it only one removes it. */
async function takeAway(path: string): Promise<void> {
  const grave = `${path}.${process.pid}.dead`;
  await rename(path, grave).catch(() => undefined);
  await rm(grave, { recursive: true, force: true });
}

async function isAbandoned(path: string): Promise<boolean> {
  const owner = await readFile(join(path, 'owner'), 'utf8').catch(() => '');
  const [pid, started] = owner.split(' ');
  if (pid === undefined || pid === '') {
    const age = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    return age > NAMELESS_MS;
  }
  return (await startTime(Number(pid))) !== started;
}

/** When a process started, in the kernel's ticks; tells a process from a later one of the same number. */
export async function startTime(pid: number): Promise<string | undefined> {
  const row = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  return row?.slice(row.lastIndexOf(')') + 2).split(' ')[19];
}
