import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Logger } from '@swarm/platform';

const ROUNDS = 100;
const PAUSE_MS = 50;
/** What Portage's processes carry in their environment, from emerge down to the compiler. */
const markers = ['PORTAGE_CONFIGROOT=', 'PORTAGE_TMPDIR=', 'PORTAGE_BUILDDIR='];

/**
 * Ends what builds of an agent that was killed have left running: Portage's helpers survive `kill -9`, hold locks,
 * and write into the build directory of the next try. They are known by this machine's own directory in their environment.
 */
export async function endOrphans(
  machineDir: string,
  logger: Logger,
  wait: (ms: number) => Promise<void>,
): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const orphans = await processesOf(machineDir);
    if (orphans.length === 0) return;
    logger.warn({ pids: orphans }, 'processes of an earlier build ended');
    for (const pid of orphans) endProcess(pid);
    await wait(PAUSE_MS);
  }
  logger.error({ machineDir }, 'processes of an earlier build cannot be ended');
}

async function processesOf(machineDir: string): Promise<number[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const pids = await Promise.all(
    names.map(async (name) => ((await isOf(name, machineDir)) ? Number(name) : 0)),
  );
  return pids.filter((pid) => pid > 0 && pid !== process.pid);
}

async function isOf(pid: string, machineDir: string): Promise<boolean> {
  // Unreadable for processes of other users, and gone for those that ended meanwhile: neither is ours.
  const environment = await readFile(join('/proc', pid, 'environ'), 'latin1').catch(() => '');
  const inside = (value: string): boolean => value === machineDir || value.startsWith(`${machineDir}/`);
  return environment
    .split('\0')
    .some((entry) =>
      markers.some((marker) => entry.startsWith(marker) && inside(entry.slice(marker.length))),
    );
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone between the look and the signal.
  }
}
