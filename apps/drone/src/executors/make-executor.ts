import { join } from 'node:path';

import {
  clearLeftovers,
  createMachine,
  ensurePortage,
  type Machine,
  type Portage,
  prepareLab,
  systemMachine,
} from '@swarm/adapter-portage';
import { type Clock, SwarmError } from '@swarm/kernel';
import type { Logger } from '@swarm/platform';

import type { DroneConfig } from '../config.js';
import type { Executor } from '../ports/executor.js';
import type { Timer } from '../ports/surroundings.js';
import { ConfiguredExecutor } from './configured-executor.js';
import { SyntheticExecutor } from './synthetic-executor.js';

/** Makes what does the work, as configured; sets Portage and the machine up where that is still to be done. */
export async function makeExecutor(
  config: DroneConfig,
  ports: { readonly clock: Clock; readonly timer: Timer; readonly logger: Logger },
): Promise<Executor> {
  const { stateDir, syntheticGraph, syntheticFault } = config;
  if (config.executor === 'synthetic') {
    return new SyntheticExecutor({
      ...ports,
      directory: join(stateDir, 'synthetic'),
      graphFile: syntheticGraph,
      ...(syntheticFault !== undefined && { faultFile: syntheticFault }),
    });
  }
  const dir = join(stateDir, 'machine');
  const { cacheDir } = config;
  const onProgress = (line: string): void => ports.logger.info({ line }, 'setting up Portage');
  const setup = await ensurePortage({ cacheDir, onProgress });
  if (setup.kind === 'unavailable') {
    throw new SwarmError('SWARM_NO_PORTAGE', `There is no Portage here: ${setup.reason}`, {
      hint: setup.remedy,
    });
  }
  const machine = await makeMachine(config, dir, setup.portage);
  // Portage's helpers survive a `kill -9` of the agent, hold locks, and write into the build directory of the next try.
  const survivors = await clearLeftovers(machine);
  if (survivors.length > 0)
    ports.logger.error({ pids: survivors }, 'processes of an earlier build cannot be ended');
  return new ConfiguredExecutor({ machine, cacheDir, logger: ports.logger });
}

async function makeMachine(
  { drone, lab, labVariables }: DroneConfig,
  dir: string,
  portage: Portage,
): Promise<Machine> {
  if (lab) {
    const repository = await prepareLab({ labDir: lab.dir, stateDir: lab.stateDir, portage });
    return createMachine({ name: drone, dir, repository, portage, variables: labVariables });
  }
  if (portage.source === 'system') return systemMachine({ name: drone, dir, portage });
  throw new SwarmError('SWARM_CONFIG', 'This machine is not Gentoo, and no lab is named.', {
    hint: 'Set SWARM_LAB_DIR to the lab directory of the build swarm, or run the drone on Gentoo.',
  });
}
