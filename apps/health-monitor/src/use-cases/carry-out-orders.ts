import { outgoing, type DroneOrderAnswered, type DroneOrderAsked } from '@swarm/contracts';
import { carryOut, defaultGrounding, verdict, type Drone, type OrderContext } from '@swarm/domain-drone';
import type { Outgoing } from '@swarm/kernel';

import type { MonitorPorts } from '../monitor.ports.js';

/** Writers that are first are rare; losing this often in a row is a fault. */
const MAX_CONTENTIONS = 8;

/** What a person wants of a drone: stored with its author, reason and event, or not at all. */
export class CarryOutOrders {
  constructor(private readonly ports: MonitorPorts) {}

  async execute(asked: DroneOrderAsked): Promise<DroneOrderAnswered> {
    const { requestId, drone: name, wish } = asked;
    const answer = (
      outcome: DroneOrderAnswered['outcome'],
      state: string,
      reason = '',
    ): DroneOrderAnswered => ({
      ...{ requestId, outcome, state, reason },
    });
    for (let tries = 0; tries < MAX_CONTENTIONS; tries += 1) {
      const found = await this.ports.drones.find(name);
      if (!found) return answer('unknown', '', `there is no drone ${name}`);
      const { value: before, revision } = found;
      const decision = carryOut(before, wish, this.#context(asked));
      if (decision.kind !== 'changed') return answer(decision.kind, before.state, decision.because);
      const news = this.#news(asked, before, decision.drone);
      if ((await this.ports.drones.save(decision.drone, revision, news)) === 'conflict') continue;
      const { author, reason } = asked;
      this.ports.log.info({ drone: name, order: wish.kind, author, reason }, 'drone ordered');
      return answer('done', decision.drone.state);
    }
    return answer('refused', '', `the row of ${name} was being changed by others; ask again`);
  }

  #context({ author, reason }: DroneOrderAsked): OrderContext {
    const { clock, liveness } = this.ports;
    const now = clock.now();
    return {
      ...{ by: author, reason, now, policy: defaultGrounding },
      // The sweep looks at how long it could listen; an order asks only what the last sign says.
      heardOf: (drone) => verdict(drone, now, liveness, drone.lastSign.at),
    };
  }

  #news({ wish, author, reason }: DroneOrderAsked, before: Drone, after: Drone): Outgoing[] {
    const [id, moveId] = [this.ports.newId(), this.ports.newId()];
    const stamp = { at: this.ports.clock.now().toISOString(), drone: after.name };
    const until = wish.kind === 'ground' ? (after.grounding?.until?.toISOString() ?? null) : null;
    const ordered = outgoing('DroneOrdered', id, {
      ...{ id, ...stamp, order: wish.kind, author, reason, until },
    });
    if (before.state === after.state) return [ordered];
    const { reason: why } = after;
    const moved = outgoing('DroneMoved', moveId, {
      ...{ id: moveId, ...stamp, from: before.state, to: after.state, reason: why },
    });
    return [ordered, moved];
  }
}
