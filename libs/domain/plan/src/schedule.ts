import type { Outgoing } from '@swarm/kernel';

/** A plan that is made again and again. */
export interface Schedule {
  readonly name: string;
  readonly profile: string;
  readonly targets: readonly string[];
  /** Five-field cron expression. */
  readonly cron: string;
  readonly enabled: boolean;
}

/** One firing of a schedule, or one request of a person; written before anything else happens (S1). */
export interface ScheduleRun {
  readonly id: string;
  readonly schedule: string;
  readonly profile: string;
  readonly startedAt: Date;
  readonly planId: string | null;
}

/** Port. */
export interface ScheduleRepository {
  put(schedule: Schedule): Promise<void>;
  all(): Promise<readonly Schedule[]>;
  /** Stores the run and its STARTED event together. */
  startRun(run: ScheduleRun, outgoing: readonly Outgoing[]): Promise<void>;
  attachPlan(runId: string, planId: string): Promise<void>;
  runs(limit: number): Promise<readonly ScheduleRun[]>;
}
