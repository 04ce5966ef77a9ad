import type { JobRepository } from '@swarm/domain-job';

import type { SchedulerPorts } from './scheduler.ports.js';
import { AdvanceRuns } from './use-cases/advance-runs.js';
import { BlameFailure } from './use-cases/blame-failure.js';
import { BoardKeeper } from './use-cases/board-keeper.js';
import { BuildTimes } from './use-cases/build-times.js';
import { CancelPlan } from './use-cases/cancel-plan.js';
import { DelegateJob } from './use-cases/delegate-job.js';
import { ExplainJob } from './use-cases/explain-job.js';
import { FireSchedules } from './use-cases/fire-schedules.js';
import { FollowAbi } from './use-cases/follow-abi.js';
import { KeepHeld } from './use-cases/keep-held.js';
import { KeepPauses } from './use-cases/keep-pauses.js';
import { KeepQuarantine } from './use-cases/keep-quarantine.js';
import { KeepSchedules } from './use-cases/keep-schedules.js';
import { MakePlan } from './use-cases/make-plan.js';
import { MoveJob } from './use-cases/move-job.js';
import { PlacementFacts } from './use-cases/placement-facts.js';
import { ReclaimAttempts } from './use-cases/reclaim-attempts.js';
import { RecordReport } from './use-cases/record-report.js';
import { Refusals } from './use-cases/refusals.js';
import { ResolvePlans } from './use-cases/resolve-plans.js';
import { RunRound } from './use-cases/run-round.js';
import { RunSchedules } from './use-cases/run-schedules.js';
import { ScanLedger } from './use-cases/scan-ledger.js';
import { Strikes } from './use-cases/strikes.js';
import { TakeInArtifacts } from './use-cases/take-in-artifacts.js';

/** What a scheduler can be asked to do; all of it shares one board. */
export interface UseCases {
  readonly keeper: BoardKeeper;
  readonly move: MoveJob;
  readonly round: RunRound;
  readonly scan: ScanLedger;
  readonly schedules: RunSchedules;
  readonly record: RecordReport;
  readonly reclaim: ReclaimAttempts;
  readonly artifacts: TakeInArtifacts;
  readonly makePlan: MakePlan;
  readonly cancelPlan: CancelPlan;
  readonly pauses: KeepPauses;
  readonly quarantine: KeepQuarantine;
  readonly keepSchedules: KeepSchedules;
  readonly explain: ExplainJob;
}

/** The use cases of one scheduler over its ports. `store` is where moves of jobs are written, in the order given. */
export function compose(ports: SchedulerPorts, store: Pick<JobRepository, 'save'>): UseCases {
  const times = new BuildTimes(ports);
  const keeper = new BoardKeeper(ports, store, times);
  const move = new MoveJob(ports, keeper, store);
  const refusals = new Refusals(ports.clock);
  const strikes = new Strikes(ports, move);
  const resolve = new ResolvePlans(ports, refusals);
  const reclaim = new ReclaimAttempts(ports, move);
  const artifacts = new TakeInArtifacts(ports, keeper, move);
  const scan = new ScanLedger(ports, keeper, artifacts);
  const facts = new PlacementFacts(ports, refusals, times);
  const cancelPlan = new CancelPlan(ports, move, keeper);
  const advance = new AdvanceRuns(ports, cancelPlan);
  const makePlan = new MakePlan(ports, advance);
  const pauses = new KeepPauses(ports);
  const round = new RunRound(ports, {
    ...{ keeper, artifacts, scan, reclaim, facts, resolve, strikes, pauses },
    keepHeld: new KeepHeld(ports, move),
    delegate: new DelegateJob(ports, move),
    followAbi: new FollowAbi(ports, makePlan),
  });
  return {
    ...{ keeper, move, round, scan, reclaim, artifacts, makePlan, cancelPlan, pauses },
    schedules: new RunSchedules(ports, new FireSchedules(ports), advance),
    record: new RecordReport(ports, {
      ...{ move, resolve, refusals, strikes },
      blame: new BlameFailure(ports, move),
    }),
    quarantine: new KeepQuarantine(ports, move),
    keepSchedules: new KeepSchedules(ports),
    explain: new ExplainJob(ports, () => facts.view),
  };
}
