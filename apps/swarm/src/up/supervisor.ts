import { setTimeout as delay } from 'node:timers/promises';

import { backoffMs } from '@swarm/platform';

import type { Part, RunningPart } from './part.js';

/** Pauses before a part is started again: they grow while it keeps failing. */
const RESTART_BACKOFF = { attempts: 1, firstDelayMs: 200, maxDelayMs: 10_000, jitter: 0 } as const;
/** A part that ran for so long has recovered; its next failure is a first one again. */
const STABLE_AFTER_MS = 30_000;

/** What the supervisor tells of its parts. */
export interface SupervisorReports {
  readonly onStart: (name: string, pid: number) => void;
  readonly onEnd: (name: string, how: string, restarts: boolean) => void;
}

/** Keeps the parts of a swarm on one machine running, and stops them in the opposite order. */
export class Supervisor {
  readonly #running = new Map<string, RunningPart>();
  readonly #watchers: Promise<void>[] = [];
  readonly #order: string[] = [];
  readonly #stopping = new AbortController();

  constructor(
    private readonly reports: SupervisorReports,
    /** The longest pause before a part is started again. */
    private readonly maxRestartDelayMs: number = RESTART_BACKOFF.maxDelayMs,
  ) {}

  /** Process ids of what runs now, by name. */
  get pids(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#running].map(([name, { pid }]) => [name, pid]));
  }

  /** Starts a part and looks after it from now on; rejects when the first start fails. */
  async start(part: Part): Promise<void> {
    const running = await part.start();
    this.#order.push(part.name);
    this.#note(part, running);
    this.#watchers.push(this.#watch(part, running));
  }

  /** Stops everything, the latest first; parts of one kind (`drone-1`, `drone-2`) together. */
  async stop(hurry: AbortSignal): Promise<void> {
    this.#stopping.abort();
    const kinds = new Set(this.#order.toReversed().map(kindOf));
    for (const kind of kinds) {
      const parts = [...this.#running].filter(([name]) => kindOf(name) === kind);
      await Promise.all(parts.map(([, part]) => part.stop(hurry)));
    }
    await Promise.all(this.#watchers);
  }

  async #watch(part: Part, first: RunningPart): Promise<void> {
    let running: RunningPart | undefined = first;
    for (let failures = 0; running;) {
      const since = performance.now();
      const how = await running.exited;
      this.#running.delete(part.name);
      const isStopping = this.#stopping.signal.aborted;
      if (!isStopping) this.reports.onEnd(part.name, how, part.restart);
      if (isStopping || !part.restart) return;
      failures = performance.now() - since > STABLE_AFTER_MS ? 1 : failures + 1;
      running = await this.#startAgain(part, failures);
    }
  }

  async #startAgain(part: Part, failuresBefore: number): Promise<RunningPart | undefined> {
    for (let failures = failuresBefore; ; failures += 1) {
      const backoff = { ...RESTART_BACKOFF, maxDelayMs: this.maxRestartDelayMs };
      await delay(backoffMs(backoff, failures, 0), undefined, {
        signal: this.#stopping.signal,
      }).catch(() => undefined);
      if (this.#stopping.signal.aborted) return undefined;
      try {
        const running = await part.start();
        this.#note(part, running);
        // Asked to stop while it started: whoever stops has not seen it yet.
        if (this.#isStopping()) await running.stop(this.#stopping.signal);
        return running;
      } catch (error) {
        this.reports.onEnd(part.name, error instanceof Error ? error.message : String(error), true);
      }
    }
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  #note(part: Part, running: RunningPart): void {
    this.#running.set(part.name, running);
    this.reports.onStart(part.name, running.pid);
  }
}

function kindOf(name: string): string {
  return name.replace(/-\d+$/, '');
}
