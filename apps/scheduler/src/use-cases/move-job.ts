import {
  transition,
  type Attempt,
  type AttemptId,
  type AttemptState,
  type JobEvent,
  type JobId,
  type JobRepository,
  type OpenJob,
  type TransitionError,
} from '@swarm/domain-job';
import type { WorkBoard } from '@swarm/domain-scheduling';
import type { Outgoing } from '@swarm/kernel';

import type { SchedulerPorts } from '../scheduler.ports.js';
import type { BoardKeeper } from './board-keeper.js';
import { jobChange } from './job-change.js';

/** Writers that are first are rare; a move that loses this often in a row is a fault. */
const MAX_CONTENTIONS = 8;

export type Moved =
  | { readonly kind: 'moved'; readonly job: OpenJob }
  | { readonly kind: 'refused'; readonly why: TransitionError }
  | { readonly kind: 'unknown-job' };

/** What goes into the ledger together with a move. */
export interface MoveDetails {
  /** Why, in words for people. */
  readonly reason: string;
  /** The attempt that begins or ends with it; asked for the job as it is after the move. */
  readonly attempt?: (job: OpenJob) => Attempt | undefined;
  /** Messages beside the event that every move makes. */
  readonly messages?: (job: OpenJob) => readonly Outgoing[];
}

/**
 * Decide, and store: the one way in which a job changes. A job of an open plan is decided on the board, with all that
 * hangs on it; one of a plan that is over in the ledger. All that is decided is decided by `transition`.
 */
export class MoveJob {
  constructor(
    private readonly ports: Pick<SchedulerPorts, 'jobs' | 'clock' | 'entropy' | 'policy'>,
    private readonly keeper: BoardKeeper,
    /** Where moves are stored: a scheduler that leads gives its writer, which stores them in batches. */
    private readonly store: Pick<JobRepository, 'save'>,
  ) {}

  /** The job as it was decided last. */
  async find(id: JobId): Promise<OpenJob | undefined> {
    const board = await this.keeper.current();
    return board.find(id)?.job ?? (await this.ports.jobs.find(id))?.value;
  }

  /** Repeats the decision when the ledger knew better. Rejects when it is not known whether the move is stored. */
  async execute(id: JobId, event: JobEvent, details: MoveDetails): Promise<Moved> {
    for (let tries = 0; tries < MAX_CONTENTIONS; tries += 1) {
      const board = await this.keeper.current();
      const moved = board.find(id)
        ? await this.#onBoard(board, id, event, details)
        : await this.#inLedger(id, event, details);
      if (moved !== 'contended') return moved;
    }
    throw new Error(`job ${id} was changed by others ${MAX_CONTENTIONS} times in a row`);
  }

  async #onBoard(
    board: WorkBoard,
    id: JobId,
    event: JobEvent,
    details: MoveDetails,
  ): Promise<Moved | 'contended'> {
    const before = board.find(id)?.job;
    const inHand = details.attempt === undefined && before ? await this.#attemptInHand(before) : undefined;
    // Reading took its time: what is decided is decided on the board as it is now.
    if (!this.keeper.isCurrent(board) || (inHand && board.find(id)?.job !== before)) return 'contended';
    const now = this.ports.clock.now();
    const applied = this.keeper.apply(board, id, event, {
      ...details,
      attempt: details.attempt ?? ((after) => endedBy(event, inHand, { after, now })),
    });
    if (!applied.ok) {
      const { error } = applied;
      return error.kind === 'unknown-job' ? 'contended' : { kind: 'refused', why: error };
    }
    const { job, stored } = applied.value;
    return (await stored) ? { kind: 'moved', job } : 'contended';
  }

  async #inLedger(id: JobId, event: JobEvent, details: MoveDetails): Promise<Moved | 'contended'> {
    const found = await this.ports.jobs.find(id);
    if (!found) return { kind: 'unknown-job' };
    const { value: before, revision: expected } = found;
    const decision = transition(before, event, this.ports.policy.retry);
    if (!decision.ok) return { kind: 'refused', why: decision.error };
    const after = decision.value.job;
    const at = this.ports.clock.now();
    const attempt = details.attempt
      ? details.attempt(after)
      : endedBy(event, await this.#attemptInHand(before), { after, now: at });
    const { reason } = details;
    const messages = details.messages?.(after);
    const saved = await this.store.save(
      jobChange(this.ports, { before, after, expected, at, reason, attempt, messages }),
    );
    return saved === 'saved' ? { kind: 'moved', job: after } : 'contended';
  }

  async #attemptInHand(job: OpenJob): Promise<Attempt | undefined> {
    return job.state === 'delegated' ? this.ports.jobs.findAttempt(job.attemptId) : undefined;
  }
}

/** The attempt that a job had in hand, as it ends when the job is not delegated any more. */
function endedBy(
  event: JobEvent,
  inHand: Attempt | undefined,
  { after, now }: { readonly after: OpenJob; readonly now: Date },
): Attempt | undefined {
  if (inHand?.endedAt !== null || isInHand(after, inHand.id)) return undefined;
  const state: AttemptState = event.type === 'attempt-reclaimed' ? 'reclaimed' : 'cancelled';
  return { ...inHand, state, endedAt: now, summary: 'reason' in event ? event.reason : event.type };
}

function isInHand(job: OpenJob, attemptId: AttemptId): boolean {
  return job.state === 'delegated' && job.attemptId === attemptId;
}
