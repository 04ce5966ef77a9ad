import { chance } from './chance.js';
import { MinHeap } from './min-heap.js';

/** One job, as a drawn course of events sees it. Times are milliseconds from now. */
export interface CourseJob {
  /** What its chances are drawn by. */
  readonly seed: number;
  /** Places of the jobs that wait for it directly. */
  readonly dependents: readonly number[];
  /** Of how many of the jobs it waits. */
  readonly unmet: number;
  /** It begins no earlier: delayed, paused. */
  readonly notBeforeMs: number;
  /** Since when it is ready; 0 or less for one that is, and of no meaning for others. */
  readonly readyMs: number;
  /** Place of its plan. */
  readonly lane: number;
  /** The longer the chain behind it, the earlier it is given out. */
  readonly rankMs: number;
  readonly expectedMs: number;
  /** Of what is still to come: on the reference drone, or on the drone that has it. */
  readonly medianMs: number;
  readonly sigma: number;
  /** Place of the drone that has it; -1 where none has, and -2 where it is built. */
  readonly drone: number;
}

/** A drone that these jobs may have. */
export interface CourseDrone {
  readonly slots: number;
  readonly speed: number;
  readonly overheadMs: number;
}

/** What is built by one fleet, of all plans. */
export interface Course {
  readonly jobs: readonly CourseJob[];
  readonly drones: readonly CourseDrone[];
  /** Reference time that each plan was given so far: the one that had least is served next. */
  readonly servedMs: readonly number[];
  /** Urgency that comes with each millisecond of being ready. */
  readonly ageing: number;
}

/** It is built, and only has to be published. */
export const BUILT = -2;
export const NOBODY_HAS_IT = -1;
/** From the end of a build to its place in the index. */
export const PUBLISHING_MS = 3_000;

/**
 * One course of events, as placing would have it: free slots go to the plan that had least, there to the job with the
 * longest chain behind it, the fastest slot first. When each job is published, in milliseconds from now. Pure: the
 * same draw is the same course.
 */
export function drawCourse(course: Course, draw: number): Float64Array {
  return new Drawing(course, draw).run();
}

class Drawing {
  readonly #ends: Float64Array;
  readonly #unmet: Int32Array;
  readonly #on: Int32Array;
  readonly #served: number[];
  readonly #ready: readonly MinHeap[];
  /** Drones with a free slot, the fastest first; once for each slot. */
  readonly #free = new MinHeap();
  /** Ends of builds: the number of the job; what becomes ready: that and the number of all jobs. */
  readonly #events = new MinHeap();
  #nowMs = 0;

  constructor(
    private readonly course: Course,
    private readonly draw: number,
  ) {
    const { jobs, drones, servedMs } = course;
    this.#ends = new Float64Array(jobs.length).fill(Infinity);
    this.#unmet = Int32Array.from(jobs, ({ unmet }) => unmet);
    this.#on = Int32Array.from(jobs, ({ drone }) => drone);
    this.#served = [...servedMs];
    this.#ready = servedMs.map(() => new MinHeap());
    const left = drones.map(({ slots }) => slots);
    for (const [at, job] of jobs.entries()) {
      if (job.drone >= 0) {
        left[job.drone] = (left[job.drone] ?? 0) - 1;
        this.#events.push(this.#drawnMs(job), at);
      } else if (job.drone === BUILT) this.#publish(at);
      else if (job.unmet === 0) this.#release(at);
    }
    for (const [at, count] of left.entries()) for (let slot = 0; slot < count; slot += 1) this.#freeSlot(at);
  }

  run(): Float64Array {
    const { jobs } = this.course;
    for (;;) {
      this.#fillSlots();
      const nextMs = this.#events.leastKey;
      const event = this.#events.pop();
      if (event === undefined) return this.#ends;
      this.#nowMs = nextMs;
      if (event >= jobs.length) this.#arrive(event - jobs.length);
      else {
        this.#freeSlot(this.#on[event] ?? 0);
        this.#publish(event);
      }
    }
  }

  #fillSlots(): void {
    while (this.#free.size > 0) {
      const lane = this.#leastServed();
      const at = this.#ready[lane]?.pop();
      const job = this.course.jobs[at ?? -1];
      if (at === undefined || !job) return;
      const on = this.#free.pop() ?? 0;
      const { speed, overheadMs } = this.course.drones[on] ?? { speed: 1, overheadMs: 0 };
      this.#on[at] = on;
      this.#served[lane] = (this.#served[lane] ?? 0) + job.expectedMs;
      this.#events.push(this.#nowMs + overheadMs + this.#drawnMs(job) / speed, at);
    }
  }

  #leastServed(): number {
    let least = -1;
    for (const [lane, { size }] of this.#ready.entries()) {
      if (size > 0 && (least < 0 || (this.#served[lane] ?? 0) < (this.#served[least] ?? 0))) least = lane;
    }
    return least;
  }

  #publish(at: number): void {
    const endMs = this.#nowMs + PUBLISHING_MS;
    this.#ends[at] = endMs;
    for (const dependent of this.course.jobs[at]?.dependents ?? []) {
      const unmet = (this.#unmet[dependent] ?? 0) - 1;
      this.#unmet[dependent] = unmet;
      if (unmet === 0) this.#events.push(endMs, this.course.jobs.length + dependent);
    }
  }

  #release(at: number): void {
    const notBeforeMs = this.course.jobs[at]?.notBeforeMs ?? 0;
    if (notBeforeMs > this.#nowMs) this.#events.push(notBeforeMs, this.course.jobs.length + at);
    else this.#arrive(at);
  }

  #arrive(at: number): void {
    const job = this.course.jobs[at];
    if (!job) return;
    if (job.notBeforeMs > this.#nowMs) this.#release(at);
    else {
      const sinceMs = this.#nowMs > 0 ? this.#nowMs : job.readyMs;
      this.#ready[job.lane]?.push(this.course.ageing * sinceMs - job.rankMs, at);
    }
  }

  #freeSlot(drone: number): void {
    const found = this.course.drones[drone];
    if (found && found.slots > 0) this.#free.push(-found.speed, drone);
  }

  #drawnMs({ medianMs, sigma, seed }: CourseJob): number {
    return medianMs * Math.exp(sigma * chance(seed, this.draw));
  }
}
