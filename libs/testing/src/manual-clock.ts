import type { Clock } from '@swarm/kernel';

/** A clock that stands still until the test moves it. */
export class ManualClock implements Clock {
  #now: number;

  constructor(start: Date | string = '2026-01-01T00:00:00.000Z') {
    this.#now = new Date(start).getTime();
  }

  now(): Date {
    return new Date(this.#now);
  }

  /** Moves it on, and says what it shows then. */
  advance(ms: number): Date {
    this.#now += ms;
    return this.now();
  }

  set(instant: Date | string): void {
    this.#now = new Date(instant).getTime();
  }
}
