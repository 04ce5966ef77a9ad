import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, realpath } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';

import { SwarmError } from '@swarm/kernel';

/** Held for as long as this process lives. */
export interface StateLock {
  release(): Promise<void>;
}

/**
 * Makes the state directory this agent's own: two agents in one would sweep away each other's builds.
 * An abstract socket of Linux carries the lock, since the kernel frees it with the process, even after `kill -9`.
 */
export async function lockState(stateDir: string): Promise<StateLock> {
  await mkdir(stateDir, { recursive: true, mode: 0o755 });
  const name = createHash('sha256')
    .update(await realpath(stateDir))
    .digest('hex');
  const server = createServer((socket) => socket.destroy());
  server.listen(`\0swarm-drone-${name}`);
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new SwarmError('SWARM_CONFIG', `Another drone agent already works in ${stateDir}.`, {
      hint: 'Give each agent a state directory of its own (SWARM_STATE_DIR), or stop the other one.',
      cause: error,
    });
  }
  server.unref();
  return { release: () => closed(server) };
}

async function closed(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}
