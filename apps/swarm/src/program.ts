import { exitCodes, SwarmError } from '@swarm/kernel';
import { Command, CommanderError } from 'commander';

import { doctorCommand } from './commands/doctor.command.js';
import { followCommands } from './commands/follow.commands.js';
import { pauseCommands } from './commands/pause.commands.js';
import { planCommands } from './commands/plan.commands.js';
import { quarantineCommand } from './commands/quarantine.commands.js';
import { readCommands } from './commands/read.commands.js';
import type { Surroundings } from './surroundings.js';

/** The whole command. `local` are the commands that work on this machine and need no gateway (`up`, …). */
export function makeProgram(surroundings: Surroundings, local: readonly Command[]): Command {
  const program = new Command('swarm')
    .description("The operator's hand on the build swarm.")
    .showHelpAfterError('(--help shows how)');
  const remote = [
    ...readCommands(surroundings),
    ...planCommands(surroundings),
    ...followCommands(surroundings),
    quarantineCommand(surroundings),
    ...pauseCommands(surroundings),
    doctorCommand(surroundings),
  ];
  for (const command of [...local, ...remote]) program.addCommand(command);
  return configured(program, surroundings);
}

/** Runs the command line and resolves to the exit code; never rejects, never exits. */
export async function runProgram(
  args: readonly string[],
  surroundings: Surroundings,
  local: readonly Command[] = [],
): Promise<number> {
  try {
    await makeProgram(surroundings, local).parseAsync([...args], { from: 'user' });
    return exitCodes.fine;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.fine : exitCodes.usage;
    if (error instanceof SwarmError) {
      const hint = error.hint === undefined ? '' : ` ${error.hint}`;
      surroundings.err(`swarm: ${error.message}${hint}\n`);
      return error.exitCode;
    }
    surroundings.err(
      `swarm: this is a bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    return exitCodes.failed;
  }
}

/** Settings are copied to children only by `.command()`, which we do not use. */
function configured(command: Command, { out, err }: Pick<Surroundings, 'out' | 'err'>): Command {
  command.exitOverride().configureOutput({ writeOut: out, writeErr: err });
  for (const child of command.commands) configured(child, { out, err });
  return command;
}
