import { DroneMoved, type MessageBus, type Subscription } from '@swarm/contracts';
import { RoundLoop } from '@swarm/platform';

import type { HealerPorts } from './healer.ports.js';
import { ReclaimLostWork } from './use-cases/reclaim-lost-work.js';

/** The healer at work: it looks at the fleet again and again, and at once when a drone moved. Only the leader starts it. */
export class HealerService {
  #subscription: Subscription | undefined;
  readonly #sweep: RoundLoop;

  constructor(
    ports: HealerPorts,
    private readonly bus: MessageBus,
    sweepMs: number,
  ) {
    const reclaim = new ReclaimLostWork(ports);
    this.#sweep = new RoundLoop(
      async () => {
        await reclaim.execute();
      },
      sweepMs,
      ports.log,
    );
  }

  async start(): Promise<void> {
    this.#subscription = await this.bus.watch(
      DroneMoved,
      () => {
        this.#sweep.wake();
      },
      { from: 'new' },
    );
    this.#sweep.start();
  }

  async stop(): Promise<void> {
    this.#subscription?.stop();
    await this.#sweep.stop();
    await this.#subscription?.finished;
    this.#subscription = undefined;
  }
}
