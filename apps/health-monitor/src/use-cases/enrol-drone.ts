import { outgoing, type DroneEnrolled, type DroneEnrolling } from '@swarm/contracts';
import type { Drone, DroneState, Order } from '@swarm/domain-drone';

import type { MonitorPorts } from '../monitor.ports.js';

/** Writers that are first are rare; losing this often in a row is a fault. */
const MAX_CONTENTIONS = 5;

/** Lets a drone in that can prove that it belongs to this swarm (S13), and notes its new incarnation. */
export class EnrolDrone {
  constructor(private readonly ports: MonitorPorts) {}

  async execute(asked: DroneEnrolling): Promise<DroneEnrolled> {
    const refuse = (reason: string): DroneEnrolled => {
      this.ports.log.warn({ drone: asked.drone, reason }, 'enrolment refused');
      return { drone: asked.drone, accepted: false, reason, heartbeatMs: this.ports.heartbeatMs };
    };
    if (!this.ports.isGenuine(`${asked.drone}:${asked.incarnation}`, asked.proof)) {
      return refuse(
        'the proof does not fit: is SWARM_ENROLMENT_KEY the same on the drone and the health monitor?',
      );
    }
    for (let tries = 0; tries < MAX_CONTENTIONS; tries += 1) {
      const found = await this.ports.drones.find(asked.drone);
      if (found?.value.state === 'retired')
        return refuse('this drone was retired; enrol it under another name');
      const drone = this.#enrolled(asked, found?.value);
      const saved = await this.ports.drones.save(drone, found?.revision ?? 0, [
        this.#moved(drone, found?.value),
      ]);
      if (saved === 'conflict') continue;
      this.ports.log.info({ drone: drone.name, incarnation: drone.incarnation }, 'drone enrolled');
      return { drone: drone.name, accepted: true, reason: '', heartbeatMs: this.ports.heartbeatMs };
    }
    return refuse('its row was being changed by others; it will be let in on the next try');
  }

  #enrolled(asked: DroneEnrolling, before: Drone | undefined): Drone {
    const now = this.ports.clock.now();
    const { drone: name, incarnation, profile, executor, slots, cores, memoryBytes, portageVersion } = asked;
    const grounding = before?.grounding ?? null;
    const drain = before?.drain ?? null;
    const state = stateAfterStart(before, drain);
    return {
      name,
      state,
      reason: state === 'grounded' || state === 'draining' ? (before?.reason ?? '') : 'enrolled',
      incarnation,
      enrolledAt: before?.enrolledAt ?? now,
      capabilities: { profile, executor, slots, cores, memoryBytes, portageVersion },
      lastSign: {
        incarnation,
        sequence: 0,
        at: now,
        attempts: [],
        draining: false,
        load1: 0,
        freeDiskBytes: 0,
        freeMemoryBytes: 0,
      },
      grounding,
      badUpload: before?.badUpload ?? null,
      drain,
    };
  }

  #moved(drone: Drone, before: Drone | undefined): ReturnType<typeof outgoing> {
    const id = this.ports.newId();
    return outgoing('DroneMoved', id, {
      id,
      at: this.ports.clock.now().toISOString(),
      drone: drone.name,
      from: before?.state ?? 'unknown',
      to: drone.state,
      reason: drone.reason,
    });
  }
}

/** A restart proves nothing: who was grounded or drained stays so, and who owed a canary owes it still (S2). */
function stateAfterStart(before: Drone | undefined, drain: Order | null): DroneState {
  if (before?.state === 'grounded') return 'grounded';
  if (drain !== null) return 'draining';
  return before?.grounding ? 'probation' : 'online';
}
