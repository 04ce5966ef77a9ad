import { outgoing } from '@swarm/contracts';
import {
  transition,
  type Attempt,
  type AttemptId,
  type AttemptState,
  type Job,
  type JobEvent,
  type JobId,
  type JobRepository,
  type TransitionError,
} from '@swarm/domain-job';
import type { Outgoing, Versioned } from '@swarm/kernel';

import type { SchedulerPorts } from '../scheduler.ports.js';

/** Writers that are first are rare; a move that loses this often in a row is a fault. */
const MAX_CONTENTIONS = 8;

export type Moved =
  | { readonly kind: 'moved'; readonly job: Job }
  | { readonly kind: 'refused'; readonly why: TransitionError }
  | { readonly kind: 'unknown-job' };

/** What goes into the ledger together with a move. */
export interface MoveDetails {
  /** Why, in words for people. */
  readonly reason: string;
  /** The attempt that begins or ends with it; asked for the job as it is after the move. */
  readonly attempt?: (job: Job) => Attempt | undefined;
  /** Messages beside the event that every move makes. */
  readonly messages?: (job: Job) => readonly Outgoing[];
}

/** Load, decide, store: the one way in which a job changes. All that is decided is decided by `transition`. */
export class MoveJob {
  constructor(
    private readonly ports: Pick<SchedulerPorts, 'jobs' | 'clock' | 'entropy' | 'log' | 'policy'>,
    /** Where moves are stored: a scheduler that leads gives its writer, which stores them in batches. */
    private readonly store: Pick<JobRepository, 'save'> = ports.jobs,
  ) {}

  /** Repeats the decision when another writer was first. */
  async execute(id: JobId, event: JobEvent, details: MoveDetails): Promise<Moved> {
    for (let tries = 0; tries < MAX_CONTENTIONS; tries += 1) {
      const found = await this.ports.jobs.find(id);
      if (!found) return { kind: 'unknown-job' };
      const moved = await this.#tryOnce(found, event, details);
      if (moved !== 'contended') return moved;
    }
    throw new Error(`job ${id} was changed by others ${MAX_CONTENTIONS} times in a row`);
  }

  async #tryOnce(
    { value: before, revision }: Versioned<Job>,
    event: JobEvent,
    details: MoveDetails,
  ): Promise<Moved | 'contended'> {
    const decision = transition(before, event, this.ports.policy.retry);
    if (!decision.ok) return { kind: 'refused', why: decision.error };
    const { job, effects } = decision.value;
    const now = this.ports.clock.now();
    const ended = effects.flatMap((effect) => (effect.kind === 'end-attempt' ? [effect.attemptId] : []))[0];
    const attempt = details.attempt?.(job) ?? (ended && (await this.#ended(ended, event, now)));
    const saved = await this.store.save({
      job,
      expected: revision,
      at: now,
      reason: details.reason,
      ...(attempt && { attempt }),
      outgoing: [this.#movedEvent(before, job, now, details.reason), ...(details.messages?.(job) ?? [])],
    });
    return saved === 'saved' ? { kind: 'moved', job } : 'contended';
  }

  async #ended(id: AttemptId, event: JobEvent, now: Date): Promise<Attempt | undefined> {
    const attempt = await this.ports.jobs.findAttempt(id);
    if (attempt?.endedAt !== null) return undefined;
    const state: AttemptState = event.type === 'attempt-reclaimed' ? 'reclaimed' : 'cancelled';
    return { ...attempt, state, endedAt: now, summary: 'reason' in event ? event.reason : event.type };
  }

  #movedEvent(before: Job, after: Job, now: Date, reason: string): Outgoing {
    const id = this.ports.entropy.id();
    return outgoing('JobMoved', id, {
      id,
      at: now.toISOString(),
      jobId: after.id,
      planId: after.spec.planId,
      cpv: after.spec.cpv,
      from: before.state,
      to: after.state,
      attempt: after.attempt,
      ...(after.state === 'delegated' && { drone: after.drone }),
      reason,
    });
  }
}
