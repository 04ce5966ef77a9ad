import { setTimeout as delay } from 'node:timers/promises';

import type { Timer } from '../ports/surroundings.js';

/** Longest time that a timer of Node holds; longer ones would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** The machine's own timer. */
export const nodeTimer: Timer = {
  async wait(ms, signal) {
    if (signal?.aborted) return;
    const options = signal ? { signal } : {};
    await delay(Math.min(Math.max(0, ms), LONGEST_MS), undefined, options).catch(() => undefined);
  },
};
