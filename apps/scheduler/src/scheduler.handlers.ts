import type {
  ArtifactPublished,
  Handler,
  PauseAnswered,
  PauseAsked,
  PlanAnswered,
  PlanAsked,
  QuarantineAnswered,
  QuarantineAsked,
  ReclaimRequested,
  ScheduleAnswered,
  ScheduleAsked,
  WorkReported,
} from '@swarm/contracts';

import type { KeepPauses } from './use-cases/keep-pauses.js';
import type { KeepSchedules } from './use-cases/keep-schedules.js';
import type { KeepQuarantine } from './use-cases/keep-quarantine.js';
import type { MakePlan } from './use-cases/make-plan.js';
import type { ReclaimAttempts } from './use-cases/reclaim-attempts.js';
import type { TakeInArtifacts } from './use-cases/take-in-artifacts.js';
import type { RecordReport } from './use-cases/record-report.js';

/** Called after anything that may let the next round do something. */
export type Wake = () => void;

export function onWorkReported(record: RecordReport, wake: Wake): Handler<typeof WorkReported> {
  return async (report) => {
    const outcome = await record.execute(report);
    wake();
    return outcome;
  };
}

/** The ledger has the artifact already; the event only says that looking is worth while now. */
export function onArtifactPublished(
  artifacts: Pick<TakeInArtifacts, 'note'>,
  wake: Wake,
): Handler<typeof ArtifactPublished> {
  return ({ jobId }) => {
    artifacts.note(jobId);
    wake();
    return Promise.resolve({ kind: 'done' });
  };
}

export function onReclaimRequested(reclaim: ReclaimAttempts, wake: Wake): Handler<typeof ReclaimRequested> {
  return async ({ attemptIds, reason }) => {
    await reclaim.byId(attemptIds, reason);
    wake();
    return { kind: 'done' };
  };
}

export function onQuarantineAsked(
  keep: KeepQuarantine,
  wake: Wake,
): (asked: QuarantineAsked) => Promise<QuarantineAnswered> {
  return async (asked) => {
    const answer = await keep.execute(asked);
    wake();
    return answer;
  };
}

export function onPauseAsked(
  keep: Pick<KeepPauses, 'execute'>,
  wake: Wake,
): (asked: PauseAsked) => Promise<PauseAnswered> {
  return async (asked) => {
    const answer = await keep.execute(asked);
    wake();
    return answer;
  };
}

export function onPlanAsked(make: MakePlan, wake: Wake): (asked: PlanAsked) => Promise<PlanAnswered> {
  return async (asked) => {
    const answer = await make.execute(asked);
    wake();
    return answer;
  };
}

export function onScheduleAsked(
  keep: KeepSchedules,
  wake: Wake,
): (asked: ScheduleAsked) => Promise<ScheduleAnswered> {
  return async (asked) => {
    const answer = await keep.execute(asked);
    wake();
    return answer;
  };
}
