import { outgoing } from '@swarm/contracts';
import { nextDroneState, signed, silenceMs, verdict, type Drone, type DroneState } from '@swarm/domain-drone';
import type { Versioned } from '@swarm/kernel';

import type { MonitorPorts } from '../monitor.ports.js';

/** Why a drone that was heard is in its new state; every other move of this service is for silence. */
const reasons: Readonly<Partial<Record<DroneState, string>>> = {
  online: 'it is heard again',
  probation: 'it is heard again, and builds one job before it gets more',
};

/** Turns silence, and its end, into states: one row update under a revision each (S8). */
export class JudgeDrones {
  /** Since when signs of life could be heard without a break. */
  #listeningSince: Date;
  /** When the fleet was looked at last, from beginning to end. */
  #lookedAt: Date;

  constructor(private readonly ports: MonitorPorts) {
    this.#listeningSince = ports.clock.now();
    this.#lookedAt = this.#listeningSince;
  }

  /** Judges nobody while the monitor itself is deaf or stands still; what was silent meanwhile gets its full time again. */
  async all(): Promise<void> {
    if (!(await this.ports.canHear())) {
      this.#listeningSince = this.ports.clock.now();
      this.ports.log.warn({}, 'no drone is judged: NATS does not answer');
      return;
    }
    const drones = await this.ports.drones.all();
    this.#noteStandstill();
    for (const drone of drones) await this.#judge(drone);
    this.#lookedAt = this.ports.clock.now();
  }

  /**
   * After a ledger that did not answer, a machine that slept, a wait for the lead: signs that came meanwhile are not in
   * what was read, and their absence proves nothing (S31).
   */
  #noteStandstill(): void {
    const { clock, liveness, log } = this.ports;
    const now = clock.now();
    const stoodMs = now.getTime() - this.#lookedAt.getTime();
    if (stoodMs <= liveness.offlineAfterMs) return;
    this.#listeningSince = now;
    log.warn({ stoodMs }, 'no drone is judged by what came before: the monitor stood still');
  }

  async one(name: string): Promise<void> {
    const drone = await this.ports.drones.find(name);
    if (drone) await this.#judge(drone);
  }

  async #judge({ value: drone, revision }: Versioned<Drone>): Promise<void> {
    const now = this.ports.clock.now();
    const event = verdict(drone, now, this.ports.liveness, this.#listeningSince);
    const next = nextDroneState(drone.state, event.type);
    if (next === undefined || next === drone.state) return;

    const silent = Math.round(silenceMs(drone, now) / 1000);
    const reason = reasons[next] ?? (next === 'draining' ? drainReason(drone) : `silent for ${silent} s`);
    const id = this.ports.newId();
    const saved = await this.ports.drones.save({ ...drone, state: next, reason }, revision, [
      outgoing('DroneMoved', id, {
        id,
        at: now.toISOString(),
        drone: drone.name,
        from: drone.state,
        to: next,
        reason,
      }),
    ]);
    // Another writer was first: the next sweep judges what that one stored.
    if (saved === 'saved')
      this.ports.log.info({ drone: drone.name, from: drone.state, to: next, reason }, 'drone moved');
  }
}

/** A person's order comes first; else what the drone says of itself. */
function drainReason({ drain, lastSign }: Drone): string {
  if (drain !== null) return `drained by ${signed(drain)}`;
  const own = lastSign.details?.drainReason ?? '';
  return own === '' ? 'it takes no more work' : `it takes no more work: ${own}`;
}
