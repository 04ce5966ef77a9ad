import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { SwarmError } from '@swarm/kernel';
import { Command, InvalidArgumentError, Option } from 'commander';

import { up, type UpOptions } from './up.js';

/** More drones than this on one machine is a mistyped number. */
const MAX_DRONES = 100;

interface Flags {
  readonly drones: number;
  readonly slots: number;
  readonly state: string;
  readonly executor: UpOptions['executor'];
  readonly graph?: string;
  readonly port?: number;
  readonly drain: number;
  readonly restartDrones: boolean;
}

/** `swarm up`: everything on this machine, until Ctrl-C. */
export function upCommand(): Command {
  return new Command('up')
    .description(
      'start everything on this machine: NATS, Postgres, the services, drones; Ctrl-C stops all of it',
    )
    .option('--drones <n>', 'number of drones', numberBetween(0, MAX_DRONES), 3)
    .option('--slots <n>', 'packages that one drone builds at once', numberBetween(1, 64), 1)
    .option(
      '--state <dir>',
      'the one directory in which all state lives',
      process.env['SWARM_STATE'] ?? '.swarm',
    )
    .addOption(
      new Option('--executor <kind>', 'how drones build')
        .choices(['auto', 'portage', 'synthetic'])
        .default('auto'),
    )
    .option('--graph <file>', 'plan document with durations, for synthetic builds')
    .option(
      '--port <port>',
      'port of the gateway (default: kept in the state directory)',
      numberBetween(1, 65_535),
    )
    .option(
      '--drain <seconds>',
      'how long drones may finish their builds when stopped',
      numberBetween(0, 36_000),
      30,
    )
    .option('--restart-drones', 'start a drone again that ended by itself', false)
    .action(async (flags: Flags) => {
      const home = projectHome();
      await up({
        drones: flags.drones,
        slots: flags.slots,
        stateDir: resolve(flags.state),
        executor: flags.executor,
        graph: resolve(flags.graph ?? join(home, 'lab/trace.json')),
        gatewayPort: flags.port,
        drainMs: flags.drain * 1000,
        restartDrones: flags.restartDrones,
        home,
        env: process.env,
      });
    });
}

/** The directory that holds `lab/` and `dist/`: the nearest one above the bundled command. */
export function projectHome(from = import.meta.dirname): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'lab', 'repo')) && existsSync(join(folder, 'prisma'))) return folder;
    if (folder === dirname(folder)) {
      throw new SwarmError('SWARM_FAILED', 'The project directory was not found.', {
        hint: 'Run the command from a checkout in which `npm run build` was run.',
      });
    }
  }
}

function numberBetween(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`give a whole number from ${min} to ${max}.`);
  };
}
