import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { errorCode } from './error-code.js';

/** One row of the process table. */
interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  readonly zombie: boolean;
}

/** How a tree of processes is recognised, also after its root has died. */
export interface ProcessTree {
  /** The process that was started as the leader of a session of its own; left out where none is known. */
  readonly leader?: number;
  /** Everything that works inside this directory belongs to the tree, whoever its parent is now. */
  readonly workDir?: string;
  /** Everything that was started with this `NAME=value` in its environment belongs to the tree. */
  readonly environmentEntry?: string;
}

const KILL_ROUNDS = 100;
const KILL_PAUSE_MS = 50;

/** Process ids of a tree: those that it is recognised by, and all their descendants. This process is never one. */
export async function membersOf(tree: ProcessTree): Promise<number[]> {
  const rows = await processTable();
  const members = new Set<number>();
  for (const { pid, session } of rows) {
    if (pid === tree.leader || session === tree.leader || (await isMarked(pid, tree))) members.add(pid);
  }
  for (let size = -1; size !== members.size;) {
    size = members.size;
    for (const row of rows) if (members.has(row.parent)) members.add(row.pid);
  }
  members.delete(process.pid);
  return rows.filter((row) => members.has(row.pid) && !row.zombie).map((row) => row.pid);
}

/** Sends a signal to each; those that are gone already, or have become another user's, are passed over. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (!isOutOfReach(error)) throw error;
    }
  }
}

/**
 * Kills a tree until nothing of it is left, new children included.
 * Returns the survivors; there are none unless a process hangs in the kernel for more than 5 seconds.
 */
export async function killTree(tree: ProcessTree): Promise<number[]> {
  for (let round = 0; round < KILL_ROUNDS; round++) {
    const members = await membersOf(tree);
    if (members.length === 0) return [];
    signalAll(members, 'SIGKILL');
    await delay(KILL_PAUSE_MS);
  }
  return membersOf(tree);
}

async function processTable(): Promise<ProcessRow[]> {
  const names = await readdir('/proc');
  const rows = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map(processRow));
  return rows.filter((row) => row !== undefined);
}

async function processRow(pid: string): Promise<ProcessRow | undefined> {
  const stat = await readFile(join('/proc', pid, 'stat'), 'latin1').catch(() => undefined);
  if (stat === undefined) return undefined;
  // The command name in parentheses may hold anything; the fields after it are plain (proc(5)).
  const [state, parent, , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { pid: Number(pid), parent: Number(parent), session: Number(session), zombie: state === 'Z' };
}

async function isMarked(pid: number, { workDir, environmentEntry }: ProcessTree): Promise<boolean> {
  const process = join('/proc', String(pid));
  if (workDir !== undefined) {
    const current = await readlink(join(process, 'cwd')).catch(() => '');
    if (current === workDir || current.startsWith(`${workDir}/`)) return true;
  }
  if (environmentEntry === undefined) return false;
  const environment = await readFile(join(process, 'environ'), 'utf8').catch(() => '');
  return environment.split('\0').includes(environmentEntry);
}

function isOutOfReach(error: unknown): boolean {
  return ['ESRCH', 'EPERM'].includes(errorCode(error) ?? '');
}
