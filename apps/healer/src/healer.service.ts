import {
  DroneMoved,
  HealingAnswered,
  HealingAsked,
  type MessageBus,
  type Subscription,
} from '@swarm/contracts';
import { RoundLoop } from '@swarm/platform';

import type { HealerPorts } from './healer.ports.js';
import { AnswerOperator } from './use-cases/answer-operator.js';
import { CallPeople } from './use-cases/call-people.js';
import { ClimbLadder } from './use-cases/climb-ladder.js';
import { HealingRecord } from './use-cases/healing-record.js';
import { ReclaimLostWork } from './use-cases/reclaim-lost-work.js';
import { TreatHost } from './use-cases/treat-host.js';

/** The healer at work: it looks at the fleet again and again, and at once when a drone moved. Only the leader starts it. */
export class HealerService {
  readonly #subscriptions: Subscription[] = [];
  readonly #reclaims: RoundLoop;
  /** A loop of its own: a host that answers slowly must not keep lost work from others. */
  readonly #climbs: RoundLoop;
  readonly #operators: AnswerOperator;

  constructor(
    ports: HealerPorts,
    private readonly bus: MessageBus,
    sweepMs: number,
  ) {
    const record = new HealingRecord(ports);
    const reclaim = new ReclaimLostWork(ports);
    const climb = new ClimbLadder(ports, record, new TreatHost(ports, record), new CallPeople(ports, record));
    this.#operators = new AnswerOperator(ports, record);
    this.#reclaims = new RoundLoop(
      async () => {
        await reclaim.execute();
      },
      sweepMs,
      ports.log,
    );
    this.#climbs = new RoundLoop(
      async () => {
        await climb.execute();
      },
      sweepMs,
      ports.log,
    );
  }

  async start(): Promise<void> {
    const wake = (): void => {
      this.#reclaims.wake();
      this.#climbs.wake();
    };
    this.#subscriptions.push(await this.bus.watch(DroneMoved, wake, { from: 'new' }));
    const answer = async (asked: HealingAsked): Promise<HealingAnswered> => {
      const answered = await this.#operators.execute(asked);
      this.#climbs.wake();
      return answered;
    };
    this.#subscriptions.push(await this.bus.answer(HealingAsked, HealingAnswered, answer));
    this.#reclaims.start();
    this.#climbs.start();
  }

  async stop(): Promise<void> {
    for (const subscription of this.#subscriptions) subscription.stop();
    await Promise.all([this.#reclaims.stop(), this.#climbs.stop()]);
    for (const subscription of this.#subscriptions.splice(0)) await subscription.finished;
  }
}
