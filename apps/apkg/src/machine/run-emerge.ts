import { spawn } from 'node:child_process';
import { constants } from 'node:os';

import { SwarmError } from '@swarm/kernel';

import type { EmergeCommand } from '../use-cases/emerge-command.js';
import type { RunResult } from '../use-cases/update.js';

/** What is kept of the output to be read for causes: its end, in characters. */
const MAX_KEPT = 4 * 1024 * 1024;
const SIGNAL_BASE = 128;

/** Runs emerge and hands on what it prints as it comes. Its stdin is ours, so that it can ask. */
export async function runEmerge(
  { argv, env }: EmergeCommand,
  surrounding: NodeJS.ProcessEnv,
  onOutput: (text: string) => void,
): Promise<RunResult> {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { env: { ...surrounding, ...env }, stdio: ['inherit', 'pipe', 'pipe'] });
  let output = '';
  const take = (text: string): void => {
    onOutput(text);
    output = (output + text).slice(-MAX_KEPT);
  };
  child.stdout.setEncoding('utf8').on('data', take);
  child.stderr.setEncoding('utf8').on('data', take);
  // Ctrl-C reaches emerge by itself, being in our process group; apkg waits for its end to report it.
  const onInterrupt = (): void => undefined;
  const onTerminate = (): void => {
    child.kill('SIGTERM');
  };
  process.on('SIGINT', onInterrupt).on('SIGTERM', onTerminate);
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.on('error', (error: NodeJS.ErrnoException) => {
        reject(notStarted(program, error));
      });
      child.on('close', (code, signal) => {
        resolve(code ?? SIGNAL_BASE + (signal ? constants.signals[signal] : 0));
      });
    });
    return { exitCode, output };
  } finally {
    process.off('SIGINT', onInterrupt).off('SIGTERM', onTerminate);
  }
}

function notStarted(program: string, error: NodeJS.ErrnoException): SwarmError {
  return new SwarmError(
    'SWARM_NO_PORTAGE',
    `"${program}" cannot be started (${error.code ?? error.message}).`,
    {
      hint: 'apkg needs Portage; `emerge` in its configuration names another way to call it.',
      cause: error,
    },
  );
}
