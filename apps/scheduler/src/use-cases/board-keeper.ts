import type {
  Attempt,
  JobEvent,
  JobId,
  JobRepository,
  OpenJob,
  PlanId,
  StandingJob,
} from '@swarm/domain-job';
import { WorkBoard, type BoardChange, type BoardError, type NewBoardJob } from '@swarm/domain-scheduling';
import { err, ok, type Outgoing, type Result } from '@swarm/kernel';

import type { SchedulerPorts } from '../scheduler.ports.js';
import type { BuildTimes } from './build-times.js';
import { jobChange } from './job-change.js';

type Ports = Pick<SchedulerPorts, 'jobs' | 'clock' | 'entropy' | 'log' | 'policy'>;

/** What is stored with the first change of an event. */
export interface WithMove {
  readonly reason: string;
  readonly attempt?: (after: OpenJob) => Attempt | undefined;
  readonly messages?: (after: OpenJob) => readonly Outgoing[];
}

/** An event that the board took. */
export interface Applied {
  readonly job: OpenJob;
  /** True when all that follows from it is in the ledger; false when the ledger knew better. Rejects when nobody knows. */
  readonly stored: Promise<boolean>;
}

/**
 * The board of the scheduler that leads: read from the ledger once, and from then on moved together with it. Each event
 * is decided in memory and its changes are stored in the order of the decisions, so an event costs its dependents and
 * no reading. The ledger stays the truth: as soon as it does not take a change, the board is thrown away and read anew.
 */
export class BoardKeeper {
  #board: WorkBoard | undefined;
  #loading: Promise<WorkBoard> | undefined;
  readonly #inFlight = new Set<Promise<unknown>>();

  constructor(
    private readonly ports: Ports,
    private readonly store: Pick<JobRepository, 'save'>,
    private readonly times: BuildTimes,
  ) {}

  /** The board; read from the ledger when there is none, or none to be trusted. */
  current(): Promise<WorkBoard> {
    if (this.#board) return Promise.resolve(this.#board);
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /** True while this board is the one to be decided on. */
  isCurrent(board: WorkBoard): boolean {
    return this.#board === board;
  }

  /** The next one who asks gets a board that is read anew. */
  distrust(): void {
    this.#board = undefined;
  }

  /** Waits until whatever was decided so far is stored, or is known not to be. */
  async whenStored(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.allSettled([...this.#inFlight]);
  }

  /** Decides at once, so that changes are stored in the order in which they were decided. */
  apply(board: WorkBoard, id: JobId, event: JobEvent, details: WithMove): Result<Applied, BoardError> {
    const applied = board.apply(id, event, details.reason, this.ports.clock.now());
    if (!applied.ok) return err(applied.error);
    const [first] = applied.value;
    if (!first) throw new Error(`event ${event.type} changed nothing of job ${id}`);
    return ok({ job: first.after, stored: this.#save(board, applied.value, details) });
  }

  /** Puts plans on the board that are being built and not on it yet. */
  async include(plans: readonly PlanId[]): Promise<void> {
    const board = await this.current();
    for (const plan of plans) {
      if (board.plans.has(plan)) continue;
      const standing = await this.ports.jobs.openJobs(plan);
      if (!this.isCurrent(board)) return;
      if (!board.plans.has(plan)) await this.#save(board, this.#addPlan(board, plan, standing));
    }
  }

  /** A plan is over: its jobs are the ledger's alone. */
  drop(plan: string): void {
    this.#board?.removePlan(plan);
  }

  async #load(): Promise<WorkBoard> {
    // What is being written is part of what is read, or is refused: either way no one writes on the old board's word.
    await this.whenStored();
    await this.times.refresh();
    const standing = await this.ports.jobs.openJobs();
    const board = new WorkBoard(this.ports.policy.retry, (job) => this.times.predict(job));
    const changes = [...byPlan(standing)].flatMap(([plan, jobs]) => this.#addPlan(board, plan, jobs));
    this.#board = board;
    const { size, plans } = board;
    this.ports.log.info(
      { plans: plans.size, jobs: size, overdue: changes.length },
      'board read from the ledger',
    );
    this.#save(board, changes).catch((error: unknown) => {
      this.ports.log.error({ error: String(error) }, 'what had been overdue is not stored');
    });
    return board;
  }

  #addPlan(board: WorkBoard, plan: string, standing: readonly StandingJob[]): readonly BoardChange[] {
    const jobs = standing.map(({ value: job, revision, since }): NewBoardJob => {
      return { job, revision, since, waits: job.spec.waits };
    });
    return board.addPlan(plan, jobs, this.ports.clock.now());
  }

  /** What one event changed is stored whole or not at all: no job is woken by one that is not published. */
  #save(board: WorkBoard, changes: readonly BoardChange[], details?: WithMove): Promise<boolean> {
    const at = this.ports.clock.now();
    const [first, ...following] = changes.map((change, place) => {
      const own = place === 0 ? details : undefined;
      const { before, after, expected, reason } = change;
      const [attempt, messages] = [own?.attempt?.(after), own?.messages?.(after)];
      return jobChange(this.ports, { before, after, expected, at, reason, attempt, messages });
    });
    if (!first) return Promise.resolve(true);
    const stored = this.store.save(first, ...following).then(
      (saved) => {
        if (saved !== 'saved' && this.isCurrent(board)) this.distrust();
        return saved === 'saved';
      },
      (error: unknown) => {
        if (this.isCurrent(board)) this.distrust();
        throw error;
      },
    );
    const settled = stored.catch(() => false).finally(() => this.#inFlight.delete(settled));
    this.#inFlight.add(settled);
    return stored;
  }
}

function byPlan(standing: readonly StandingJob[]): ReadonlyMap<string, readonly StandingJob[]> {
  const plans = new Map<string, StandingJob[]>();
  for (const job of standing) {
    const known = plans.get(job.value.spec.planId);
    if (known) known.push(job);
    else plans.set(job.value.spec.planId, [job]);
  }
  return plans;
}
