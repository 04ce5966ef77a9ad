import { exitCodes, SwarmError } from '@swarm/kernel';
import type { BackoffPolicy } from '@swarm/platform';
import { Command, CommanderError } from 'commander';

import { readApkgConfig } from './config.js';
import { runEmerge } from './machine/run-emerge.js';
import { openLog, readLastUpdate, saveLastUpdate, type LastUpdate } from './machine/state.js';
import { placesOf, type Places } from './places.js';
import { checkBinhost, withoutCredentials } from './use-cases/check-binhost.js';
import { failureOf, update } from './use-cases/update.js';

/** What apkg touches of the world; a test gives its own. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly now: () => Date;
  readonly backoff: BackoffPolicy;
}

export interface ApkgStatus {
  readonly binhost: string | null;
  readonly reachable: boolean | null;
  /** Why not, where it is not. */
  readonly reason: string;
  readonly packages: number | null;
  readonly indexAt: string | null;
  readonly lastUpdate: LastUpdate | null;
}

/** Runs the command line and resolves to the exit code; never rejects, never exits. */
export async function runApkg(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { out, err } = surroundings;
  const program = new Command('apkg').description(
    "Keeps this workstation up to date from the swarm's binhost.",
  );
  const commands = [
    new Command('update')
      .description('install every update of @world as a binary; never compiles')
      .option('--pretend', 'only show what would be done')
      .action((options: { readonly pretend?: boolean }) => runUpdate(options.pretend ?? false, surroundings)),
    new Command('status')
      .description('the binhost, and how the last update ended')
      .option('--json', 'as JSON')
      .action(async (options: { readonly json?: boolean }) => {
        const status = await readStatus(surroundings);
        out(options.json ? `${JSON.stringify(status, null, 2)}\n` : printStatus(status));
      }),
  ];
  for (const command of commands) program.addCommand(command);
  for (const command of [program, ...commands]) {
    command.exitOverride().configureOutput({ writeOut: out, writeErr: err });
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCodes.fine;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.fine : exitCodes.usage;
    if (!(error instanceof SwarmError)) throw error;
    err(`apkg: ${error.message}${error.hint === undefined ? '' : ` ${error.hint}`}\n`);
    return error.exitCode;
  }
}

async function runUpdate(pretend: boolean, surroundings: Surroundings): Promise<void> {
  const { env, out, err, now, backoff } = surroundings;
  const places = placesOf(env);
  const config = await readApkgConfig(places.configFile);
  const at = now();
  const tell = (line: string): void => {
    err(`apkg: ${line}\n`);
    log.write(`apkg: ${line}\n`);
  };
  const log = await openLog(places.stateDir, at, (reason) => {
    err(`apkg: ${reason}\n`);
  });
  const remember = (outcome: LastUpdate['outcome'], reason: string): Promise<void> =>
    saved(places, { at: at.toISOString(), outcome, reason, logFile: log.file ?? null }, tell);
  try {
    const updated = await update(
      config,
      { pretend },
      {
        env,
        tell,
        backoff,
        run: (command) =>
          runEmerge(command, env, (text) => {
            out(text);
            log.write(text);
          }),
      },
    );
    if (updated.kind === 'failed') throw failureOf(updated, log.file);
    await remember(pretend ? 'pretended' : 'updated', '');
    tell(pretend ? 'that is what an update would do' : 'this machine is up to date');
  } catch (error) {
    await remember('failed', error instanceof Error ? error.message : String(error));
    throw error;
  } finally {
    await log.close();
  }
}

/** What cannot be remembered is not worth an update. */
async function saved({ stateDir }: Places, last: LastUpdate, tell: (line: string) => void): Promise<void> {
  await saveLastUpdate(stateDir, last).catch((error: unknown) => {
    tell(`the outcome is not remembered: ${error instanceof Error ? error.message : String(error)}`);
  });
}

async function readStatus({ env, backoff }: Surroundings): Promise<ApkgStatus> {
  const { configFile, stateDir } = placesOf(env);
  const { binhost } = await readApkgConfig(configFile);
  const lastUpdate = (await readLastUpdate(stateDir)) ?? null;
  const unknown = { reachable: null, reason: '', packages: null, indexAt: null, lastUpdate };
  if (binhost === undefined) return { ...unknown, binhost: null };
  try {
    // A status is a look, not a siege: one try.
    const head = await checkBinhost(binhost, {
      backoff: { ...backoff, attempts: 1 },
      onRetry: () => undefined,
    });
    const { packages, at } = head;
    return { binhost, reachable: true, reason: '', packages, indexAt: at.toISOString(), lastUpdate };
  } catch (error) {
    if (!(error instanceof SwarmError)) throw error;
    return { ...unknown, binhost, reachable: false, reason: error.message };
  }
}

function printStatus({ binhost, reachable, reason, packages, indexAt, lastUpdate }: ApkgStatus): string {
  const lines = [
    `binhost: ${binhost === null ? 'as Portage is configured' : withoutCredentials(binhost)}`,
    ...(reachable === true ? [`index: ${packages} packages, of ${indexAt}`] : []),
    ...(reachable === false ? [`index: ${reason}`] : []),
    lastUpdate
      ? `last update: ${lastUpdate.at}, ${lastUpdate.outcome}${lastUpdate.reason && `: ${lastUpdate.reason}`}`
      : 'last update: none',
    ...(lastUpdate?.logFile ? [`log: ${lastUpdate.logFile}`] : []),
  ];
  return `${lines.join('\n')}\n`;
}
