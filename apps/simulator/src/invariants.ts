import { isSettled, type RetryPolicy } from '@swarm/domain-job';
import { explainPlacement, isLost, type BoardChange, type BoardJob } from '@swarm/domain-scheduling';

import type { Assignment, SchedulerCore } from './scheduler-core.js';

/** Nothing takes so many events: the longest build on the slowest drone is looked at less often meanwhile. */
const MAX_IDLE_EVENTS = 20_000;

/** Each event looks at this many jobs, in turn, for what costs too much to look at everywhere. */
const SAMPLE = 8;

/** What must always hold. The first breach ends a simulation. */
export class Invariants {
  readonly violations: string[] = [];
  readonly #published = new Map<string, number>();
  #assigned: Assignment[] = [];
  #turn = 0;
  #idleEvents = 0;

  constructor(
    private readonly core: SchedulerCore,
    /** Builds that a drone really works on. */
    private readonly runsOn: (drone: string) => number,
    /** What attempts are bounded by, whatever the rules under test say. */
    private readonly bounds: RetryPolicy,
  ) {}

  /** An attempt was given out. */
  onAssigned(assignment: Assignment): void {
    const { drone: name, jobId, number } = assignment;
    this.#assigned.push(assignment);
    const drone = this.core.drones.get(name);
    const entry = this.core.board.find(jobId);
    if (!drone || !entry) {
      this.#broken(`${jobId} was given to ${name}, and one of them is not known`);
      return;
    }
    if (drone.state !== 'online' && drone.state !== 'probation') {
      this.#broken(`${jobId} was given to ${name}, which is ${drone.state}`);
    }
    if (drone.badUpload !== null) this.#broken(`${jobId} was given to ${name}, which cannot upload`);
    for (const { job } of entry.waits) {
      if (job.state !== 'published') this.#broken(`${jobId} was given out before ${job.id}, which it needs`);
    }
    const { maxFailures, maxReclaims } = this.bounds;
    const bound = maxFailures + maxReclaims + (this.core.excused.get(jobId) ?? 0);
    if (number > bound) this.#broken(`${jobId} has attempt ${number} of at most ${bound}`);
  }

  /** An artifact came; `isUsed` tells whether it became the job's. */
  onArtifact(jobId: string, isUsed: boolean): void {
    const count = (this.#published.get(jobId) ?? 0) + (isUsed ? 1 : 0);
    this.#published.set(jobId, count);
    if (count > 1) this.#broken(`${jobId} has ${count} artifacts`);
    if (count === 0 && this.core.board.find(jobId)?.job.state !== 'published') {
      this.#broken(`a valid artifact of ${jobId} was thrown away`);
    }
  }

  onChanges(changes: readonly BoardChange[]): void {
    if (changes.length > 0) this.#idleEvents = 0;
    for (const { before, after } of changes) {
      if (before.state === 'published') this.#broken(`${after.id} was published, and is ${after.state}`);
      if (after.attempt < before.attempt) this.#broken(`attempts of ${after.id} go backwards`);
    }
  }

  /** Everything has been decided that follows from one event. */
  afterEvent(): void {
    this.#idleEvents += 1;
    if (this.#idleEvents > MAX_IDLE_EVENTS) this.#broken('time goes by, and nothing moves');
    for (const { drone: name } of this.#assigned) {
      const drone = this.core.drones.get(name);
      const held = this.core.board.heldBy(name).size;
      if (drone && held > drone.capabilities.slots) this.#broken(`${name} holds ${held} attempts`);
      if (drone?.state === 'probation' && held > 1) this.#broken(`${name} is on probation and holds ${held}`);
    }
    this.#assigned = [];
    for (const { name, state } of this.core.drones.values()) {
      const held = this.core.board.heldBy(name).size;
      if (state === 'grounded' && held > 0) this.#broken(`${name} is grounded and holds ${held}`);
    }
    for (const lane of this.core.board.plans.values()) {
      for (let i = 0; i < Math.min(SAMPLE, lane.jobs.length); i += 1) {
        const entry = lane.jobs[(this.#turn + i) % lane.jobs.length];
        if (entry) this.#looksRight(entry);
      }
    }
    this.#turn += SAMPLE;
  }

  /** Nothing more will happen. */
  atTheEnd(now: Date, isComplete: boolean): void {
    const view = this.core.view((name) => this.runsOn(name));
    for (const entry of [...this.core.board.plans.values()].flatMap((lane) => lane.jobs)) {
      this.#looksRight(entry);
      const { job } = entry;
      if (!isComplete || isSettled(job.state)) continue;
      if (job.state !== 'needed') {
        this.#broken(`nothing more happens, and ${job.id} is ${job.state}`);
        continue;
      }
      const why = explainPlacement(view, entry, now);
      const isExplained = 'kind' in why && why.kind === 'no-drone';
      if (!isExplained) this.#broken(`nothing more happens, and ${job.id} is needed: ${JSON.stringify(why)}`);
    }
  }

  #looksRight(entry: BoardJob): void {
    const { job, waits, unmet } = entry;
    const unpublished = waits.filter((other) => other.job.state !== 'published').length;
    if (unmet !== unpublished) this.#broken(`${job.id} counts ${unmet} of ${unpublished} that it waits for`);
    this.#isWhereItBelongs(entry, unpublished);
    const lane = this.core.board.plans.get(entry.plan);
    if ((job.state === 'needed') !== (lane?.ready.has(entry) === true)) {
      this.#broken(`${job.id} is ${job.state}, and the ready ones say otherwise`);
    }
    const { maxFailures, maxReclaims } = this.bounds;
    if (job.failures > maxFailures || job.reclaims > maxReclaims) {
      this.#broken(`${job.id} failed ${job.failures} times and was lost ${job.reclaims} times`);
    }
    const isHeld = job.state === 'delegated' && this.core.board.heldBy(job.drone).has(entry);
    if (job.state === 'delegated' && !isHeld)
      this.#broken(`${job.id} is delegated, and ${job.drone} knows nothing`);
  }

  #isWhereItBelongs({ job, waits }: BoardJob, unpublished: number): void {
    const lost = waits.filter((other) => isLost(other.job));
    if (job.state === 'waiting' && (unpublished === 0 || lost.length > 0)) {
      this.#broken(`${job.id} waits for nothing that will come`);
    }
    if (job.state !== 'blocked') return;
    if (lost.length === 0) this.#broken(`${job.id} is blocked by nothing`);
    else if (!this.#causes(lost).has(job.blockedBy)) {
      this.#broken(`${job.id} is blocked by ${job.blockedBy}, which is not the cause`);
    }
  }

  /** The packages at the end of all chains of blocked ones. */
  #causes(lost: readonly BoardJob[]): ReadonlySet<string> {
    const seen = new Set(lost);
    const causes = new Set<string>();
    // A set is walked in the order in which it grows.
    for (const { job, waits } of seen) {
      if (job.state !== 'blocked') causes.add(job.spec.cpv);
      else for (const next of waits) if (isLost(next.job)) seen.add(next);
    }
    return causes;
  }

  #broken(what: string): void {
    this.violations.push(what);
  }
}
