import { resolve } from 'node:path';

import { DroneName, ProfileName } from '@swarm/contracts';
import { type LogLevel, readConfig, type Secret, secretVariable } from '@swarm/platform';
import { z } from 'zod';

const HOUR_MS = 3_600_000;
const MAX_SLOTS = 64;

const Directory = z.string().transform((path) => resolve(path));

export const DroneEnvironment = z.object({
  /** Name of this drone in the swarm. */
  SWARM_DRONE_NAME: DroneName,
  NATS_URL: z.url({ protocol: /^(nats|tls|ws|wss)$/ }),
  /** Proves that this drone belongs to the swarm; the same for all of it. */
  SWARM_ENROLMENT_KEY: secretVariable(16),
  /** The build target that this drone is set up for. */
  SWARM_PROFILE: ProfileName,
  /** Packages in work at once. */
  SWARM_SLOTS: z.coerce.number().int().positive().max(MAX_SLOTS).default(1),
  SWARM_EXECUTOR: z.enum(['portage', 'synthetic']).default('portage'),
  /** A directory of this drone's own: its machine, its artifacts, its memory. */
  SWARM_STATE_DIR: Directory,
  /**
   * Where copies of repositories are kept, and Portage is installed to on a machine without one; drones of one machine
   * may share it. Default: `cache` in the state directory.
   */
  SWARM_CACHE_DIR: Directory.optional(),
  /** The lab, on a machine that is not Gentoo. */
  SWARM_LAB_DIR: Directory.optional(),
  /** Where the lab's repository is prepared; drones of one machine share it. */
  SWARM_LAB_STATE_DIR: Directory.optional(),
  /** Longest time from the first SIGTERM until the build in hand is given back. */
  SWARM_DRAIN_LIMIT_MS: z.coerce
    .number()
    .int()
    .positive()
    .default(10 * HOUR_MS),
  /** After the last sign of work for so long, NATS delivers the work again. */
  SWARM_ACK_WAIT_MS: z.coerce.number().int().min(1000).default(30_000),
  /** Plan document with `synthetic` durations, for a synthetic drone that resolves. */
  SWARM_SYNTHETIC_GRAPH: Directory.optional(),
  /** While this file exists, every synthetic build fails at once: a drone that is broken. */
  SWARM_SYNTHETIC_FAULT: Directory.optional(),
  SWARM_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

export interface DroneConfig {
  readonly drone: string;
  readonly natsUrl: string;
  readonly enrolmentKey: Secret;
  readonly profile: string;
  readonly slots: number;
  readonly executor: 'portage' | 'synthetic';
  readonly stateDir: string;
  readonly cacheDir: string;
  readonly lab: { readonly dir: string; readonly stateDir: string } | undefined;
  /** `LAB_…` variables as they are given: the lab's ebuilds read them. */
  readonly labVariables: Readonly<Record<string, string>>;
  readonly drainLimitMs: number;
  readonly ackWaitMs: number;
  readonly syntheticGraph: string | undefined;
  readonly syntheticFault: string | undefined;
  readonly logLevel: LogLevel;
}

/** The one reader of the environment. Every mistake is reported at once, by the variable's name. */
export function readDroneConfig(env: Readonly<Record<string, string | undefined>>): DroneConfig {
  const given = readConfig(DroneEnvironment, env, 'drone');
  const labVariables = Object.entries(env).flatMap(([name, value]) =>
    name.startsWith('LAB_') && value !== undefined ? [[name, value] as const] : [],
  );
  return {
    drone: given.SWARM_DRONE_NAME,
    natsUrl: given.NATS_URL,
    enrolmentKey: given.SWARM_ENROLMENT_KEY,
    profile: given.SWARM_PROFILE,
    slots: given.SWARM_SLOTS,
    executor: given.SWARM_EXECUTOR,
    stateDir: given.SWARM_STATE_DIR,
    cacheDir: given.SWARM_CACHE_DIR ?? resolve(given.SWARM_STATE_DIR, 'cache'),
    lab:
      given.SWARM_LAB_DIR === undefined
        ? undefined
        : {
            dir: given.SWARM_LAB_DIR,
            stateDir: given.SWARM_LAB_STATE_DIR ?? resolve(given.SWARM_STATE_DIR, 'lab'),
          },
    labVariables: Object.fromEntries(labVariables),
    drainLimitMs: given.SWARM_DRAIN_LIMIT_MS,
    ackWaitMs: given.SWARM_ACK_WAIT_MS,
    syntheticGraph: given.SWARM_SYNTHETIC_GRAPH,
    syntheticFault: given.SWARM_SYNTHETIC_FAULT,
    logLevel: given.SWARM_LOG_LEVEL,
  };
}

/** Where `pause` and `resume` of the owner keep their word: the agent's own state directory. */
export function readOwnerConfig(env: Readonly<Record<string, string | undefined>>): {
  readonly stateDir: string;
} {
  const Owner = DroneEnvironment.pick({ SWARM_STATE_DIR: true });
  return { stateDir: readConfig(Owner, env, 'drone').SWARM_STATE_DIR };
}
