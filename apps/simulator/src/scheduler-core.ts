import type { Ending, Failure, FailureClass, StrikeBook, judge } from '@swarm/domain-blame';
import {
  isLost,
  moveDrone,
  uploadFailed,
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
  readonly book: StrikeBook;
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
    if (!found) return isUsed;
    const entry = this.rules.book.succeeded({ drone: found, streak: this.#streakOf(drone) });
    this.#end(entry.ended);
    if (entry.isUploadGood) this.drones.set(drone, { ...found, badUpload: null });
    if (entry.move) this.moveDrone(drone, entry.move.event, entry.move.reason, now);
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
    const entry = this.rules.book.failed({ attemptId, drone, jobId, class: failed, at: now }, found);
    this.#end(entry.ended);
    if (entry.isUploadBad) this.#uploadFailed(drone, now);
    if (entry.added) this.#strike(entry.added, found.reason, now);
  }

  /** Takes an attempt back. */
  reclaim(jobId: JobId, attempt: number, reason: string, now: Date): void {
    this.apply(jobId, { type: 'attempt-reclaimed', attempt, reason }, reason, now);
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

  /** Carries out what grounded drones bring about, and ends groundings whose time is over. */
  settle(now: Date): void {
    for (const drone of [...this.drones.values()]) {
      if (drone.state !== 'grounded') continue;
      this.#excuse(drone, now);
      for (const { job } of [...this.board.heldBy(drone.name)]) {
        const { event, reason } = this.rules.book.takenFrom(drone, job.attempt);
        if (this.apply(job.id, event, reason, now)) {
          this.excused.set(job.id, (this.excused.get(job.id) ?? 0) + 1);
        }
      }
      const move = this.rules.book.released(drone, now);
      if (move) this.moveDrone(drone.name, move.event, move.reason, now);
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

  #strike(strike: Strike, because: string, now: Date): void {
    this.#strikes.push(strike);
    const drone = this.drones.get(strike.drone);
    if (!drone) return;
    const standing = { drone, streak: this.#streakOf(drone.name), because };
    const move = this.rules.book.struck(standing, this.rules.grounding.strikes);
    if (move) this.moveDrone(drone.name, move.event, move.reason, now);
    this.settle(now);
  }

  #excuse(drone: Drone, now: Date): void {
    const { book } = this.rules;
    const standing = { drone, streak: this.#streakOf(drone.name), past: this.#strikes };
    const { excused, ended } = book.grounded(standing);
    for (const { jobId, attemptId } of excused) {
      const job = this.board.find(jobId)?.job;
      if (!job) continue;
      const number = Number(attemptId.split('#')[1]);
      const excuse = book.excused({ drone: drone.name, number, job, isPlanOpen: true });
      this.apply(job.id, excuse.event, excuse.reason, now);
      const left = (this.#failures.get(jobId) ?? []).filter((each) => each.attemptId !== attemptId);
      this.#failures.set(jobId, left);
    }
    this.#end(ended);
  }

  #uploadFailed(name: string, now: Date): void {
    const drone = this.drones.get(name);
    if (drone) this.drones.set(name, uploadFailed(drone, { now, policy: this.rules.grounding }));
  }

  #streakOf(drone: string): readonly Strike[] {
    return this.#strikes.filter((strike) => strike.drone === drone && strike.ended === null);
  }

  #end(ending: Ending | null): void {
    if (!ending) return;
    const { attemptIds, how } = ending;
    this.#strikes = this.#strikes.map((strike) =>
      strike.ended === null && attemptIds.includes(strike.attemptId) ? { ...strike, ended: how } : strike,
    );
  }
}

const NOWHERE: ReadonlySet<string> = new Set();
