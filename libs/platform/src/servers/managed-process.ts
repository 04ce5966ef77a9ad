import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';

import { SwarmError } from '@swarm/kernel';

/** A user to run as; only root can choose. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

export interface ProcessSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly runAs?: RunAs | undefined;
  /** Open descriptor for stdout and stderr. */
  readonly output: number;
  /** Signal that asks it to stop; sent to it too when this process dies, however it dies. */
  readonly stopSignal: NodeJS.Signals;
  /** True: it does not keep this process alive. */
  readonly unref?: boolean;
}

export interface ManagedProcess {
  readonly pid: number;
  readonly child: ChildProcess;
  /** Resolves when it has ended, with a word on how. Never rejects. */
  readonly exited: Promise<string>;
  readonly hasExited: () => boolean;
  /** Asks it to stop, and kills it after `graceMs`. Idempotent. */
  stop(graceMs: number): Promise<void>;
}

const SETPRIV = '/usr/bin/setpriv';
const running = new Set<ManagedProcess>();
let isExitHookSet = false;

/**
 * Starts a server that must not outlive us: it is killed when this process exits, and, where util-linux's `setpriv` is,
 * even when this process is killed with SIGKILL (parent-death signal; seen to work with util-linux 2.38.1).
 */
export async function startProcess(spec: ProcessSpec): Promise<ManagedProcess> {
  const { command, args } = guarded(spec);
  const child = spawn(command, args, {
    cwd: spec.cwd,
    env: spec.env ?? process.env,
    stdio: ['ignore', spec.output, spec.output],
    // A group of its own: Ctrl-C at our terminal is for us, and we tell our children in the right order.
    detached: true,
    ...(spec.runAs && !existsSync(SETPRIV) && spec.runAs),
  });
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('exit', (code, signal) => {
      resolve(signal ? `killed by ${signal}` : `exit code ${String(code)}`);
    });
  });
  if (child.pid === undefined) {
    throw new SwarmError('SWARM_NO_SERVER', `Cannot start ${spec.command}: ${await exited}`);
  }
  if (spec.unref) child.unref();
  const managed: ManagedProcess = {
    pid: child.pid,
    child,
    exited,
    hasExited: () => child.exitCode !== null || child.signalCode !== null,
    stop: (graceMs) => stopProcess(child, exited, spec.stopSignal, graceMs),
  };
  keepTrackOf(managed);
  return managed;
}

function guarded({ command, args, runAs, stopSignal }: ProcessSpec): { command: string; args: string[] } {
  if (process.platform !== 'linux' || !existsSync(SETPRIV)) return { command, args: [...args] };
  const user = runAs ? [`--reuid=${runAs.uid}`, `--regid=${runAs.gid}`, '--clear-groups'] : [];
  return {
    command: SETPRIV,
    args: [...user, `--pdeathsig=${stopSignal.replace('SIG', '')}`, '--', command, ...args],
  };
}

async function stopProcess(
  child: ChildProcess,
  exited: Promise<string>,
  signal: NodeJS.Signals,
  graceMs: number,
): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await exited;
  clearTimeout(timer);
}

function keepTrackOf(managed: ManagedProcess): void {
  running.add(managed);
  void managed.exited.then(() => running.delete(managed));
  if (isExitHookSet) return;
  isExitHookSet = true;
  process.once('exit', () => {
    for (const { child } of running) child.kill('SIGKILL');
  });
}

/** Runs a short command to its end. Never rejects: a command that cannot be started has status 127. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: {
    readonly cwd?: string;
    readonly env?: NodeJS.ProcessEnv;
    readonly runAs?: RunAs | undefined;
    readonly limitMs?: number;
    readonly input?: Buffer;
  } = {},
): Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    ...options.runAs,
    timeout: options.limitMs ?? COMMAND_LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.on('error', () => undefined).end(options.input);
  try {
    const [status, signal] = (await once(child, 'close')) as [number | null, string | null];
    return { status: status ?? 128, stdout, stderr: signal ? `${stderr}killed by ${signal}` : stderr };
  } catch (error) {
    return { status: 127, stdout, stderr: String(error) };
  }
}

/** Limit of a short command that names none. */
const COMMAND_LIMIT_MS = 60_000;
