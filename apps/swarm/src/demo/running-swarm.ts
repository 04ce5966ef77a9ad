import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { SwarmError } from '@swarm/kernel';
import { startProcess, type ManagedProcess } from '@swarm/platform';
import { z } from 'zod';

import { ApiClient } from '../client/api-client.js';

const START_LIMIT_MS = 300_000;
const STOP_LIMIT_MS = 120_000;
const LOOK_EVERY_MS = 200;

/** What `swarm up` writes for those who use it. */
const Runtime = z.object({
  gateway: z.url(),
  binhost: z.url(),
  profile: z.string(),
  kind: z.enum(['portage', 'synthetic']),
});
export type Runtime = z.output<typeof Runtime>;

export interface RunningSwarmOptions {
  readonly home: string;
  readonly stateDir: string;
  readonly drones: number;
  readonly executor: string;
  /** Descriptor that everything `swarm up` says goes to. */
  readonly output: number;
}

/** A swarm that was started with `swarm up`, as a process of its own. */
export interface RunningSwarm {
  readonly runtime: Runtime;
  readonly api: ApiClient;
  /** Process ids by name, as they are now. */
  readonly pids: () => Promise<Readonly<Record<string, number>>>;
  /** As Ctrl-C does; resolves to how it ended. */
  stop(): Promise<string>;
}

/** Starts a swarm and waits until its drones are there. */
export async function startSwarm(options: RunningSwarmOptions): Promise<RunningSwarm> {
  const { home, stateDir, drones } = options;
  const runtimeFile = join(stateDir, 'runtime.json');
  await rm(runtimeFile, { force: true });
  const up = await startProcess({
    command: process.execPath,
    args: [
      join(home, 'dist/apps/swarm/main.js'),
      'up',
      `--state=${stateDir}`,
      `--drones=${drones}`,
      `--executor=${options.executor}`,
      '--drain=5',
    ],
    cwd: home,
    output: options.output,
    stopSignal: 'SIGTERM',
  });
  const runtime = await until(up, async () => {
    const text = await readFile(runtimeFile, 'utf8').catch(() => undefined);
    return text === undefined ? undefined : Runtime.parse(JSON.parse(text));
  });
  const api = new ApiClient({ url: runtime.gateway, token: process.env['SWARM_API_TOKEN'] });
  await until(up, async () => {
    const { drones: fleet } = await api.call('status', {});
    return fleet.online >= drones ? fleet : undefined;
  });
  return {
    runtime,
    api,
    pids: async () =>
      z
        .record(z.string(), z.number())
        .parse(JSON.parse(await readFile(join(stateDir, 'processes.json'), 'utf8'))),
    stop: async () => {
      up.child.kill('SIGINT');
      await Promise.race([up.exited, delay(STOP_LIMIT_MS, undefined, { ref: false })]);
      await up.stop(0);
      return up.exited;
    },
  };
}

/** Asks again and again until there is an answer; fails when the swarm ends before that. */
async function until<T>(up: ManagedProcess, look: () => Promise<T | undefined>): Promise<T> {
  const limit = AbortSignal.timeout(START_LIMIT_MS);
  while (!limit.aborted) {
    if (up.hasExited()) {
      throw new SwarmError('SWARM_FAILED', `swarm up ended while it started: ${await up.exited}.`, {
        hint: 'What it said is in up.log in the state directory.',
      });
    }
    const found = await look().catch(() => undefined);
    if (found !== undefined) return found;
    await delay(LOOK_EVERY_MS);
  }
  throw new SwarmError('SWARM_FAILED', `The swarm was not ready after ${START_LIMIT_MS / 1000} s.`);
}
