import type { Clock } from '@swarm/kernel';

/** The machine's own clock. */
export const systemClock: Clock = { now: () => new Date() };
