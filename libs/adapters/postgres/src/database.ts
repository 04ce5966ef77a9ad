import type { EventLog, Outbox } from '@swarm/contracts';
import type { DroneRepository, RecoveryRepository, StrikeRepository } from '@swarm/domain-drone';
import type { HealingRepository, HostBook } from '@swarm/domain-healing';
import type { Job, JobRepository } from '@swarm/domain-job';
import type { MaintenanceRepository } from '@swarm/domain-maintenance';
import type { PlanRepository, ProfileRepository } from '@swarm/domain-plan';
import type { ArtifactRepository, GenerationRepository } from '@swarm/domain-release';
import type { ScheduleRepository } from '@swarm/domain-schedule';
import type { PauseRepository } from '@swarm/domain-scheduling';

import type { Leader } from './leader.js';

export interface DatabaseOptions {
  readonly url: string;
  /** Connections for the repositories; leaders and the outbox's listener have one of their own each. Default 10. */
  readonly poolSize?: number;
  /** Name of the service: its outbox rows bear it, and only they are its outbox. */
  readonly source: string;
  /** Told when a connection is lost; each call rejects while Postgres is away and works again afterwards. */
  readonly onConnectionLost?: (error: Error) => void;
}

/** Every port to the ledger, as one service uses them. */
export interface Database extends AsyncDisposable {
  readonly jobs: JobRepository;
  readonly plans: PlanRepository<Job>;
  readonly profiles: ProfileRepository;
  readonly drones: DroneRepository;
  readonly strikes: StrikeRepository;
  readonly recovery: RecoveryRepository;
  readonly hosts: HostBook;
  readonly healing: HealingRepository;
  readonly artifacts: ArtifactRepository;
  readonly generations: GenerationRepository;
  readonly schedules: ScheduleRepository;
  readonly pauses: PauseRepository;
  readonly maintenance: MaintenanceRepository;
  readonly events: EventLog;
  readonly outbox: Outbox;
  /** The lock of that name; at most one holder in the whole swarm. */
  leader(lockName: string): Leader;
  /** A round trip that reads a table; rejects when Postgres is away, read-only or not migrated, or late. */
  ping(timeoutMs: number): Promise<void>;
  /** Waits for queries in hand, releases every lock, closes every connection. */
  close(): Promise<void>;
}
