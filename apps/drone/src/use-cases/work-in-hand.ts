import type { Clock } from '@swarm/kernel';

import type { WorkPhase } from '../ports/executor.js';

interface Entry {
  phase: WorkPhase;
  sinceMs: number;
  readonly done: Promise<boolean>;
}

/** The attempts that this drone holds. One attempt is never worked on twice at a time. */
export class WorkInHand {
  readonly #entries = new Map<string, Entry>();

  constructor(private readonly clock: Clock) {}

  /** Runs the work of an attempt, or joins the run that is under way. Resolves to what the work resolved to. */
  run(attemptId: string, work: () => Promise<boolean>): Promise<boolean> {
    const running = this.#entries.get(attemptId);
    if (running) return running.done;
    const done = Promise.resolve()
      .then(work)
      .finally(() => this.#entries.delete(attemptId));
    this.#entries.set(attemptId, { phase: 'accepted', sinceMs: this.#nowMs(), done });
    return done;
  }

  enter(attemptId: string, phase: WorkPhase): void {
    const entry = this.#entries.get(attemptId);
    if (!entry) return;
    entry.phase = phase;
    entry.sinceMs = this.#nowMs();
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
