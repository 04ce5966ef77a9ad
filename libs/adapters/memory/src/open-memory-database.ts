import type { EventLog, Outbox } from '@swarm/contracts';
import type { DroneRepository, RecoveryRepository, StrikeRepository } from '@swarm/domain-drone';
import type { HealingRepository, HostBook } from '@swarm/domain-healing';
import type { Job, JobRepository } from '@swarm/domain-job';
import type { MaintenanceRepository } from '@swarm/domain-maintenance';
import type { PlanRepository, ProfileRepository } from '@swarm/domain-plan';
import type { ArtifactRepository, GenerationRepository } from '@swarm/domain-release';
import type { ScheduleRepository } from '@swarm/domain-schedule';
import type { PauseRepository } from '@swarm/domain-scheduling';

import { memoryArtifacts, memoryGenerations } from './artifacts.js';
import { memoryDrones, memoryRecovery } from './drones.js';
import { memoryHealing, memoryHosts } from './healing.js';
import { memoryJobs } from './jobs.js';
import { MemoryLeader, type Leader } from './leader.js';
import { memoryMaintenance } from './maintenance.js';
import { MemoryStore } from './memory-store.js';
import { memoryEvents, memoryOutbox } from './messages.js';
import { memoryPauses } from './pauses.js';
import { memoryPlans } from './plans.js';
import { memoryProfiles } from './profiles.js';
import { memorySchedules } from './schedules.js';
import { memoryStrikes } from './strikes.js';

export interface MemoryDatabaseOptions {
  /** Name of the service: its outbox rows bear it, and only they are its outbox. */
  readonly source: string;
  /** Share one to have several services over one ledger. Default: a new, empty one. */
  readonly store?: MemoryStore;
}

/** The same ports as the Postgres adapter's `Database`, over a store in memory. */
export interface MemoryDatabase extends AsyncDisposable {
  readonly store: MemoryStore;
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
  leader(lockName: string): Leader;
  ping(timeoutMs: number): Promise<void>;
  close(): Promise<void>;
}

/** For tests of services: passes the same contract suites as Postgres, and forgets everything. */
export function openMemoryDatabase({
  source,
  store = new MemoryStore(),
}: MemoryDatabaseOptions): MemoryDatabase {
  return {
    store,
    jobs: memoryJobs(store, source),
    plans: memoryPlans(store, source),
    profiles: memoryProfiles(store, source),
    drones: memoryDrones(store, source),
    strikes: memoryStrikes(store),
    recovery: memoryRecovery(store, source),
    hosts: memoryHosts(store, source),
    healing: memoryHealing(store, source),
    artifacts: memoryArtifacts(store, source),
    generations: memoryGenerations(store, source),
    schedules: memorySchedules(store, source),
    pauses: memoryPauses(store, source),
    maintenance: memoryMaintenance(store, source),
    events: memoryEvents(store),
    outbox: memoryOutbox(store, source),
    leader: (lockName) => new MemoryLeader(store, lockName),
    ping: () => Promise.resolve(),
    close: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
