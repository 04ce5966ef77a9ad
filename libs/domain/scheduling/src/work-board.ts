import {
  transition,
  type OpenJob,
  type JobEvent,
  type JobEffect,
  type JobId,
  type RetryPolicy,
  type TransitionError,
} from '@swarm/domain-job';
import { err, ok, type Result } from '@swarm/kernel';

import { isLost, type BoardChange, type BoardJob, type NewBoardJob } from './board-job.js';
import { entriesOf } from './board-entries.js';
import { BuildIndex } from './build-index.js';
import { PlanLane } from './plan-lane.js';
import { meanMs, type Prediction } from './prediction.js';
import { rank } from './ranks.js';

/** Why the board did not take an event. */
export type BoardError = TransitionError | { readonly kind: 'unknown-job' };

/** Why a job moved, in words for people, where the event does not say it. */
const WOKEN = 'everything it needs is published';

/** An event, and why it happens. */
interface Cause {
  readonly event: JobEvent;
  readonly reason: string;
}

/** All that one event, or one plan that is new, changes. */
interface Outcome {
  readonly at: Date;
  readonly changes: BoardChange[];
}

/**
 * All open plans with their jobs, in memory: the state that decisions are made from. It holds no clock and does no
 * I/O; every change comes out as a value, to be stored. One event costs its dependents, however large the board (Q12):
 * each job counts what it still waits for, and the last one that is published wakes it, so no wake-up is lost to a
 * dependency that was attached or finished at the wrong moment (Q21).
 */
export class WorkBoard {
  readonly #jobs = new Map<string, BoardJob>();
  readonly #lanes = new Map<string, PlanLane>();
  readonly #byBuild = new BuildIndex();
  readonly #byDrone = new Map<string, Set<BoardJob>>();

  constructor(
    private readonly policy: RetryPolicy,
    private readonly predict: (job: OpenJob) => Prediction,
  ) {}

  /** Plans in the order in which they were added. */
  get plans(): ReadonlyMap<string, PlanLane> {
    return this.#lanes;
  }

  get size(): number {
    return this.#jobs.size;
  }

  find(id: string): BoardJob | undefined {
    return this.#jobs.get(id);
  }

  /** Jobs, of whatever plan, that the same build serves. */
  withKey(profile: string, buildKey: string): readonly BoardJob[] {
    return this.#byBuild.of(profile, buildKey);
  }

  /** Jobs that a drone was given and has not ended. */
  heldBy(drone: string): ReadonlySet<BoardJob> {
    return this.#byDrone.get(drone) ?? NOBODY;
  }

  /**
   * Puts a plan on the board. `jobs` has each after all that it waits for. What should have happened before the plan
   * came here (a dependency was published, or lost) happens now: the changes are to be stored like any other.
   */
  addPlan(plan: string, jobs: readonly NewBoardJob[], at: Date): readonly BoardChange[] {
    if (this.#lanes.has(plan)) throw new Error(`plan ${plan} is on the board already`);
    const entries = entriesOf(plan, jobs, this.predict);
    const lane = new PlanLane(plan, this.#leastServed());
    rank(entries);
    this.#lanes.set(plan, lane);
    lane.fill(entries);
    for (const entry of entries) {
      this.#jobs.set(entry.job.id, entry);
      this.#byBuild.add(entry);
      this.#index(entry, undefined);
    }
    const what: Outcome = { at, changes: [] };
    for (const entry of entries) this.#settle(entry, what);
    return what.changes;
  }

  /** Takes a plan that is over off the board. */
  removePlan(plan: string): void {
    const lane = this.#lanes.get(plan);
    for (const entry of lane?.jobs ?? []) {
      this.#jobs.delete(entry.job.id);
      this.#byBuild.remove(entry);
      if (entry.job.state === 'delegated') this.#byDrone.get(entry.job.drone)?.delete(entry);
    }
    this.#lanes.delete(plan);
  }

  /** Moves a job, and then whatever hangs on it. The first change is the job's own. */
  apply(id: JobId, event: JobEvent, reason: string, at: Date): Result<readonly BoardChange[], BoardError> {
    const entry = this.#jobs.get(id);
    if (!entry) return err({ kind: 'unknown-job' });
    const moved = this.#move(entry, { event, reason }, at);
    if (!moved.ok) return moved;
    const what: Outcome = { at, changes: [moved.value] };
    // One that is released waits again, and may have nothing to wait for, or be blocked: first what it comes to.
    this.#settle(entry, what);
    this.#spread(entry, moved.value.before, what);
    return ok(what.changes);
  }

  /** A better prediction for what is still to be built, e.g. after the history grew. Costs the whole plan. */
  predictAgain(): void {
    for (const lane of this.#lanes.values()) {
      for (const entry of lane.jobs) {
        // What is given out was charged already, and is given back at the same price.
        if (entry.job.state !== 'waiting' && entry.job.state !== 'needed') continue;
        entry.prediction = this.predict(entry.job);
        lane.expect(entry, meanMs(entry.prediction));
      }
      rank(lane.jobs);
      lane.reorder();
    }
  }

  #move(entry: BoardJob, { event, reason }: Cause, at: Date): Result<BoardChange, TransitionError> {
    const before = entry.job;
    const decision = transition(before, event, this.policy);
    if (!decision.ok) return decision;
    const { job, effects } = decision.value;
    const expected = entry.revision;
    entry.job = job;
    entry.since = at;
    entry.revision = expected + 1;
    this.#index(entry, before);
    return ok({ entry, before, after: job, expected, reason, endedAttempts: endedBy(effects) });
  }

  /** What a change of one job means for its dependents; in order, and without recursion, for chains are long. */
  #spread(entry: BoardJob, was: OpenJob, what: Outcome): void {
    const queue: { readonly from: BoardJob; readonly was: OpenJob }[] = [{ from: entry, was }];
    // The queue grows while it is walked along.
    for (const { from, was: before } of queue) {
      const isPublished = from.job.state === 'published' && before.state !== 'published';
      if (!isPublished && lossOf(from.job) === lossOf(before)) continue;
      for (const dependent of from.dependents) {
        if (isPublished) dependent.unmet -= 1;
        // A publication takes no loss away: who waits for more is not looked at, however much that is.
        if (isPublished && dependent.unmet > 0) continue;
        const earlier = dependent.job;
        this.#settle(dependent, what);
        if (dependent.job !== earlier) queue.push({ from: dependent, was: earlier });
      }
    }
  }

  /** Brings a job that waits, or is blocked, in line with what it waits for. */
  #settle(entry: BoardJob, what: Outcome): void {
    const { job } = entry;
    if (job.state !== 'waiting' && job.state !== 'blocked') return;
    const first = entry.waits.find(({ job: other }) => isLost(other));
    if (first) {
      this.#block(entry, first, what);
      return;
    }
    if (job.state === 'blocked') this.#restore(entry, job.blockedBy, what);
    if (entry.unmet > 0) return;
    const reason = entry.waits.length === 0 ? 'needs nothing first' : WOKEN;
    this.#take(entry, { event: { type: 'dependencies-published' }, reason }, what);
  }

  /** Something that a job waits for is lost: it is blocked, by a cause that is still there. */
  #block(entry: BoardJob, lost: BoardJob, what: Outcome): void {
    const { job } = entry;
    if (job.state === 'blocked') {
      const { blockedBy } = job;
      if (entry.waits.some((other) => isLost(other.job) && causeOf(other.job) === blockedBy)) return;
      this.#restore(entry, blockedBy, what);
    }
    const cause = causeOf(lost.job);
    const reason = `needs ${lost.job.spec.cpv}, which is ${lost.job.state}`;
    this.#take(entry, { event: { type: 'dependency-lost', cpv: cause }, reason }, what);
  }

  #restore(entry: BoardJob, cpv: string, what: Outcome): void {
    const reason = `${cpv} is no longer in the way`;
    this.#take(entry, { event: { type: 'dependency-restored' }, reason }, what);
  }

  #take(entry: BoardJob, { event, reason }: Cause, { at, changes }: Outcome): void {
    const moved = this.#move(entry, { event, reason }, at);
    if (moved.ok) changes.push(moved.value);
  }

  #index(entry: BoardJob, before: OpenJob | undefined): void {
    const { job } = entry;
    if (before?.state === 'delegated') this.#byDrone.get(before.drone)?.delete(entry);
    if (job.state === 'delegated') {
      const held = this.#byDrone.get(job.drone);
      if (held) held.add(entry);
      else this.#byDrone.set(job.drone, new Set([entry]));
    }
    this.#lanes.get(entry.plan)?.moved(entry, before);
  }

  /** A plan that comes late starts level with the one that had least, not with a claim on all that went before. */
  #leastServed(): number {
    const served = [...this.#lanes.values()].filter(({ isBusy }) => isBusy).map(({ servedMs }) => servedMs);
    return served.length === 0 ? 0 : Math.min(...served);
  }
}

const NOBODY: ReadonlySet<BoardJob> = new Set();
const NOTHING: readonly string[] = [];

/** What a job holds up others for; empty while something may still come of it. */
function lossOf(job: OpenJob): string {
  return isLost(job) ? causeOf(job) : '';
}

/** The package that a chain of blocked jobs hangs on in the end. */
function causeOf(job: OpenJob): OpenJob['spec']['cpv'] {
  return job.state === 'blocked' ? job.blockedBy : job.spec.cpv;
}

function endedBy(effects: readonly JobEffect[]): readonly string[] {
  if (effects.length === 0) return NOTHING;
  return effects.flatMap((effect) => (effect.kind === 'end-attempt' ? [effect.attemptId as string] : []));
}
