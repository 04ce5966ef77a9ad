import type { Strike } from '@swarm/domain-drone';

/** True when the strikes of one drone that still count ground it (S2). */
export function isStruckOut(streak: readonly Strike[], limit: number): boolean {
  return streak.length >= limit;
}

/**
 * Which failures of a streak no longer count against their jobs, once the drone is grounded: those of jobs that this
 * drone was not excused for before. A drone that passed its canary since, and fails the same job again, is believed:
 * or a broken package and a lone drone would excuse each other for ever (S5).
 */
export function excusable(streak: readonly Strike[], past: readonly Strike[]): readonly Strike[] {
  const excused = new Set(past.filter(({ ended, counted }) => counted && ended === 'grounded').map(keyOf));
  return streak.filter((strike) => strike.counted && !excused.has(keyOf(strike)));
}

function keyOf({ drone, jobId }: Strike): string {
  return `${drone} ${jobId}`;
}
