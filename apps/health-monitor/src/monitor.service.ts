import {
  DroneEnrolled,
  DroneEnrolling,
  DroneHeartbeat,
  DroneOrderAnswered,
  DroneOrderAsked,
  type MessageBus,
  type Subscription,
} from '@swarm/contracts';
import { RoundLoop } from '@swarm/platform';

import type { MonitorPorts } from './monitor.ports.js';
import { CarryOutOrders } from './use-cases/carry-out-orders.js';
import { EnrolDrone } from './use-cases/enrol-drone.js';
import { JudgeDrones } from './use-cases/judge-drones.js';
import { NoteHeartbeat } from './use-cases/note-heartbeat.js';
import type { SettleHeld } from './use-cases/settle-held.js';
import type { WatchSchedules } from './use-cases/watch-schedules.js';

/** The health monitor at work: answers drones, notes their signs, judges their silence. Only the leader starts it. */
export class MonitorService {
  #subscriptions: Subscription[] = [];
  readonly #judge: JudgeDrones;
  readonly #sweep: RoundLoop;

  constructor(
    private readonly ports: MonitorPorts,
    private readonly bus: MessageBus,
    watch: Pick<WatchSchedules, 'execute'>,
    held: Pick<SettleHeld, 'execute'>,
  ) {
    this.#judge = new JudgeDrones(ports);
    this.#sweep = new RoundLoop(
      async () => {
        await watch.execute();
        await this.#judge.all();
        await held.execute();
      },
      ports.heartbeatMs,
      ports.log,
    );
  }

  async start(): Promise<void> {
    const orders = new CarryOutOrders(this.ports);
    const enrol = new EnrolDrone(this.ports);
    const note = new NoteHeartbeat(this.ports, this.#judge);
    const onBeat = (beat: DroneHeartbeat): void => {
      note.execute(beat).catch((error: unknown) => {
        // One sign is lost; the next one follows in a few seconds.
        this.ports.log.warn({ drone: beat.drone, error: String(error) }, 'sign of life not stored');
      });
    };
    this.#subscriptions.push(
      await this.bus.answer(DroneEnrolling, DroneEnrolled, (asked) => enrol.execute(asked)),
      await this.bus.answer(DroneOrderAsked, DroneOrderAnswered, (asked) => orders.execute(asked)),
      await this.bus.watch(DroneHeartbeat, onBeat, { from: 'new' }),
    );
    this.#sweep.start();
  }

  async stop(): Promise<void> {
    for (const subscription of this.#subscriptions) subscription.stop();
    await this.#sweep.stop();
    await Promise.all(this.#subscriptions.map(({ finished }) => finished));
    this.#subscriptions = [];
  }
}
