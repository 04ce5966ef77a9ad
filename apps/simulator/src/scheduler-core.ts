import {
  excusable,
  type Failure,
  type FailureClass,
  type isStruckOut,
  type judge,
} from '@swarm/domain-blame';
import {
  isLost,
  isOver,
  moveDrone,
  verdict,
  type Drone,
  type DroneEvent,
  type GroundingPolicy,
  type LivenessPolicy,
  type Strike,
} from '@swarm/domain-drone';
import type { AttemptId, DroneName, JobEvent, JobId, OpenJob, RetryPolicy, Sha256 } from '@swarm/domain-job';
import {
  nothingKnown,
  WorkBoard,
  type BoardChange,
  type Placement,
  type PlacementView,
  type Prediction,
} from '@swarm/domain-scheduling';

/** The decisions that are simulated, each of them a pure function of the swarm; a test may put a faulty one in. */
export interface CoreRules {
  readonly place: (view: PlacementView, now: Date) => readonly Placement[];
  readonly judge: typeof judge;
  readonly isStruckOut: typeof isStruckOut;
  readonly retry: RetryPolicy;
  readonly retryDelayMs: number;
  readonly grounding: GroundingPolicy;
  readonly liveness: LivenessPolicy;
}

/** What the scheduler believes of times. */
export interface Beliefs {
  readonly predict: (job: OpenJob) => Prediction;
  readonly speedOf: (drone: string) => number;
}

/** An attempt, as it is handed to a drone. */
export interface Assignment {
  readonly attemptId: AttemptId;
  readonly jobId: JobId;
  readonly number: number;
  readonly drone: DroneName;
}

const ARTIFACT = 'f'.repeat(64) as Sha256;
/** Silence is never excused with a monitor that was deaf: there is one, and it listens. */
const LISTENING_SINCE = new Date(0);

/**
 * The scheduler and the monitor in virtual time: the board, placement, blame, groundings and liveness of the real
 * services, without their ledger and their messages. What it is told, and when, is the simulation's business.
 */
export class SchedulerCore {
  readonly board: WorkBoard;
  readonly drones = new Map<string, Drone>();
  /** How often a job was taken back through no fault of its own; such attempts are bounded by the faults of drones. */
  readonly excused = new Map<string, number>();
  readonly #failures = new Map<string, Failure[]>();
  readonly #passed = new Map<string, number>();
  #strikes: Strike[] = [];

  constructor(
    readonly rules: CoreRules,
    private readonly beliefs: Beliefs,
    private readonly onChanges: (changes: readonly BoardChange[]) => void,
    makeBoard = (predict: Beliefs['predict']): WorkBoard => new WorkBoard(rules.retry, predict),
  ) {
    this.board = makeBoard(beliefs.predict);
  }

  /** What placement sees; `zombies` are attempts that drones still work on although they were taken back. */
  view(zombies: (drone: string) => number): PlacementView {
    const fleet = [...this.drones.values()].map((drone) => ({
      drone,
      speed: this.beliefs.speedOf(drone.name),
      overheadMs: 0,
      otherWork: zombies(drone.name),
    }));
    return {
      board: this.board,
      fleet,
      facts: {
        kindOf: () => 'synthetic',
        refusalOf: () => undefined,
        needOf: () => nothingKnown,
        isKnownToBuild: () => false,
        builtOn: () => NOWHERE,
      },
    };
  }

  /** Fills free slots. */
  round(now: Date, zombies: (drone: string) => number): readonly Assignment[] {
    return this.rules.place(this.view(zombies), now).flatMap(({ jobId, drone }): Assignment[] => {
      const number = (this.board.find(jobId)?.job.attempt ?? 0) + 1;
      const attemptId = `${jobId}#${number}` as AttemptId;
      const isGiven = this.apply(jobId, { type: 'delegated', attemptId, drone }, `given to ${drone}`, now);
      return isGiven ? [{ attemptId, jobId, number, drone }] : [];
    });
  }

  /** An artifact came, of whatever attempt: a build is a function of its inputs. True when it was used. */
  built(jobId: JobId, drone: string, now: Date): boolean {
    const isUsed = this.apply(jobId, { type: 'artifact-received', artifact: ARTIFACT }, 'uploaded', now);
    if (isUsed) this.apply(jobId, { type: 'artifact-published', artifact: ARTIFACT }, 'indexed', now);
    const found = this.drones.get(drone);
    if (!found || found.state === 'grounded') return isUsed;
    this.#endStrikes((strike) => strike.drone === drone, 'success');
    if (found.grounding !== null)
      this.moveDrone(drone, { type: 'canary-succeeded' }, 'built its canary', now);
    return isUsed;
  }

  /** A drone says that an attempt failed. Late news of one that has moved on counts for nothing (S18). */
  failed({ jobId, number, drone, attemptId }: Assignment, failed: FailureClass, now: Date): void {
    const job = this.board.find(jobId)?.job;
    if (job?.state !== 'delegated' || job.attempt !== number) return;
    const failure: Failure = { attemptId, drone, class: failed, summary: 'it went wrong' };
    const earlier = this.#failures.get(jobId) ?? [];
    const passed = this.#passed.get(jobId) ?? 0;
    const others = [...this.drones.values()].filter(
      ({ name, state }) =>
        name !== drone && (state === 'online' || state === 'suspect' || state === 'probation'),
    ).length;
    const found = this.rules.judge({ failure, earlier, passed, others, now }, this.rules);
    if (found.counts) this.#failures.set(jobId, [...earlier, failure]);
    else this.#passed.set(jobId, passed + 1);
    this.apply(
      jobId,
      {
        ...{ type: 'attempt-failed', attempt: number, drone, reason: found.reason },
        ...{ retryAt: found.retryAt, counts: found.counts },
      },
      found.reason,
      now,
    );
    this.#endStrikes(({ attemptId: id }) => found.takenBack.includes(id), 'taken-back');
    if (found.strikes) this.#strike({ ...failure, jobId, at: now, counted: found.counts, ended: null }, now);
  }

  /** Takes an attempt back. */
  reclaim(jobId: JobId, attempt: number, reason: string, now: Date, isExcused = false): void {
    const event: JobEvent = { type: 'attempt-reclaimed', attempt, reason, excused: isExcused };
    const isTaken = this.apply(jobId, event, reason, now);
    if (isTaken && isExcused) this.excused.set(jobId, (this.excused.get(jobId) ?? 0) + 1);
  }

  /** What a drone's silence, or its sign, means now; work of one that is lost goes back (rung 1). */
  judgeDrone(name: string, lastSignAt: Date, now: Date): void {
    const drone = this.drones.get(name);
    if (!drone) return;
    const heard = { ...drone, lastSign: { ...drone.lastSign, at: lastSignAt } };
    this.drones.set(name, heard);
    const { liveness } = this.rules;
    this.moveDrone(name, verdict(heard, now, liveness, LISTENING_SINCE), 'heartbeats', now);
    const judged = this.drones.get(name);
    if (!judged || !isLost(judged, now, liveness)) return;
    for (const { job } of [...this.board.heldBy(name)]) {
      this.reclaim(job.id, job.attempt, `${name} is lost`, now);
    }
  }

  /** Ends groundings whose time is over. */
  endGroundings(now: Date): void {
    for (const drone of [...this.drones.values()]) {
      if (drone.state !== 'grounded' || !isOver(drone.grounding, now)) continue;
      this.moveDrone(drone.name, { type: 'grounding-ended' }, 'one job first', now);
    }
  }

  moveDrone(name: string, event: DroneEvent, reason: string, now: Date): void {
    const drone = this.drones.get(name);
    const moved = drone && moveDrone(drone, event, { now, policy: this.rules.grounding, reason });
    if (moved) this.drones.set(name, moved);
  }

  apply(jobId: JobId, event: JobEvent, reason: string, now: Date): boolean {
    const result = this.board.apply(jobId, event, reason, now);
    if (result.ok) this.onChanges(result.value);
    return result.ok;
  }

  #strike(strike: Strike, now: Date): void {
    this.#strikes.push(strike);
    const { drone } = strike;
    const streak = this.#strikes.filter((each) => each.drone === drone && each.ended === null);
    const isOwing = (this.drones.get(drone)?.grounding ?? null) !== null;
    if (!isOwing && !this.rules.isStruckOut(streak, this.rules.grounding.strikes)) return;
    this.moveDrone(drone, { type: isOwing ? 'canary-failed' : 'struck-out' }, 'failures in a row', now);
    for (const { jobId, attemptId } of excusable(streak, this.#strikes)) {
      this.apply(jobId as JobId, { type: 'failure-excused', drone }, `${drone} was grounded`, now);
      const left = (this.#failures.get(jobId) ?? []).filter((each) => each.attemptId !== attemptId);
      this.#failures.set(jobId, left);
    }
    this.#endStrikes((each) => each.drone === drone, 'grounded');
    for (const { job } of [...this.board.heldBy(drone)]) {
      this.reclaim(job.id, job.attempt, `${drone} is grounded`, now, true);
    }
  }

  #endStrikes(isMeant: (strike: Strike) => boolean, ended: NonNullable<Strike['ended']>): void {
    this.#strikes = this.#strikes.map((strike) =>
      strike.ended === null && isMeant(strike) ? { ...strike, ended } : strike,
    );
  }
}

const NOWHERE: ReadonlySet<string> = new Set();
