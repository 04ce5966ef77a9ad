import { SwarmError } from '@swarm/kernel';
import { retry, type BackoffPolicy } from '@swarm/platform';

import type { ApkgConfig } from '../config.js';
import { checkBinhost, withoutCredentials, type BinhostHead } from './check-binhost.js';
import { shown, updateCommand, type EmergeCommand } from './emerge-command.js';
import { readOutput } from './read-output.js';

/** Pauses between tries while the network fails: about 4, 8, 16, 32 s, less what chance takes off. */
export const DEFAULT_BACKOFF: BackoffPolicy = {
  attempts: 5,
  firstDelayMs: 4_000,
  maxDelayMs: 60_000,
  factor: 2,
  jitter: 0.5,
};

/** How one run of emerge ended. */
export interface RunResult {
  /** 128 + the signal's number for a run that was killed, as a shell says it. */
  readonly exitCode: number;
  readonly output: string;
}

export interface UpdatePorts {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Runs emerge; rejects with SWARM_NO_PORTAGE when there is none. */
  readonly run: (command: EmergeCommand) => Promise<RunResult>;
  /** One line of progress for the person. */
  readonly tell: (line: string) => void;
  readonly backoff: BackoffPolicy;
}

/** How an update ended. */
export type Updated =
  | { readonly kind: 'updated'; readonly runs: number }
  | {
      readonly kind: 'failed';
      readonly runs: number;
      readonly exitCode: number;
      readonly isNetworkFailure: boolean;
      readonly missing: readonly string[];
    };

/** Checks the binhost, then runs the one command, again while only the network fails. */
export async function update(
  config: ApkgConfig,
  { pretend }: { readonly pretend: boolean },
  ports: UpdatePorts,
): Promise<Updated> {
  const { env, run, tell, backoff } = ports;
  const command = updateCommand(config, env, pretend);
  tell(`command: ${shown(command)}`);
  if (config.binhost === undefined)
    tell('binhost: as Portage is configured (none in the configuration of apkg)');
  else
    tell(
      describeHead(config.binhost, await checkBinhost(config.binhost, { backoff, onRetry: tellRetry(tell) })),
    );
  let runs = 0;
  try {
    await retry(
      async () => {
        runs += 1;
        const { exitCode, output } = await run(command);
        if (exitCode !== 0) throw new RunFailed(exitCode, readOutput(output));
      },
      {
        ...backoff,
        isTransient: (error) => error instanceof RunFailed && error.findings.isNetworkFailure,
        onFailure: ({ delayMs }) => {
          tellRetry(tell)('the network failed', delayMs);
        },
      },
    );
    return { kind: 'updated', runs };
  } catch (error) {
    if (!(error instanceof RunFailed)) throw error;
    return { kind: 'failed', runs, exitCode: error.exitCode, ...error.findings };
  }
}

/** What a failed update means for the exit code and the person. */
export function failureOf(
  updated: Extract<Updated, { kind: 'failed' }>,
  logFile: string | undefined,
): SwarmError {
  const log = logFile === undefined ? 'No log could be kept.' : `The whole output is in ${logFile}.`;
  if (updated.isNetworkFailure) {
    return new SwarmError('SWARM_UNREACHABLE', `The binhost could not be reached in ${updated.runs} tries.`, {
      hint: `Nothing is lost: run it again later. ${log}`,
    });
  }
  const reasons =
    updated.missing.length > 0 ? updated.missing.join('; ') : `emerge ended with ${updated.exitCode}`;
  return new SwarmError('SWARM_FAILED', `Not everything was updated: ${reasons}.`, { hint: log });
}

class RunFailed extends Error {
  constructor(
    readonly exitCode: number,
    readonly findings: ReturnType<typeof readOutput>,
  ) {
    super(`emerge ended with ${exitCode}`);
  }
}

function describeHead(binhost: string, { packages, at }: BinhostHead): string {
  return `binhost: ${withoutCredentials(binhost)}, ${packages} packages, of ${at.toISOString()}`;
}

function tellRetry(tell: (line: string) => void): (reason: string, delayMs: number) => void {
  return (reason, delayMs) => {
    tell(`${reason}; trying again in ${(delayMs / 1000).toFixed(1)} s`);
  };
}
