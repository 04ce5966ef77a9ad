import {
  ArtifactPublished,
  DroneMoved,
  PauseAnswered,
  PauseAsked,
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

import { compose, type UseCases } from './compose.js';
import {
  onArtifactPublished,
  onPauseAsked,
  onPlanAsked,
  onQuarantineAsked,
  onReclaimRequested,
  onScheduleAsked,
  onWorkReported,
} from './scheduler.handlers.js';
import type { SchedulerPorts } from './scheduler.ports.js';

/** The scheduler at work: its consumers and its rounds. Only the leader starts it. */
export class SchedulerService {
  #subscriptions: Subscription[] = [];
  readonly #writer: JobWriter;
  readonly #loop: RoundLoop;
  readonly #does: UseCases;

  constructor(
    ports: SchedulerPorts,
    private readonly bus: MessageBus,
    scanMs: number,
  ) {
    this.#writer = new JobWriter(ports.jobs);
    const does = compose(ports, this.#writer);
    const round = async (): Promise<void> => {
      await does.schedules.execute();
      await does.round.execute();
    };
    this.#does = does;
    this.#loop = new RoundLoop(round, scanMs, ports.log);
  }

  async start(leading: Leading): Promise<void> {
    this.#writer.lead(leading.fence, (error) => leading.abandon(error));
    // Whoever led meanwhile has moved what is on the board.
    this.#does.keeper.distrust();
    const wake = (): void => {
      this.#loop.wake();
    };
    const { bus } = this;
    const { record, artifacts, reclaim, makePlan, pauses, quarantine, keepSchedules, schedules, explain } =
      this.#does;
    const wakeSchedules = (): void => {
      schedules.hurry();
      wake();
    };
    this.#subscriptions.push(
      await bus.consume(WorkReported, 'scheduler', onWorkReported(record, wake)),
      await bus.consume(ArtifactPublished, 'scheduler-artifacts', onArtifactPublished(artifacts, wake), {
        from: 'new',
      }),
      await bus.consume(ReclaimRequested, 'scheduler-reclaims', onReclaimRequested(reclaim, wake), {
        from: 'new',
      }),
      await bus.watch(DroneMoved, wake, { from: 'new' }),
      await bus.answer(PlanAsked, PlanAnswered, onPlanAsked(makePlan, wake)),
      await bus.answer(PauseAsked, PauseAnswered, onPauseAsked(pauses, wake)),
      await bus.answer(QuarantineAsked, QuarantineAnswered, onQuarantineAsked(quarantine, wake)),
      await bus.answer(ScheduleAsked, ScheduleAnswered, onScheduleAsked(keepSchedules, wakeSchedules)),
      await bus.answer(WhyAsked, WhyAnswered, (asked) => explain.execute(asked)),
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
