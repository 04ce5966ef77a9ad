import type { DroneRepository, LivenessPolicy, RecoveryRepository } from '@swarm/domain-drone';
import type { JobRepository } from '@swarm/domain-job';
import type { Clock, Log } from '@swarm/kernel';

/** Everything that the healer's use cases need from outside. */
export interface HealerPorts {
  readonly drones: Pick<DroneRepository, 'all'>;
  readonly jobs: Pick<JobRepository, 'openAttempts'>;
  readonly recovery: RecoveryRepository;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly log: Log;
  readonly liveness: LivenessPolicy;
  readonly rung1CooldownMs: number;
}
