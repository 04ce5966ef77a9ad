import { outgoing } from '@swarm/contracts';
import { isFinal, type PlanId } from '@swarm/domain-job';

import type { SchedulerPorts } from '../scheduler.ports.js';
import type { BoardKeeper } from './board-keeper.js';
import type { MoveJob } from './move-job.js';

/** Nobody wants a plan any more: it ends, and so do its jobs. May be repeated from wherever it was interrupted. */
export class CancelPlan {
  constructor(
    private readonly ports: Pick<SchedulerPorts, 'plans' | 'jobs' | 'clock' | 'entropy'>,
    private readonly move: Pick<MoveJob, 'execute'>,
    private readonly keeper: Pick<BoardKeeper, 'drop'>,
  ) {}

  /** False where another writer was first: ask again. */
  async execute(planId: string, reason: string): Promise<boolean> {
    const { plans, jobs, clock, entropy } = this.ports;
    const found = await plans.find(planId);
    if (!found) return true;
    const { value: plan, revision } = found;
    if (plan.state === 'resolving' || plan.state === 'building') {
      const now = clock.now();
      const id = entropy.id();
      const cancelled = {
        ...plan,
        state: 'cancelled' as const,
        resolving: null,
        endedAt: now,
        detail: reason,
      };
      const event = {
        ...{ id, at: now.toISOString(), planId, profile: plan.profile },
        ...{ state: cancelled.state, detail: reason },
      };
      const change = { plan: cancelled, expected: revision, newJobs: [], at: now };
      const saved = await plans.save({ ...change, outgoing: [outgoing('PlanMoved', id, event)] });
      if (saved === 'conflict') return false;
    } else if (plan.state !== 'cancelled') return true;
    // On the board, a job that is cancelled would block those behind it, which are cancelled themselves next.
    this.keeper.drop(planId);
    for (const { value: job } of await jobs.ofPlan(planId as PlanId)) {
      // What the binhost has received is finished by it: a valid artifact is never thrown away.
      if (isFinal(job.state) || job.state === 'received') continue;
      await this.move.execute(job.id, { type: 'cancelled' }, { reason });
    }
    return true;
  }
}
