import type { DroneHeartbeat } from '@swarm/contracts';

import type { MonitorPorts } from '../monitor.ports.js';
import type { JudgeDrones } from './judge-drones.js';

/** A sign of life came. That of an unknown drone, or of an incarnation that never enrolled, counts for nothing (S13). */
export class NoteHeartbeat {
  constructor(
    private readonly ports: MonitorPorts,
    private readonly judge: JudgeDrones,
  ) {}

  async execute(beat: DroneHeartbeat): Promise<boolean> {
    const at = this.ports.clock.now();
    const known = await this.ports.drones.recordSign(beat.drone, {
      incarnation: beat.incarnation,
      sequence: beat.sequence,
      at,
      attempts: beat.attempts,
      draining: beat.draining,
      load1: beat.load1,
      freeDiskBytes: beat.freeDiskBytes,
      freeMemoryBytes: beat.freeMemoryBytes,
      details: {
        pressure: beat.pressure,
        clockOffsetMs: Date.parse(beat.at) - at.getTime(),
        agentVersion: beat.agentVersion,
        portageVersion: beat.portageVersion,
        uploadPath: beat.uploadPath,
        fingerprint: beat.fingerprint,
        drainReason: beat.drainReason,
      },
    });
    if (!known) {
      this.ports.log.warn(
        { drone: beat.drone, incarnation: beat.incarnation },
        'sign of an unknown drone ignored',
      );
      return false;
    }
    // A drone that comes back is back at once, not at the next sweep.
    await this.judge.one(beat.drone);
    return true;
  }
}
