import { readdir, readFile } from 'node:fs/promises';

/** What the kernel counts in, by /proc/<pid>/stat: a hundredth of a second on every Linux that Node runs on. */
const TICK_MICROSECONDS = 10_000;

/** Who uses time while work is given out, by the name that the kernel has for it. */
const servers: ReadonlySet<string> = new Set(['nats-server', 'postgres']);

interface Task {
  readonly name: string;
  readonly parent: number;
  readonly microseconds: number;
}

/**
 * CPU time so far, in microseconds: of this process, and of each kind of server below it. Empty where there is no /proc.
 */
export async function cpuTimes(): Promise<ReadonlyMap<string, number>> {
  const tasks = new Map<number, Task>();
  for (const entry of await readdir('/proc').catch(() => [])) {
    const task = /^\d+$/.test(entry) ? await taskOf(entry) : undefined;
    if (task) tasks.set(Number(entry), task);
  }
  const times = new Map<string, number>();
  for (const [pid, { name, microseconds }] of tasks) {
    if (!isBelow(tasks, pid) || (pid !== process.pid && !servers.has(name))) continue;
    const who = pid === process.pid ? 'scheduler and drones' : name;
    times.set(who, (times.get(who) ?? 0) + microseconds);
  }
  return times;
}

/** Undefined for a process that has just ended. */
async function taskOf(pid: string): Promise<Task | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name stands in brackets, and may hold some itself.
  const [, name, rest] = /\((.*)\) (.*)/s.exec(text ?? '') ?? [];
  if (name === undefined || rest === undefined) return undefined;
  const fields = rest.split(' ').map(Number);
  const [parent = 0, user = 0, system = 0] = [fields[1], fields[11], fields[12]];
  return { name, parent, microseconds: (user + system) * TICK_MICROSECONDS };
}

function isBelow(tasks: ReadonlyMap<number, Task>, pid: number): boolean {
  for (let at = pid; at > 1; at = tasks.get(at)?.parent ?? 0) if (at === process.pid) return true;
  return false;
}
