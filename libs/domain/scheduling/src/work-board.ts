import {
  transition,
  type OpenJob,
  type JobEvent,
  type JobId,
  type RetryPolicy,
  type TransitionError,
} from '@swarm/domain-job';
import { err, ok, type Result } from '@swarm/kernel';

import { isLost, type BoardChange, type BoardJob, type NewBoardJob } from './board-job.js';
import { PlanLane } from './plan-lane.js';
import { meanMs, type Prediction } from './prediction.js';
import { rank } from './ranks.js';

/** Why the board did not take an event. */
export type BoardError = TransitionError | { readonly kind: 'unknown-job' };

/** Why a job moved, in words for people, where the event does not say it. */
const WOKEN = 'everything it needs is published';

/**
 * All open plans with their jobs, in memory: the state that decisions are made from. It holds no clock and does no
 * I/O; every change comes out as a value, to be stored. One event costs its dependents, however large the board (Q12):
 * each job counts what it still waits for, and the last one that is published wakes it, so no wake-up is lost to a
 * dependency that was attached or finished at the wrong moment (Q21).
 */
export class WorkBoard {
  readonly #jobs = new Map<string, BoardJob>();
  readonly #lanes = new Map<string, PlanLane>();
  readonly #byKey = new Map<string, BoardJob[]>();
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
    return this.#byKey.get(`${profile} ${buildKey}`) ?? [];
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
    const lane = new PlanLane(plan, this.#leastServed());
    const entries: BoardJob[] = [];
    const dependents: BoardJob[][] = jobs.map(() => []);
    for (const [position, { job, revision, waits, since }] of jobs.entries()) {
      const needed = waits.flatMap((needs) => (needs < position ? (entries[needs] ?? []) : []));
      if (needed.length !== waits.length) {
        throw new Error(`job ${position} of plan ${plan} waits for one that does not come before it`);
      }
      const prediction = this.predict(job);
      const entry: BoardJob = {
        ...{ job, revision, since, plan, position, waits: needed, dependents: dependents[position] ?? [] },
        unmet: needed.reduce((count, { job: { state } }) => count + (state === 'published' ? 0 : 1), 0),
        prediction,
        expectedMs: meanMs(prediction),
        rankMs: 0,
      };
      for (const needs of waits) dependents[needs]?.push(entry);
      entries.push(entry);
      this.#jobs.set(job.id, entry);
      addTo(this.#byKey, keyOf(job), entry);
    }
    rank(entries);
    this.#lanes.set(plan, lane);
    lane.fill(entries);
    for (const entry of entries) this.#index(entry, undefined);
    return entries.flatMap((entry) => this.#settle(entry, at));
  }

  /** Takes a plan that is over off the board. */
  removePlan(plan: string): void {
    const lane = this.#lanes.get(plan);
    for (const entry of lane?.jobs ?? []) {
      this.#jobs.delete(entry.job.id);
      const key = keyOf(entry.job);
      const others = (this.#byKey.get(key) ?? []).filter((other) => other !== entry);
      if (others.length > 0) this.#byKey.set(key, others);
      else this.#byKey.delete(key);
      if (entry.job.state === 'delegated') this.#byDrone.get(entry.job.drone)?.delete(entry);
    }
    this.#lanes.delete(plan);
  }

  /** Moves a job, and then whatever hangs on it. The first change is the job's own. */
  apply(id: JobId, event: JobEvent, reason: string, at: Date): Result<readonly BoardChange[], BoardError> {
    const entry = this.#jobs.get(id);
    if (!entry) return err({ kind: 'unknown-job' });
    const moved = this.#move(entry, event, reason, at);
    if (!moved.ok) return moved;
    const { before } = moved.value;
    // One that is released waits again, and may have nothing to wait for, or be blocked: first what it comes to.
    const settled = this.#settle(entry, at);
    return ok([moved.value, ...settled, ...this.#spread(entry, before, at)]);
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
    }
  }

  #move(entry: BoardJob, event: JobEvent, reason: string, at: Date): Result<BoardChange, TransitionError> {
    const before = entry.job;
    const decision = transition(before, event, this.policy);
    if (!decision.ok) return decision;
    const { job, effects } = decision.value;
    const expected = entry.revision;
    entry.job = job;
    entry.since = at;
    entry.revision = expected + 1;
    this.#index(entry, before);
    const endedAttempts = effects.flatMap((effect) =>
      effect.kind === 'end-attempt' ? [effect.attemptId as string] : [],
    );
    return ok({ entry, before, after: job, expected, reason, endedAttempts });
  }

  /** What a change of one job means for its dependents; in order, and without recursion, for chains are long. */
  #spread(entry: BoardJob, before: OpenJob, at: Date): BoardChange[] {
    const changes: BoardChange[] = [];
    const queue: { readonly from: BoardJob; readonly was: OpenJob }[] = [{ from: entry, was: before }];
    // The queue grows while it is walked along.
    for (const { from, was } of queue) {
      const isPublished = from.job.state === 'published' && was.state !== 'published';
      if (!isPublished && lossOf(from.job) === lossOf(was)) continue;
      for (const dependent of from.dependents) {
        if (isPublished) dependent.unmet -= 1;
        for (const change of this.#settle(dependent, at)) {
          changes.push(change);
          queue.push({ from: dependent, was: change.before });
        }
      }
    }
    return changes;
  }

  /** Brings a job that waits, or is blocked, in line with what it waits for. */
  #settle(entry: BoardJob, at: Date): BoardChange[] {
    const changes: BoardChange[] = [];
    const take = (event: JobEvent, reason: string): void => {
      const moved = this.#move(entry, event, reason, at);
      if (moved.ok) changes.push(moved.value);
    };
    const { state } = entry.job;
    if (state !== 'waiting' && state !== 'blocked') return changes;
    const lost = entry.waits.filter(({ job }) => isLost(job));
    const [first] = lost;
    if (first) {
      const blockedBy = state === 'blocked' ? entry.job.blockedBy : undefined;
      if (lost.some(({ job }) => causeOf(job) === blockedBy)) return changes;
      // What blocked it is gone, and something else still does.
      if (state === 'blocked')
        take({ type: 'dependency-restored' }, `${blockedBy ?? ''} is no longer in the way`);
      const { job } = first;
      take({ type: 'dependency-lost', cpv: causeOf(job) }, `needs ${job.spec.cpv}, which is ${job.state}`);
      return changes;
    }
    if (entry.job.state === 'blocked') {
      take({ type: 'dependency-restored' }, `${entry.job.blockedBy} is no longer in the way`);
    }
    if (entry.unmet === 0) {
      take({ type: 'dependencies-published' }, entry.waits.length === 0 ? 'needs nothing first' : WOKEN);
    }
    return changes;
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

/** What a job holds up others for; empty while something may still come of it. */
function lossOf(job: OpenJob): string {
  return isLost(job) ? causeOf(job) : '';
}

/** The package that a chain of blocked jobs hangs on in the end. */
function causeOf(job: OpenJob): OpenJob['spec']['cpv'] {
  return job.state === 'blocked' ? job.blockedBy : job.spec.cpv;
}

function keyOf({ spec }: OpenJob): string {
  return `${spec.profile} ${spec.buildKey}`;
}

function addTo(map: Map<string, BoardJob[]>, key: string, entry: BoardJob): void {
  const known = map.get(key);
  if (known) known.push(entry);
  else map.set(key, [entry]);
}
