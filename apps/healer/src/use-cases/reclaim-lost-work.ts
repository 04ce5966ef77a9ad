import { outgoing } from '@swarm/contracts';
import { isLost, silenceMs, type Drone } from '@swarm/domain-drone';
import type { Attempt } from '@swarm/domain-job';

import type { ReclaimPorts } from '../healer.ports.js';

/**
 * Rung 1 of the ladder: the work of a drone that is lost goes back to needed.
 * Looks at the ledger, not at events, so nothing that was missed stays lost; asks again until it is done.
 */
export class ReclaimLostWork {
  constructor(private readonly ports: ReclaimPorts) {}

  /** Resolves to the number of drones for which it asked. */
  async execute(): Promise<number> {
    const { drones, jobs, clock, liveness } = this.ports;
    const now = clock.now();
    const lost = (await drones.all())
      .map(({ value }) => value)
      .filter((drone) => isLost(drone, now, liveness));
    if (lost.length === 0) return 0;
    const open = await jobs.openAttempts();
    let asked = 0;
    for (const drone of lost) {
      const held = open.filter((attempt) => attempt.drone === drone.name);
      if (held.length > 0 && (await this.#ask(drone, held, now))) asked += 1;
    }
    return asked;
  }

  async #ask(drone: Drone, held: readonly Attempt[], now: Date): Promise<boolean> {
    const { recovery, newId, log, rung1CooldownMs } = this.ports;
    const latest = await recovery.latest(drone.name);
    if (latest?.rung === 1 && now.getTime() - latest.at.getTime() < rung1CooldownMs) return false;

    const reason = `${drone.name} is lost: silent for ${Math.round(silenceMs(drone, now) / 1000)} s`;
    const id = newId();
    const attemptIds = held.map((attempt) => attempt.id);
    await recovery.begin(
      { id, drone: drone.name, rung: 1, at: now, action: `reclaim ${held.length} attempts`, reason },
      [
        outgoing('ReclaimRequested', id, {
          id,
          at: now.toISOString(),
          drone: drone.name,
          attemptIds,
          reason,
        }),
      ],
    );
    log.warn({ drone: drone.name, attempts: held.length, reason }, 'reclaim asked for');
    return true;
  }
}
