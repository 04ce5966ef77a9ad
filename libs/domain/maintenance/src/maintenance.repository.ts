import type { Outgoing, Saved } from '@swarm/kernel';

import type { CheckRecord } from './check.js';
import type { DiskReport, LeaderHeld, OutboxLag, PlanProgress } from './facts.js';

/** The records of one sweep: every check, made at one time. */
export interface SweepRecord {
  readonly records: readonly CheckRecord[];
  /** When the sweep ran whose records these were judged beside; null for the first one. */
  readonly after: Date | null;
  readonly outgoing: readonly Outgoing[];
}

/** Port: what a sweep reads of the ledger beside the other repositories, and what it stores. */
export interface MaintenanceRepository {
  /** How far behind each service is that has messages to send, or parked ones. */
  outboxLag(): Promise<readonly OutboxLag[]>;
  /** Every plan that is not over, oldest first. */
  planProgress(): Promise<readonly PlanProgress[]>;
  /** Whether a process holds the lock of each of these services now, as the lock itself tells. */
  leaders(services: readonly string[]): Promise<readonly LeaderHeld[]>;
  /** The latest report of each place, by name. */
  disks(): Promise<readonly DiskReport[]>;
  /** Keeps the latest report of a place. */
  reportDisk(report: DiskReport): Promise<void>;
  /** Every check as the latest sweep left it. */
  checks(): Promise<readonly CheckRecord[]>;
  /**
   * Replaces all checks and stores the messages with them, or nothing: `conflict` where another sweep was stored
   * meanwhile, so that of two monitors that think that they lead one tells of an alarm.
   */
  save(sweep: SweepRecord): Promise<Saved>;
}
