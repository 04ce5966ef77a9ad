import { type MessageBus, type Subscription, WorkStopped } from '@swarm/contracts';
import type { Logger } from '@swarm/platform';

import type { DroneIdentity } from '../ports/surroundings.js';
import type { WorkInHand } from './work-in-hand.js';

export interface StopPorts {
  readonly identity: DroneIdentity;
  readonly bus: MessageBus;
  readonly hand: WorkInHand;
  readonly logger: Logger;
}

/** Stops what the swarm has given to another, or taken back for good: nobody waits for it any more (S3, Q24). */
export class HeedStops {
  constructor(private readonly ports: StopPorts) {}

  start(): Promise<Subscription> {
    const { bus, identity } = this.ports;
    const { drone } = identity;
    return bus.watch(WorkStopped, (stopped) => this.#heed(stopped), { where: { drone }, from: 'new' });
  }

  #heed({ incarnation, attemptId, reason }: WorkStopped): void {
    const { identity, hand, logger } = this.ports;
    // Meant for an earlier start of this agent, which is gone with its work.
    if (incarnation !== identity.incarnation) return;
    if (hand.stop(attemptId, reason)) logger.warn({ attemptId, reason }, 'told to stop an attempt');
  }
}
