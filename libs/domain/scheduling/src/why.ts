import type { Cpv } from '@swarm/domain-ebuild';
import type { JobState, OpenJob } from '@swarm/domain-job';

import { isLost, type BoardJob } from './board-job.js';
import type { Exclusion, NotPlaced } from './not-placed.js';
import { isStanding, type Pause } from './pause.js';
import { defaultPlacement, explainRound, type ExplainedRound, type PlacementView } from './place.js';
import { expectedTotalMs, quantileMs } from './prediction.js';
import { jobsAhead } from './turn.js';

type OpenJobIn<S extends JobState> = Extract<OpenJob, { state: S }>;

/** What reasons are found from: what placing is decided from, and what the board does not hold. */
export interface WhyView extends PlacementView {
  /** Why a job made its latest move, as its history has it. */
  readonly lastMoveOf?: (jobId: string) => string | undefined;
}

/** A dependency that is not published, and what really holds it up: itself, or one that it waits for in turn. */
export interface Holdup {
  readonly cpv: Cpv;
  readonly root: { readonly cpv: Cpv; readonly reason: Reason };
}

/** What a plan that is being resolved was asked for. */
export interface UnresolvedPlan {
  readonly plan: string;
  readonly profile: string;
  /** Null while no drone was asked. */
  readonly drone: string | null;
  readonly since: Date;
  /** What keeps it from being handed to one; undefined where nothing does. */
  readonly pause: Pause | undefined;
}

type Placed<K extends NotPlaced['kind']> = Extract<NotPlaced, { kind: K }>;

/**
 * Why a package is not being built (Q11). Every job that is neither in work nor published has exactly one; for the
 * other two it says how they stand. `sentenceOf` puts it into words, `unblocksOf` says what would change it.
 */
export type Reason =
  /** No plan has it. One that is still being resolved might. */
  | { readonly kind: 'not-asked'; readonly atom: string; readonly resolving: readonly UnresolvedPlan[] }
  /** A plan was asked for it and could not plan it. */
  | { readonly kind: 'not-planned'; readonly because: string; readonly remedy: string | null }
  /** Its plan is in the ledger, and the scheduler has not begun with it. */
  | { readonly kind: 'not-taken-up' }
  | { readonly kind: 'published'; readonly release: number | null }
  | {
      readonly kind: 'building';
      readonly drone: string;
      /** As the drone last said; null where it has not spoken of this attempt. */
      readonly phase: string | null;
      readonly endsInMs: number;
      /** What is wrong with the drone, as it follows its name; null in good standing. */
      readonly trouble: string | null;
      /** It takes longer than nearly all builds like it. */
      readonly isOverdue: boolean;
    }
  /** The binhost has it, and has not put it into the index. `isLate` when that takes longer than it ever should (Q3). */
  | { readonly kind: 'received'; readonly isLate: boolean }
  | {
      readonly kind: 'waiting';
      /** The dependencies that it waits for directly. */
      readonly holdups: readonly Holdup[];
      /** Jobs that come before it, directly or not: all of them up to `MAX_COUNTED`. */
      readonly jobs: number;
    }
  | {
      readonly kind: 'blocked';
      readonly by: readonly { readonly cpv: Cpv; readonly state: string; readonly because: string }[];
    }
  | { readonly kind: 'quarantined'; readonly cpv: Cpv; readonly because: string }
  | { readonly kind: 'paused'; readonly pause: Pause }
  | { readonly kind: 'delayed'; readonly until: Date; readonly attempts: number }
  | Placed<'no-drone'>
  | {
      readonly kind: 'no-free-slot';
      readonly drones: readonly string[];
      /** What is in those slots, or goes there first. */
      readonly taken: readonly { readonly drone: string; readonly cpv: Cpv }[];
      /** Null when nobody knows, e.g. because the drone is resolving a plan. */
      readonly freeInMs: number | null;
      /** Jobs that come before it when a slot is free. */
      readonly ahead: number;
      readonly excluded: readonly Exclusion[];
    }
  | Placed<'waits-for'>
  /** Nothing is in the way: the next round gives it to this drone. */
  | { readonly kind: 'next'; readonly drone: string }
  | { readonly kind: 'superseded'; readonly because: string }
  | { readonly kind: 'cancelled'; readonly cpv: Cpv; readonly because: string };

export type ReasonKind = Reason['kind'];
export type ReasonOf<K extends ReasonKind> = Extract<Reason, { kind: K }>;

/** The binhost needs seconds for what it has received; after this somebody should look. */
export const RECEIVED_LATE_MS = 10 * 60_000;
/** Jobs before another that are counted; beyond that it says that there are more. */
export const MAX_COUNTED = 1_000;
/** One build in a hundred takes longer than this many standard deviations above the median. */
const OVERDUE_Z = 2.33;

/** Why a job on the board is not being built, now. Pure; one placement round at most. */
export function whyNotBuilding(view: WhyView, entry: BoardJob, now: Date): Reason {
  return new Reasons(view, now).of(entry);
}

/** As `whyNotBuilding`, for many jobs of one moment: they share one placement round, made when it is first needed. */
export class Reasons {
  readonly #known = new Map<BoardJob, Reason>();
  #round: ExplainedRound | undefined;
  #placed: ReadonlySet<string> = new Set();

  constructor(
    private readonly view: WhyView,
    private readonly now: Date,
  ) {}

  of(entry: BoardJob): Reason {
    const known = this.#known.get(entry);
    if (known) return known;
    const reason = this.#find(entry);
    this.#known.set(entry, reason);
    return reason;
  }

  #find(entry: BoardJob): Reason {
    const { job } = entry;
    const { cpv } = job.spec;
    switch (job.state) {
      case 'published':
        return { kind: 'published', release: null };
      case 'received':
        return {
          kind: 'received',
          isLate: this.now.getTime() - entry.since.getTime() > RECEIVED_LATE_MS,
        };
      case 'delegated':
        return this.#building(entry, job);
      case 'waiting':
        return { kind: 'waiting', ...this.#holdups(entry) };
      case 'blocked':
        return { kind: 'blocked', by: this.#lostRoots(entry, job) };
      case 'quarantined':
        return { kind: 'quarantined', cpv, because: job.reason };
      case 'superseded':
        return { kind: 'superseded', because: this.view.lastMoveOf?.(job.id) ?? '' };
      case 'cancelled':
        return { kind: 'cancelled', cpv, because: this.view.lastMoveOf?.(job.id) ?? '' };
      case 'needed':
        return this.#notGivenOut(entry, job);
    }
  }

  #building(entry: BoardJob, job: OpenJobIn<'delegated'>): Reason {
    const { prediction, since } = entry;
    const found = this.view.fleet.find(({ drone }) => drone.name === job.drone);
    const speed = found?.speed ?? 1;
    const doneMs = Math.max(0, this.now.getTime() - since.getTime()) * speed;
    const phase = found?.drone.lastSign.attempts.find(({ attemptId }) => attemptId === job.attemptId)?.phase;
    return {
      kind: 'building',
      drone: job.drone,
      phase: phase ?? null,
      endsInMs: (expectedTotalMs(prediction, doneMs) - doneMs) / speed,
      trouble: found ? troubleOf(found.drone.state) : 'is not known any more',
      isOverdue: doneMs > quantileMs(prediction, OVERDUE_Z),
    };
  }

  #notGivenOut(entry: BoardJob, job: OpenJobIn<'needed'>): Reason {
    const pause = this.view.pauseOf?.(entry.plan);
    if (pause && isStanding(pause, this.now)) return { kind: 'paused', pause };
    const round = this.#explained();
    const found = round.of(entry);
    if (!('kind' in found)) return { kind: 'next', drone: found.drone };
    if (found.kind === 'delayed') return { ...found, attempts: job.failures + job.reclaims };
    if (found.kind !== 'no-free-slot') return found;
    return {
      ...found,
      freeInMs: found.freeInMs > 0 ? found.freeInMs : null,
      taken: found.drones.flatMap((drone) => this.#work(drone, round).map((cpv) => ({ drone, cpv }))),
      ahead: jobsAhead(this.view.board, entry, defaultPlacement, (other) => this.#isOut(other)),
    };
  }

  /** What a drone has in hand, and what the round gives it first. */
  #work(drone: string, { placements }: ExplainedRound): Cpv[] {
    const { board } = this.view;
    const given = placements.flatMap((each) => (each.drone === drone ? (board.find(each.jobId) ?? []) : []));
    return [...board.heldBy(drone), ...given].map(({ job }) => job.spec.cpv);
  }

  #isOut({ job, plan }: BoardJob): boolean {
    const isDelayed = job.state === 'needed' && job.notBefore !== null && job.notBefore > this.now;
    const pause = this.view.pauseOf?.(plan);
    const isHeld = pause !== undefined && isStanding(pause, this.now);
    return isDelayed || isHeld || this.#placed.has(job.id);
  }

  #explained(): ExplainedRound {
    this.#round ??= explainRound(this.view, this.now);
    this.#placed = new Set(this.#round.placements.map(({ jobId }) => jobId));
    return this.#round;
  }

  #holdups(entry: BoardJob): { readonly holdups: readonly Holdup[]; readonly jobs: number } {
    const holdups = entry.waits
      .filter(({ job }) => job.state !== 'published')
      .map((needed): Holdup => {
        const root = rootOf(needed);
        // A job that waits has one before it that does not; were there none, this would go round in a circle.
        const reason: Reason =
          root.job.state === 'waiting' ? { kind: 'waiting', holdups: [], jobs: 0 } : this.of(root);
        return { cpv: needed.job.spec.cpv, root: { cpv: root.job.spec.cpv, reason } };
      });
    return { holdups, jobs: countOf(walk(entry, isUnpublished)) - 1 };
  }

  /** What really blocks a job: lost by itself, not because of something else. */
  #lostRoots(
    entry: BoardJob,
    { blockedBy }: OpenJobIn<'blocked'>,
  ): { readonly cpv: Cpv; readonly state: string; readonly because: string }[] {
    const lost = [...walk(entry, ({ job }) => isLost(job))];
    const named = lost
      .filter(({ job }) => job.state !== 'blocked')
      .map(({ job }) => ({
        cpv: job.spec.cpv,
        state: job.state,
        because: job.state === 'quarantined' ? job.reason : (this.view.lastMoveOf?.(job.id) ?? ''),
      }));
    return named.length > 0 ? named : [{ cpv: blockedBy, state: 'quarantined', because: '' }];
  }
}

function isUnpublished({ job }: BoardJob): boolean {
  return job.state !== 'published';
}

/** The job and all that it waits for, directly or not, as far as `goesOn`; the nearest first. */
function* walk(from: BoardJob, goesOn: (entry: BoardJob) => boolean): Generator<BoardJob> {
  const seen = new Set([from]);
  // The set grows while it is walked along, so that each is met once.
  for (const entry of seen) {
    yield entry;
    for (const needed of entry.waits) if (goesOn(needed)) seen.add(needed);
  }
}

/** What holds a job up that does not itself wait: the nearest one, unless that is far away. */
function rootOf(entry: BoardJob): BoardJob {
  let seen = 0;
  for (const each of walk(entry, isUnpublished)) {
    if (each.job.state !== 'waiting') return each;
    seen += 1;
    if (seen >= MAX_COUNTED) break;
  }
  let root = entry;
  while (root.job.state === 'waiting') {
    const next = root.waits.find(isUnpublished);
    if (!next) break;
    root = next;
  }
  return root;
}

/** No more than `MAX_COUNTED`: what a giant of a plan waits for takes too long to count, and says no more. */
function countOf(among: Iterable<unknown>): number {
  let count = 0;
  for (const _each of among) {
    if (count > MAX_COUNTED) break;
    count += 1;
  }
  return count;
}

function troubleOf(state: string): string | null {
  if (state === 'online' || state === 'probation' || state === 'draining') return null;
  return `is ${state}`;
}
