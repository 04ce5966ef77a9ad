import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';

import { SwarmError } from '@swarm/kernel';
import { retry, startProcess } from '@swarm/platform';

import type { Part, RunningPart } from './part.js';

/** How long a service may take until `/readyz` says yes. */
const READY_WAIT = { attempts: 240, firstDelayMs: 50, maxDelayMs: 250 } as const;
const STOP_GRACE_MS = 45_000;
/** A drone that was hurried gives its work back; this is the time for that. */
const HURRIED_GRACE_MS = 20_000;

export interface NodeProcessSpec {
  readonly name: string;
  /** The bundled application. */
  readonly main: string;
  readonly env: Readonly<Record<string, string>>;
  readonly logsDir: string;
  readonly cwd: string;
  /** Asked until it answers 200; a process without one counts as ready at once. */
  readonly readyUrl?: string;
  readonly restart: boolean;
  /** How long it may finish its work after the first signal, before it is told again. */
  readonly drainMs: number;
}

/** One of our own applications as a process of its own; what it says goes to a file in the logs directory. */
export function nodeProcess(spec: NodeProcessSpec): Part {
  return { name: spec.name, restart: spec.restart, start: () => startNode(spec) };
}

async function startNode(spec: NodeProcessSpec): Promise<RunningPart> {
  const output = openSync(join(spec.logsDir, `${spec.name}.log`), 'a');
  try {
    const managed = await startProcess({
      command: process.execPath,
      args: ['--enable-source-maps', spec.main],
      cwd: spec.cwd,
      env: spec.env,
      output,
      stopSignal: 'SIGTERM',
    });
    if (spec.readyUrl !== undefined) await ready(spec.name, spec.readyUrl, managed.hasExited, spec.logsDir);
    return {
      pid: managed.pid,
      exited: managed.exited,
      stop: async (hurry) => {
        if (managed.hasExited()) return;
        managed.child.kill('SIGTERM');
        await Promise.race([managed.exited, elapsed(spec.drainMs, hurry)]);
        // The second signal: give back what is in hand.
        await managed.stop(hurry.aborted ? HURRIED_GRACE_MS : STOP_GRACE_MS);
      },
    };
  } finally {
    closeSync(output);
  }
}

async function ready(name: string, url: string, hasExited: () => boolean, logsDir: string): Promise<void> {
  const log = join(logsDir, `${name}.log`);
  await retry(
    async () => {
      if (hasExited()) {
        throw new SwarmError('SWARM_FAILED', `${name} ended while it started.`, { hint: `See ${log}.` });
      }
      const response = await fetch(url);
      if (!response.ok) throw new Error(`${name} is not ready: ${await response.text()}`);
    },
    { ...READY_WAIT, isTransient: () => !hasExited() },
  );
}

async function elapsed(ms: number, hurry: AbortSignal): Promise<void> {
  if (hurry.aborted) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    hurry.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
