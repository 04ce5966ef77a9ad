import { isSettled, type OpenJob, type JobState } from '@swarm/domain-job';

import type { BoardJob } from './board-job.js';
import { ReadyQueue } from './ready-queue.js';

/** One plan on the board: its jobs, which of them are ready, and how much it was given so far. */
export class PlanLane {
  readonly #ready = new Set<BoardJob>();
  readonly #counts = new Map<JobState, number>();
  #queue: ReadyQueue | undefined;
  #profile: string | undefined;
  #jobs: readonly BoardJob[] = [];
  #unsettled = 0;
  #workMs = 0;
  #servedMs: number;

  constructor(
    readonly plan: string,
    servedMs: number,
  ) {
    this.#servedMs = servedMs;
  }

  /** Each after all that it waits for. */
  get jobs(): readonly BoardJob[] {
    return this.#jobs;
  }

  /** Jobs that are `needed`: nothing but a free slot is missing. */
  get ready(): ReadonlySet<BoardJob> {
    return this.#ready;
  }

  /** The ready ones by urgency; kept up to date from the first time that it is asked for. Only to be looked at. */
  queue(ageing: number): ReadyQueue {
    if (this.#queue?.ageing !== ageing) this.#queue = new ReadyQueue(this.#ready, ageing);
    return this.#queue;
  }

  /** The profile of all its jobs; undefined where they are not of one. */
  get profile(): string | undefined {
    return this.#profile;
  }

  /** Reference time given to the plan, beside what it started with: the one that had least is served next. */
  get servedMs(): number {
    return this.#servedMs;
  }

  /** Reference time that its jobs that are neither over nor in work will take. */
  get workMs(): number {
    return Math.max(0, this.#workMs);
  }

  /** True while something of it is ready or in work. */
  get isBusy(): boolean {
    return this.#ready.size > 0 || this.count('delegated') > 0;
  }

  /** True when nothing more happens without a person. */
  get isSettled(): boolean {
    return this.#unsettled === 0;
  }

  count(state: JobState): number {
    return this.#counts.get(state) ?? 0;
  }

  /** For the board: the jobs of the plan, in order. */
  fill(jobs: readonly BoardJob[]): void {
    this.#jobs = jobs;
    const profile = jobs[0]?.job.spec.profile;
    this.#profile = jobs.every(({ job }) => job.spec.profile === profile) ? profile : undefined;
  }

  /** For the board: counts a job into its state, and out of the one before. */
  moved(entry: BoardJob, before: OpenJob | undefined): void {
    if (before) this.#count(before.state, -1, entry);
    this.#count(entry.job.state, 1, entry);
    // One that stays ready has been so since another moment.
    if (before?.state === 'needed') this.#queue?.remove(entry);
    if (entry.job.state === 'needed') {
      this.#ready.add(entry);
      this.#queue?.add(entry);
    } else if (before?.state === 'needed') this.#ready.delete(entry);
    // A build that is given out is paid for at once; one that is given back was no service.
    if (entry.job.state === 'delegated' && before?.state !== 'delegated') this.#serve(entry, 1);
    if (before?.state === 'delegated' && entry.job.state === 'needed') this.#serve(entry, -1);
  }

  /** For the board: another expected time of a job that is not given out. */
  expect(entry: BoardJob, expectedMs: number): void {
    this.#workMs += expectedMs - entry.expectedMs;
    entry.expectedMs = expectedMs;
  }

  /** For the board: the chains behind its jobs have changed, and with them the order of what is ready. */
  reorder(): void {
    this.#queue = undefined;
  }

  #serve({ expectedMs }: BoardJob, sign: 1 | -1): void {
    this.#servedMs += sign * expectedMs;
  }

  #count(state: JobState, by: 1 | -1, { expectedMs }: BoardJob): void {
    this.#counts.set(state, this.count(state) + by);
    if (!isSettled(state)) this.#unsettled += by;
    if (state === 'waiting' || state === 'needed') this.#workMs += by * expectedMs;
  }
}
