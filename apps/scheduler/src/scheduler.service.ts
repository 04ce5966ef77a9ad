import {
  ArtifactPublished,
  DroneMoved,
  PlanAnswered,
  PlanAsked,
  QuarantineAnswered,
  QuarantineAsked,
  ReclaimRequested,
  ScheduleAnswered,
  ScheduleAsked,
  WhyAnswered,
  WhyAsked,
  WorkReported,
  type MessageBus,
  type Subscription,
} from '@swarm/contracts';
import { JobWriter, type Leading } from '@swarm/control-plane';
import { RoundLoop } from '@swarm/platform';

import {
  onArtifactPublished,
  onPlanAsked,
  onQuarantineAsked,
  onReclaimRequested,
  onScheduleAsked,
  onWorkReported,
} from './scheduler.handlers.js';
import type { SchedulerPorts } from './scheduler.ports.js';
import { AdvanceJobs } from './use-cases/advance-jobs.js';
import { AdvanceRuns } from './use-cases/advance-runs.js';
import { BlameFailure } from './use-cases/blame-failure.js';
import { CancelPlan } from './use-cases/cancel-plan.js';
import { BuildTimes } from './use-cases/build-times.js';
import { DelegateJob } from './use-cases/delegate-job.js';
import { ExplainJob } from './use-cases/explain-job.js';
import { FireSchedules } from './use-cases/fire-schedules.js';
import { FollowAbi } from './use-cases/follow-abi.js';
import { KeepSchedules } from './use-cases/keep-schedules.js';
import { KeepQuarantine } from './use-cases/keep-quarantine.js';
import { MakePlan } from './use-cases/make-plan.js';
import { MoveJob } from './use-cases/move-job.js';
import { PlacementBoard } from './use-cases/placement-board.js';
import { ReclaimAttempts } from './use-cases/reclaim-attempts.js';
import { RecordReport } from './use-cases/record-report.js';
import { Refusals } from './use-cases/refusals.js';
import { ResolvePlans } from './use-cases/resolve-plans.js';
import { RunRound } from './use-cases/run-round.js';
import { RunSchedules } from './use-cases/run-schedules.js';
import { Strikes } from './use-cases/strikes.js';

/** The scheduler at work: its consumers and its rounds. Only the leader starts it. */
export class SchedulerService {
  #subscriptions: Subscription[] = [];
  readonly #writer: JobWriter;
  readonly #loop: RoundLoop;
  readonly #round: RunRound;
  readonly #makePlan: MakePlan;
  readonly #keepSchedules: KeepSchedules;
  readonly #schedules: RunSchedules;
  readonly #quarantine: KeepQuarantine;
  readonly #record: RecordReport;
  readonly #reclaim: ReclaimAttempts;
  readonly #explain: ExplainJob;

  constructor(
    ports: SchedulerPorts,
    private readonly bus: MessageBus,
    scanMs: number,
  ) {
    this.#writer = new JobWriter(ports.jobs);
    const move = new MoveJob(ports, this.#writer);
    const refusals = new Refusals(ports.clock);
    const strikes = new Strikes(ports, move);
    const resolve = new ResolvePlans(ports, refusals);
    this.#quarantine = new KeepQuarantine(ports, move);
    this.#reclaim = new ReclaimAttempts(ports, move);
    this.#record = new RecordReport(ports, {
      ...{ move, resolve, refusals, strikes },
      blame: new BlameFailure(ports),
    });
    const advance = new AdvanceRuns(ports, new CancelPlan(ports, move));
    this.#schedules = new RunSchedules(ports, new FireSchedules(ports), advance);
    this.#keepSchedules = new KeepSchedules(ports);
    this.#makePlan = new MakePlan(ports, advance);
    const board = new PlacementBoard(ports, refusals, new BuildTimes(ports));
    this.#explain = new ExplainJob(ports, () => board.view);
    this.#round = new RunRound(ports, {
      resolve,
      board,
      strikes,
      reclaim: this.#reclaim,
      advance: new AdvanceJobs(ports, move),
      delegate: new DelegateJob(ports, move),
      followAbi: new FollowAbi(ports, this.#makePlan),
    });
    const round = async (): Promise<void> => {
      await this.#schedules.execute();
      await this.#round.execute();
    };
    this.#loop = new RoundLoop(round, scanMs, ports.log);
  }

  async start(leading: Leading): Promise<void> {
    this.#writer.lead(leading.fence, (error) => leading.abandon(error));
    const wake = (): void => {
      this.#loop.wake();
    };
    const wakeSchedules = (): void => {
      this.#schedules.hurry();
      wake();
    };
    const { bus } = this;
    this.#subscriptions.push(
      await bus.consume(WorkReported, 'scheduler', onWorkReported(this.#record, wake)),
      await bus.consume(ArtifactPublished, 'scheduler-artifacts', onArtifactPublished(wake), { from: 'new' }),
      await bus.consume(ReclaimRequested, 'scheduler-reclaims', onReclaimRequested(this.#reclaim, wake), {
        from: 'new',
      }),
      await bus.watch(DroneMoved, wake, { from: 'new' }),
      await bus.answer(PlanAsked, PlanAnswered, onPlanAsked(this.#makePlan, wake)),
      await bus.answer(QuarantineAsked, QuarantineAnswered, onQuarantineAsked(this.#quarantine, wake)),
      await bus.answer(ScheduleAsked, ScheduleAnswered, onScheduleAsked(this.#keepSchedules, wakeSchedules)),
      await bus.answer(WhyAsked, WhyAnswered, (asked) => this.#explain.execute(asked)),
    );
    this.#loop.start();
  }

  /** Takes no more messages, and finishes the round and the messages in hand. */
  async stop(): Promise<void> {
    for (const subscription of this.#subscriptions) subscription.stop();
    await this.#loop.stop();
    await Promise.all(this.#subscriptions.map(({ finished }) => finished));
    this.#subscriptions = [];
  }
}
