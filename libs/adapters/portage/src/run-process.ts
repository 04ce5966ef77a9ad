import { spawn } from 'node:child_process';
import { constants } from 'node:os';

import type { RunControl } from './outcome.model.js';
import { killTree, membersOf, signalAll, type ProcessTree } from './process-tree.js';
import { TextTail } from './text-tail.js';

const TAIL_BYTES = 256 * 1024;
const DEFAULT_GRACE_MS = 10_000;

/** What to run. Never a shell: an argument list, and an environment that is complete. */
export interface ProcessRequest extends RunControl {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Everything that works inside this directory dies with the run. */
  readonly workDir?: string;
  /** Collects standard output apart, up to so many bytes; a run that writes more is stopped. */
  readonly answerLimitBytes?: number;
}

/** Why a run was stopped from outside. */
export type StopReason = 'timeout' | 'silence' | 'aborted' | 'too-much-output';

/** How a process ended. */
export interface ProcessResult {
  /** 128 + signal if a signal ended it; -1 if it never started. */
  readonly exitCode: number;
  readonly stopped?: StopReason;
  /** The end of its output (standard error alone where the answer was collected apart). */
  readonly tail: string;
  readonly answer: string;
  readonly durationMs: number;
}

/**
 * Runs a process in a session of its own and waits until it and all its descendants are gone.
 * A stop is SIGTERM to the leader, and after the grace SIGKILL to the whole tree. Never rejects.
 */
export async function runProcess(request: ProcessRequest): Promise<ProcessResult> {
  const started = performance.now();
  const [program = '', ...args] = request.command;
  const tail = new TextTail(TAIL_BYTES);
  const answer: Buffer[] = [];
  let answerBytes = 0;

  const child = spawn(program, args, {
    cwd: request.cwd ?? '/',
    env: { ...request.environment },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stopper = new Stopper(child.pid, request);
  const show = (chunk: Buffer): void => {
    stopper.heard();
    tail.add(chunk);
    request.onOutput?.(chunk);
  };
  child.stderr.on('data', show);
  child.stdout.on('data', (chunk: Buffer) => {
    if (request.answerLimitBytes === undefined) {
      show(chunk);
      return;
    }
    stopper.heard();
    answerBytes += chunk.length;
    if (answerBytes > request.answerLimitBytes) stopper.stop('too-much-output');
    else answer.push(chunk);
  });

  const exitCode = await new Promise<number>((resolve) => {
    child.on('error', (error) => {
      tail.add(Buffer.from(`${error.message}\n`));
      resolve(-1);
    });
    // `exit`, not `close`: a descendant that keeps the pipe open must not keep us waiting.
    child.on('exit', (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
  await stopper.finish();
  await drained(child.stdout, child.stderr);
  return {
    exitCode,
    ...(stopper.reason === undefined ? {} : { stopped: stopper.reason }),
    tail: tail.text(),
    answer: Buffer.concat(answer).toString('utf8'),
    durationMs: Math.round(performance.now() - started),
  };
}

/** Watches a run's limits, stops it when one is passed, and clears away what it leaves. */
class Stopper {
  reason: StopReason | undefined;
  private readonly timers = new Set<NodeJS.Timeout>();
  private silence: NodeJS.Timeout | undefined;
  private readonly onAbort = (): void => this.stop('aborted');

  constructor(
    private readonly pid: number | undefined,
    private readonly request: ProcessRequest,
  ) {
    const { timeoutMs, signal } = request;
    if (timeoutMs !== undefined) this.after(timeoutMs, () => this.stop('timeout'));
    if (signal?.aborted === true) this.stop('aborted');
    else signal?.addEventListener('abort', this.onAbort, { once: true });
    this.heard();
  }

  /** Output came: the silence begins anew. */
  heard(): void {
    const { silenceMs } = this.request;
    if (silenceMs === undefined) return;
    if (this.silence) this.silence.refresh();
    else this.silence = this.after(silenceMs, () => this.stop('silence'));
  }

  /**
   * Asks the whole tree to end; only the first reason counts. Without a pid namespace, emerge waits for its
   * ebuild, and the ebuild for its compiler, when only emerge is asked (Portage 3.0.82).
   */
  stop(reason: StopReason): void {
    if (this.pid === undefined || this.reason !== undefined) return;
    this.reason = reason;
    const tree = this.tree(this.pid);
    void membersOf(tree).then((members) => signalAll(members, 'SIGTERM'));
    this.after(this.request.graceMs ?? DEFAULT_GRACE_MS, () => void killTree(tree));
  }

  /** After the leader's end: no timer is left, and no process either. */
  async finish(): Promise<void> {
    for (const timer of this.timers) clearTimeout(timer);
    this.request.signal?.removeEventListener('abort', this.onAbort);
    if (this.pid === undefined) return;
    const tree = this.tree(this.pid);
    if ((await membersOf(tree)).length > 0) await killTree(tree);
  }

  private tree(leader: number): ProcessTree {
    const { workDir } = this.request;
    return { leader, ...(workDir === undefined ? {} : { workDir }) };
  }

  private after(ms: number, act: () => void): NodeJS.Timeout {
    const timer = setTimeout(act, ms);
    this.timers.add(timer);
    return timer;
  }
}

/** Resolves when the streams have given all they had. All writers are dead, so this is soon. */
async function drained(...streams: NodeJS.ReadableStream[]): Promise<void> {
  await Promise.all(
    streams.map(
      (stream) =>
        new Promise<void>((resolve) => {
          if (stream.readable) stream.once('close', resolve).once('error', () => resolve());
          else resolve();
        }),
    ),
  );
}
