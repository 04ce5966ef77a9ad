import type { DroneRepository, StrikeRepository } from '@swarm/domain-drone';
import type { Job, JobRepository } from '@swarm/domain-job';
import type { PlanRepository, ProfileRepository } from '@swarm/domain-plan';
import type { ArtifactRepository, GenerationRepository } from '@swarm/domain-release';
import type { Calendar, ScheduleRepository } from '@swarm/domain-schedule';
import type { PauseRepository } from '@swarm/domain-scheduling';
import type { PlanDocument } from '@swarm/contracts';
import type { Clock, Log, Result } from '@swarm/kernel';

import type { SchedulingPolicy } from './config.js';

/** Chance and hashing, which use cases take from outside. */
export interface Entropy {
  /** A new random UUID. */
  id(): string;
  /** A new one-time token, at least 128 bits. */
  token(): string;
  /** SHA-256 of a text, in hex. */
  sha256(text: string): string;
}

/** Everything that the scheduler's use cases need from outside. */
export interface SchedulerPorts {
  readonly jobs: JobRepository;
  readonly plans: PlanRepository<Job>;
  readonly profiles: ProfileRepository;
  readonly schedules: ScheduleRepository;
  readonly pauses: PauseRepository;
  readonly drones: Pick<DroneRepository, 'all' | 'find' | 'save'>;
  readonly strikes: StrikeRepository;
  readonly artifacts: Pick<ArtifactRepository, 'staged' | 'ofJob' | 'builds'>;
  readonly generations: Pick<GenerationRepository, 'of'>;
  readonly calendar: Calendar;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  readonly policy: SchedulingPolicy;
  /** The plan document in a report, or what is wrong with it. */
  readonly readDocument: (documentGzip: string) => Result<PlanDocument, string>;
  /** Base URL of the binhost, without a slash at its end. */
  readonly binhostUrl: string;
}
