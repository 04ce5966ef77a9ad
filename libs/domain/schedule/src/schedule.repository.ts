import type { Outgoing, Saved, Versioned } from '@swarm/kernel';

import type { ScheduleRun } from './run.js';
import type { Schedule } from './schedule.js';

/** All that one look at a schedule leads to: stored together, or not at all. */
export interface Settlement {
  readonly schedule: Schedule;
  readonly expected: number;
  /** Rows of occurrences. One that is there already, by id or by schedule and occurrence, is not stored again. */
  readonly newRuns: readonly ScheduleRun[];
  /** Runs of before that change with it. */
  readonly changedRuns: readonly Versioned<ScheduleRun>[];
  readonly outgoing: readonly Outgoing[];
}

/** Port. Schedules and their runs; a run outlives its schedule. */
export interface ScheduleRepository {
  /** `taken` when there is one of that name; nothing is stored then. */
  add(schedule: Schedule): Promise<'stored' | 'taken'>;
  find(name: string): Promise<Versioned<Schedule> | undefined>;
  /** By name. */
  all(): Promise<readonly Versioned<Schedule>[]>;
  save(schedule: Schedule, expected: number): Promise<Saved>;
  /** False when there was none. */
  remove(name: string): Promise<boolean>;
  /** `conflict` when the schedule or one of the changed runs has another revision by now. */
  settle(settlement: Settlement): Promise<Saved>;
  /** Stores a run that somebody asked for, with its STARTED event; `known` when its id is there already. */
  startRun(run: ScheduleRun, outgoing: readonly Outgoing[]): Promise<'stored' | 'known'>;
  /** Runs that are not over, oldest first. */
  openRuns(): Promise<readonly Versioned<ScheduleRun>[]>;
  findRun(id: string): Promise<Versioned<ScheduleRun> | undefined>;
  saveRun(run: ScheduleRun, expected: number, outgoing: readonly Outgoing[]): Promise<Saved>;
  /** Newest first; of one schedule, or of all. */
  runs(limit: number, schedule?: string): Promise<readonly ScheduleRun[]>;
  /** Stores messages that change no row: alarms. One that is there already, by id, is not stored again. */
  raise(outgoing: readonly Outgoing[]): Promise<void>;
}
