import type { FailureClass } from '@swarm/domain-blame';
import type { WorkBoard } from '@swarm/domain-scheduling';

import type { Fault } from './faults.js';
import type { Assignment } from './scheduler-core.js';
import type { WorldDrone } from './world.js';

/** A build that a drone really works on. */
export interface Run {
  readonly assignment: Assignment;
  readonly startedMs: number;
  /** Reference time that is still to be done. */
  leftMs: number;
  /** What it will come to; null when it ends well. */
  fails: FailureClass | null;
  /** Grows when its end moves: an end that was put down before is void. */
  version: number;
}

/** A machine of the simulated world: what is really the case, whatever the scheduler believes. */
export class SimulatedDrone {
  readonly runs = new Set<Run>();
  /** Ended while nobody could hear it. */
  readonly unreported: Run[] = [];
  /** Sent while it could not hear. */
  readonly undelivered: Assignment[] = [];
  /** 1 when it is as fast as it can be. */
  slowness = 1;
  lies = false;
  silentSinceMs: number | null = null;
  readonly #faults = new Set<Fault['kind']>();
  #advancedMs = 0;

  constructor(readonly spec: WorldDrone) {}

  get isReachable(): boolean {
    return this.silentSinceMs === null;
  }

  get speed(): number {
    return this.spec.speed / this.slowness;
  }

  /** Heartbeats never stop while it can be heard. */
  lastSignMs(nowMs: number): number {
    return this.silentSinceMs ?? nowMs;
  }

  /** False when it has the same trouble already, or one that leaves no room for it. */
  begin(kind: Fault['kind']): boolean {
    const isSilencing = kind === 'dies' || kind === 'partition';
    if (this.#faults.has(kind) || (isSilencing && !this.isReachable)) return false;
    this.#faults.add(kind);
    return true;
  }

  end(kind: Fault['kind']): void {
    this.#faults.delete(kind);
  }

  start(
    assignment: Assignment,
    { leftMs, fails, nowMs }: Pick<Run, 'leftMs' | 'fails'> & { readonly nowMs: number },
  ): Run {
    this.advance(nowMs);
    const run: Run = { assignment, startedMs: nowMs, leftMs, fails, version: 0 };
    this.runs.add(run);
    return run;
  }

  /** Brings what is left of each build up to now; before its pace changes. */
  advance(nowMs: number): void {
    for (const run of this.runs) {
      const sinceMs = nowMs - Math.max(this.#advancedMs, run.startedMs);
      run.leftMs = Math.max(0, run.leftMs - sinceMs * this.speed);
    }
    this.#advancedMs = nowMs;
  }

  /** Builds that it works on although they were taken back, or given to others. */
  zombies(board: WorkBoard): number {
    let count = 0;
    for (const { assignment } of this.runs) {
      const job = board.find(assignment.jobId)?.job;
      const isCurrent = job?.state === 'delegated' && job.attemptId === assignment.attemptId;
      if (!isCurrent && this.isReachable) count += 1;
    }
    return count;
  }
}
