import { outgoing } from '@swarm/contracts';
import type { Attempt, JobChange, OpenJob } from '@swarm/domain-job';
import type { Outgoing } from '@swarm/kernel';

import type { SchedulerPorts } from '../scheduler.ports.js';

/** A job moved, and nothing of it is stored yet. */
export interface DecidedMove {
  readonly before: OpenJob;
  readonly after: OpenJob;
  /** The revision that it was decided on. */
  readonly expected: number;
  readonly at: Date;
  /** Why, in words for people. */
  readonly reason: string;
  /** The attempt that begins or ends with it. */
  readonly attempt?: Attempt | undefined;
  /** Messages beside the event that every move makes. */
  readonly messages?: readonly Outgoing[] | undefined;
}

/** What a move puts into the ledger: the job as it is now, its attempt, and the event that tells of it. */
export function jobChange({ entropy }: Pick<SchedulerPorts, 'entropy'>, move: DecidedMove): JobChange {
  const { before, after, expected, at, reason, attempt, messages = [] } = move;
  const id = entropy.id();
  const moved = outgoing('JobMoved', id, {
    id,
    at: at.toISOString(),
    jobId: after.id,
    planId: after.spec.planId,
    cpv: after.spec.cpv,
    from: before.state,
    to: after.state,
    attempt: after.attempt,
    ...(after.state === 'delegated' && { drone: after.drone }),
    reason,
  });
  return { job: after, expected, at, reason, ...(attempt && { attempt }), outgoing: [moved, ...messages] };
}
