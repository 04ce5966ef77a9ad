import { isOver, type Drone, type DroneEvent, type Strike, type StrikeEnd } from '@swarm/domain-drone';
import type { JobEvent, JobState } from '@swarm/domain-job';

import { excusable, isStruckOut } from './streak.js';
import type { Verdict } from './verdict.js';

/** Strikes that count no more from now on, and why. */
export interface Ending {
  readonly attemptIds: readonly string[];
  readonly how: StrikeEnd;
}

/** A move of a drone, with its reason in words for people. */
export interface DroneMove {
  readonly event: DroneEvent;
  readonly reason: string;
}

/** A move of a job, with its reason in words for people. */
export interface JobMove {
  readonly event: JobEvent;
  readonly reason: string;
}

/** What a failure that was judged writes into the book. */
export interface FailureEntry {
  /** Null where nothing is taken back. */
  readonly ended: Ending | null;
  /** Null where the drone is not struck. */
  readonly added: Strike | null;
  /** The way to the binhost failed, and is judged apart (S22). */
  readonly isUploadBad: boolean;
}

/** What a success writes into the book, and what it means for the drone. */
export interface SuccessEntry {
  readonly ended: Ending | null;
  /** Its artifact came through, where the way was taken for bad. */
  readonly isUploadGood: boolean;
  readonly move: DroneMove | null;
}

/** What a grounding leads to. */
export interface GroundingEntry {
  /** Failures that no longer count against their jobs (S2). */
  readonly excused: readonly Strike[];
  readonly ended: Ending | null;
}

/**
 * What is decided about strikes, each from what the book says at that moment: whoever keeps it (the ledger, or a
 * simulation) stores the outcome of one step before it asks for the next. Asking again after a crash leads to the same
 * end, since each step looks at what is on record. Pure.
 */
export const strikeBook = {
  /** A failure was judged. `struck` is the strike that it would make. */
  failed(struck: Omit<Strike, 'counted' | 'ended'>, verdict: Verdict): FailureEntry {
    const { takenBack, blame, strikes, counts } = verdict;
    const isUploadBad = blame === 'path';
    return {
      ended: takenBack.length > 0 ? { attemptIds: takenBack, how: 'taken-back' } : null,
      added: strikes && !isUploadBad ? { ...struck, counted: counts, ended: null } : null,
      isUploadBad,
    };
  },

  /**
   * What the strikes of a drone that count mean for it, after one was added; `streak` is empty where that one had ended
   * before. A drone that owes a canary is grounded by a single one, any other by `limit` in a row (S2).
   */
  struck(
    { drone, streak, because }: Standing & { readonly because: string },
    limit: number,
  ): DroneMove | null {
    if (streak.length === 0) return null;
    if (drone.grounding !== null) {
      return { event: { type: 'canary-failed' }, reason: `its canary failed: ${because}` };
    }
    if (!isStruckOut(streak, limit)) return null;
    const reason = `${streak.length} failures in a row, last: ${because}`;
    return { event: { type: 'struck-out' }, reason };
  },

  /** The drone built something, and its artifact came through. */
  succeeded({ drone, streak }: Standing): SuccessEntry {
    // What it built before it was grounded says nothing of what grounded it.
    if (drone.state === 'grounded') return { ended: null, isUploadGood: false, move: null };
    return {
      ended: endingOf(streak, 'success'),
      isUploadGood: drone.badUpload !== null,
      move:
        drone.grounding === null
          ? null
          : { event: { type: 'canary-succeeded' }, reason: 'its canary was built' },
    };
  },

  /** Whose failures a grounded drone is forgiven; `past` are all strikes of these jobs, whatever became of them. */
  grounded({ drone, streak, past }: Standing & { readonly past: readonly Strike[] }): GroundingEntry {
    if (drone.state !== 'grounded') return { excused: [], ended: null };
    return { excused: excusable(streak, past), ended: endingOf(streak, 'grounded') };
  },

  /**
   * What becomes of a job whose failure is excused. One in quarantine whose plan is over is struck from the list: no
   * round looks at it there, and the next plan builds it.
   */
  excused({ drone, number, job, isPlanOpen }: Excuse): JobMove {
    const isLeft = job.state === 'quarantined' && !isPlanOpen;
    const event: JobEvent = isLeft ? { type: 'superseded' } : { type: 'failure-excused', drone };
    return { event, reason: `${drone} was grounded: attempt ${number} does not count` };
  },

  /** What a grounded drone has in hand goes back at once, and costs those jobs nothing (rung 1). */
  takenFrom({ name, reason: why }: Pick<Drone, 'name' | 'reason'>, attempt: number): JobMove {
    const reason = `${name} is grounded: ${why}`;
    return { event: { type: 'attempt-reclaimed', attempt, reason, excused: true }, reason };
  },

  /** The end of a grounding whose time is over. */
  released({ state, grounding }: Pick<Drone, 'state' | 'grounding'>, now: Date): DroneMove | null {
    if (state !== 'grounded' || !isOver(grounding, now)) return null;
    return { event: { type: 'grounding-ended' }, reason: 'one job first, then work as before' };
  },
} as const;

/** The decisions about strikes; a test may put a faulty one in. */
export type StrikeBook = typeof strikeBook;

/** A drone, and its strikes that count. */
interface Standing {
  readonly drone: Pick<Drone, 'state' | 'grounding' | 'badUpload'>;
  readonly streak: readonly Strike[];
}

interface Excuse {
  readonly drone: string;
  /** Of the attempt that is forgiven. */
  readonly number: number;
  readonly job: { readonly state: JobState };
  readonly isPlanOpen: boolean;
}

function endingOf(streak: readonly Strike[], how: StrikeEnd): Ending | null {
  return streak.length === 0 ? null : { attemptIds: streak.map(({ attemptId }) => attemptId), how };
}
