import { DroneHeartbeat, type MessageBus } from '@swarm/contracts';
import type { Clock } from '@swarm/kernel';
import type { Logger } from '@swarm/platform';

import type { Executor } from '../ports/executor.js';
import type { OwnerPause } from '../ports/owner-pause.js';
import type { DroneIdentity, Timer, VitalsReader } from '../ports/surroundings.js';
import type { PathHealth } from './path-health.js';
import { pausedText } from './paused-text.js';
import type { Shutdown } from './shutdown.js';
import type { WorkInHand } from './work-in-hand.js';

export interface HeartbeatPorts {
  readonly identity: DroneIdentity;
  readonly bus: MessageBus;
  readonly hand: WorkInHand;
  readonly shutdown: Shutdown;
  readonly pause: OwnerPause;
  readonly health: PathHealth;
  readonly executor: Pick<Executor, 'portageVersion'>;
  /** Digest of what decides a binary's ABI here; null until that was looked at. */
  readonly fingerprint: () => string | null;
  readonly vitals: VitalsReader;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly logger: Logger;
}

/** Says at a steady pace that the drone lives and what it holds; goes on while it drains. */
export class SendHeartbeats {
  #sequence = 0;

  constructor(private readonly ports: HeartbeatPorts) {}

  /** Beats until `signal`; the last beat says what is still in hand then: nothing. */
  async execute(everyMs: number, signal: AbortSignal): Promise<void> {
    const { shutdown, timer } = this.ports;
    while (!signal.aborted) {
      const { draining } = shutdown;
      await this.#beat();
      // A drain is told at once, not at the next beat.
      await timer.wait(everyMs, draining.aborted ? signal : AbortSignal.any([signal, draining]));
    }
    await this.#beat();
  }

  async #beat(): Promise<void> {
    const { identity, bus, hand, shutdown, pause, vitals, clock, logger } = this.ports;
    try {
      const paused = await pause.standing();
      await bus.publish(DroneHeartbeat, {
        drone: identity.drone,
        incarnation: identity.incarnation,
        sequence: this.#sequence++,
        at: clock.now().toISOString(),
        attempts: hand.list(),
        draining: shutdown.draining.aborted || paused !== undefined,
        drainReason: shutdown.draining.aborted ? 'it stops' : paused ? pausedText(paused) : '',
        ...(await vitals.read()),
        agentVersion: identity.agentVersion,
        portageVersion: this.ports.executor.portageVersion,
        uploadPath: this.ports.health.state,
        fingerprint: this.ports.fingerprint(),
      });
    } catch (error) {
      // The next one follows shortly; while there is no connection nobody could hear it anyway.
      logger.debug({ error }, 'heartbeat not sent');
    }
  }
}
