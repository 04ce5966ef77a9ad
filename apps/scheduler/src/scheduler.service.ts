import {
  ArtifactPublished,
  DroneMoved,
  PlanAnswered,
  PlanAsked,
  ReclaimRequested,
  WorkReported,
  type MessageBus,
  type Subscription,
} from '@swarm/contracts';
import { RoundLoop } from '@swarm/platform';

import {
  onArtifactPublished,
  onPlanAsked,
  onReclaimRequested,
  onWorkReported,
} from './scheduler.handlers.js';
import type { SchedulerPorts } from './scheduler.ports.js';
import { AdvanceJobs } from './use-cases/advance-jobs.js';
import { BlameFailure } from './use-cases/blame-failure.js';
import { DelegateJob } from './use-cases/delegate-job.js';
import { FollowAbi } from './use-cases/follow-abi.js';
import { MakePlan } from './use-cases/make-plan.js';
import { MoveJob } from './use-cases/move-job.js';
import { ReclaimAttempts } from './use-cases/reclaim-attempts.js';
import { RecordReport } from './use-cases/record-report.js';
import { Refusals } from './use-cases/refusals.js';
import { ResolvePlans } from './use-cases/resolve-plans.js';
import { RunRound } from './use-cases/run-round.js';
import { Strikes } from './use-cases/strikes.js';

/** The scheduler at work: its consumers and its rounds. Only the leader starts it. */
export class SchedulerService {
  #subscriptions: Subscription[] = [];
  readonly #loop: RoundLoop;
  readonly #round: RunRound;
  readonly #makePlan: MakePlan;
  readonly #record: RecordReport;
  readonly #reclaim: ReclaimAttempts;

  constructor(
    ports: SchedulerPorts,
    private readonly bus: MessageBus,
    scanMs: number,
  ) {
    const move = new MoveJob(ports);
    const refusals = new Refusals(ports.clock);
    const strikes = new Strikes(ports, move);
    const resolve = new ResolvePlans(ports, refusals);
    this.#reclaim = new ReclaimAttempts(ports, move);
    this.#record = new RecordReport(ports, {
      ...{ move, resolve, refusals, strikes },
      blame: new BlameFailure(ports),
    });
    this.#makePlan = new MakePlan(ports);
    this.#round = new RunRound(ports, {
      resolve,
      refusals,
      strikes,
      reclaim: this.#reclaim,
      advance: new AdvanceJobs(ports, move),
      delegate: new DelegateJob(ports, move),
      followAbi: new FollowAbi(ports, this.#makePlan),
    });
    this.#loop = new RoundLoop(() => this.#round.execute(), scanMs, ports.log);
  }

  async start(): Promise<void> {
    const wake = (): void => {
      this.#loop.wake();
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
