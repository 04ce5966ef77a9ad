import { findings, type HealingAction } from './action.js';

/** What was done to a drone since it was well, sorted out. Oldest first. */
export interface Episode {
  /** Everything that ended, without pages. */
  readonly acts: readonly HealingAction[];
  readonly restarts: readonly HealingAction[];
  readonly reboots: readonly HealingAction[];
  /** Looks since the last restart or reboot. */
  readonly probes: readonly HealingAction[];
  /** The latest restart or reboot. */
  readonly last: HealingAction | undefined;
}

/** The episode at the end of a history, oldest first: everything after the drone was last well. Pure. */
export function episodeOf(history: readonly HealingAction[]): Episode {
  const since = history.findLastIndex(({ kind }) => kind === 'recovered') + 1;
  const acts = history.slice(since).filter(({ kind, end }) => end !== null && kind !== 'page');
  const treatments = acts.filter(({ kind }) => kind === 'restart' || kind === 'reboot');
  const last = treatments.at(-1);
  return {
    acts,
    restarts: treatments.filter(({ kind }) => kind === 'restart'),
    reboots: treatments.filter(({ kind }) => kind === 'reboot'),
    probes: acts.slice(last ? acts.indexOf(last) + 1 : 0).filter(({ kind }) => kind === 'probe'),
    last,
  };
}

/** True when the last word that was heard of the host's identity is that it is another machine. */
export function isImpostor({ acts }: Episode): boolean {
  const found = acts.at(-1)?.end?.found ?? null;
  return found !== null && findings[found].isIdentityWrong;
}

/** Milliseconds since an action ended; 0 for one that has not. */
export function sinceEndMs({ end }: HealingAction, now: Date): number {
  return end === null ? 0 : now.getTime() - end.at.getTime();
}
