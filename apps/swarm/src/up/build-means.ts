import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { ensurePortage, labConfiguration, prepareLab, type Portage } from '@swarm/adapter-portage';
import type { Configuration } from '@swarm/domain-plan';
import { SwarmError } from '@swarm/kernel';

/** How the drones of a swarm on this machine build. */
export type BuildMeans =
  | {
      readonly kind: 'portage';
      readonly portage: Portage;
      readonly profile: 'lab';
      /** The lab as it is now: what its profile is built with. */
      readonly configuration: Configuration;
      readonly targets: readonly string[];
      readonly droneEnv: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'synthetic';
      /** Why nothing real is built. */
      readonly reason: string;
      readonly profile: 'synthetic';
      readonly targets: readonly string[];
      readonly droneEnv: Readonly<Record<string, string>>;
    };

export interface BuildMeansOptions {
  /** `auto` takes Portage where it can be had. */
  readonly executor: 'auto' | 'portage' | 'synthetic';
  /** The project's `lab/` directory. */
  readonly labDir: string;
  readonly stateDir: string;
  readonly cacheDir: string;
  /** Plan document with durations, for synthetic builds. */
  readonly graph: string;
  readonly onProgress: (line: string) => void;
}

/** Real Portage with the lab's packages, or else builds after a trace, plainly called synthetic. */
export async function buildMeans(options: BuildMeansOptions): Promise<BuildMeans> {
  if (options.executor === 'synthetic') return synthetic(options, 'synthetic builds were asked for');
  const setup = await ensurePortage({ cacheDir: options.cacheDir, onProgress: options.onProgress });
  if (setup.kind === 'unavailable') {
    if (options.executor === 'auto') return synthetic(options, `Portage cannot be had here: ${setup.reason}`);
    throw new SwarmError('SWARM_NO_PORTAGE', setup.reason, { hint: setup.remedy });
  }
  const labStateDir = join(options.stateDir, 'lab');
  // Of a copy that never changes: nobody who edits the lab meanwhile moves the tree under a plan (S17).
  const repository = await prepareLab({
    labDir: options.labDir,
    stateDir: labStateDir,
    portage: setup.portage,
  });
  const memoryDir = join(options.stateDir, 'lab-memory');
  await mkdir(memoryDir, { recursive: true });
  return {
    kind: 'portage',
    portage: setup.portage,
    profile: 'lab',
    configuration: await labConfiguration(repository),
    targets: ['@world'],
    droneEnv: {
      SWARM_EXECUTOR: 'portage',
      SWARM_CACHE_DIR: options.cacheDir,
      SWARM_LAB_DIR: options.labDir,
      SWARM_LAB_STATE_DIR: labStateDir,
      // A package of the lab remembers here that it failed once.
      LAB_STATE_DIR: memoryDir,
    },
  };
}

function synthetic({ graph }: BuildMeansOptions, reason: string): BuildMeans {
  return {
    kind: 'synthetic',
    reason,
    profile: 'synthetic',
    targets: ['@world'],
    droneEnv: { SWARM_EXECUTOR: 'synthetic', SWARM_SYNTHETIC_GRAPH: graph },
  };
}
