import type { Clock } from '@swarm/kernel';

import type { WorkPhase } from '../ports/executor.js';

interface Entry {
  phase: WorkPhase;
  sinceMs: number;
  readonly done: Promise<boolean>;
  readonly stopped: AbortController;
}

/** The attempts that this drone holds. One attempt is never worked on twice at a time. */
export class WorkInHand {
  readonly #entries = new Map<string, Entry>();

  constructor(
    private readonly clock: Clock,
    /** Stops all of it. */
    private readonly aborted: AbortSignal,
  ) {}

  /** Runs the work of an attempt, or joins the run that is under way. Resolves to what the work resolved to. */
  run(attemptId: string, work: () => Promise<boolean>): Promise<boolean> {
    const running = this.#entries.get(attemptId);
    if (running) return running.done;
    const done = Promise.resolve()
      .then(work)
      .finally(() => this.#entries.delete(attemptId));
    this.#entries.set(attemptId, {
      phase: 'accepted',
      sinceMs: this.#nowMs(),
      done,
      stopped: new AbortController(),
    });
    return done;
  }

  enter(attemptId: string, phase: WorkPhase): void {
    const entry = this.#entries.get(attemptId);
    if (!entry) return;
    entry.phase = phase;
    entry.sinceMs = this.#nowMs();
  }

  /** Aborted, with the reason in words, when this attempt must end: it alone, or everything. */
  signalOf(attemptId: string): AbortSignal {
    const entry = this.#entries.get(attemptId);
    return entry ? AbortSignal.any([entry.stopped.signal, this.aborted]) : this.aborted;
  }

  /** True the first time; false for what is not in hand or was stopped before. */
  stop(attemptId: string, reason: string): boolean {
    const entry = this.#entries.get(attemptId);
    if (!entry || entry.stopped.signal.aborted) return false;
    entry.stopped.abort(reason);
    return true;
  }

  /** For heartbeats: each attempt, its phase, and how long it has been in it. */
  list(): { attemptId: string; phase: string; sinceMs: number }[] {
    const now = this.#nowMs();
    return [...this.#entries].map(([attemptId, { phase, sinceMs }]) => ({
      attemptId,
      phase,
      sinceMs: Math.max(0, now - sinceMs),
    }));
  }

  /** Resolves when nothing is in hand. */
  async idle(): Promise<void> {
    while (this.#entries.size > 0)
      await Promise.allSettled([...this.#entries.values()].map(({ done }) => done));
  }

  #nowMs(): number {
    return this.clock.now().getTime();
  }
}

/** Why work was stopped, as its signal says. */
export function reasonOf({ reason }: AbortSignal): string {
  return typeof reason === 'string' ? reason : 'the drone stops';
}
