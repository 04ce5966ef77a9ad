import type { DroneRepository, LivenessPolicy } from '@swarm/domain-drone';
import type { Clock, Log } from '@swarm/kernel';

/** Everything that the monitor's use cases need from outside. */
export interface MonitorPorts {
  readonly drones: DroneRepository;
  readonly clock: Clock;
  readonly newId: () => string;
  /** True when the proof shows that its maker knows the enrolment key. Takes the same time for every wrong one. */
  readonly isGenuine: (claim: string, proof: string) => boolean;
  /** True when a round trip through NATS works: signs of life can reach us. */
  readonly canHear: () => Promise<boolean>;
  readonly log: Log;
  readonly liveness: LivenessPolicy;
  /** How often drones are told to send a sign of life. */
  readonly heartbeatMs: number;
}
