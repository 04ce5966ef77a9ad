import type { DroneRepository, LivenessPolicy, RecoveryRepository } from '@swarm/domain-drone';
import type { HealingPolicy, HealingRepository, HostAccess, HostBook, Pager } from '@swarm/domain-healing';
import type { JobRepository } from '@swarm/domain-job';
import type { Clock, Log } from '@swarm/kernel';

/** What rung 1 needs from outside. */
export interface ReclaimPorts {
  readonly drones: Pick<DroneRepository, 'all'>;
  readonly jobs: Pick<JobRepository, 'openAttempts'>;
  readonly recovery: RecoveryRepository;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly log: Log;
  readonly liveness: LivenessPolicy;
  readonly rung1CooldownMs: number;
}

/** What rungs 2 to 4 need from outside. */
export interface LadderPorts {
  readonly drones: Pick<DroneRepository, 'all' | 'find'>;
  readonly hosts: HostBook;
  readonly healing: HealingRepository;
  readonly access: HostAccess;
  readonly pager: Pager;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly log: Log;
  readonly healingPolicy: HealingPolicy;
}

/** Everything that the healer's use cases need from outside. */
export type HealerPorts = ReclaimPorts & LadderPorts;
