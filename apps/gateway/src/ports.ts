import type { EventLog, MessageBus } from '@swarm/contracts';
import type { DroneRepository, StrikeRepository } from '@swarm/domain-drone';
import type { HealingRepository, HostBook } from '@swarm/domain-healing';
import type { JobRepository } from '@swarm/domain-job';
import type { MaintenanceRepository } from '@swarm/domain-maintenance';
import type { PlanRepository, ProfileRepository } from '@swarm/domain-plan';
import type { GenerationRepository } from '@swarm/domain-release';
import type { Calendar, ScheduleRepository } from '@swarm/domain-schedule';
import type { PauseRepository } from '@swarm/domain-scheduling';
import type { Clock } from '@swarm/kernel';

/** The part of the ledger that the gateway reads; it writes nothing but profiles and their versions. */
export interface Ledger {
  readonly plans: Pick<PlanRepository<never>, 'find' | 'recent'>;
  readonly jobs: Pick<
    JobRepository,
    'find' | 'ofPlan' | 'quarantined' | 'findAttempt' | 'attemptsOf' | 'historyOf' | 'openAttempts'
  >;
  readonly drones: Pick<DroneRepository, 'all'>;
  readonly strikes: Pick<StrikeRepository, 'standing'>;
  readonly hosts: Pick<HostBook, 'find' | 'all'>;
  readonly healing: Pick<HealingRepository, 'ofDrone' | 'openRequests' | 'pages'>;
  readonly profiles: ProfileRepository;
  readonly generations: Pick<GenerationRepository, 'of' | 'ofPlan'>;
  readonly schedules: Pick<ScheduleRepository, 'all' | 'find' | 'runs'>;
  readonly pauses: Pick<PauseRepository, 'open'>;
  readonly maintenance: Pick<MaintenanceRepository, 'checks'>;
  readonly events: EventLog;
}

/** Everything that the gateway needs from outside. */
export interface GatewayPorts extends Ledger {
  readonly bus: Pick<MessageBus, 'request' | 'watch'>;
  readonly calendar: Calendar;
  readonly clock: Clock;
  readonly newId: () => string;
  /** In hex, of the text in UTF-8. */
  readonly sha256: (text: string) => string;
  /** Where workstations find releases; a profile's binhost is `<binhostUrl>/<profile>/`. */
  readonly binhostUrl: string;
}
