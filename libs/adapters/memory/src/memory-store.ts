import type { StoredEvent } from '@swarm/contracts';
import type { Drone, RecoveryAction, Strike } from '@swarm/domain-drone';
import type { ConfirmationEnd, DroneHost, HealingAction, RebootRequest } from '@swarm/domain-healing';
import type { Attempt, Job, JobMove } from '@swarm/domain-job';
import type { CheckRecord, DiskReport } from '@swarm/domain-maintenance';
import type { Plan, Profile, ProfileVersion } from '@swarm/domain-plan';
import type { Artifact, Generation } from '@swarm/domain-release';
import type { Schedule, ScheduleRun } from '@swarm/domain-schedule';
import type { PauseRecord } from '@swarm/domain-scheduling';
import type { Versioned } from '@swarm/kernel';

/** A row of the outbox with all that a relay never sees. */
export interface MemoryOutboxRow {
  readonly sequence: bigint;
  readonly id: string;
  readonly source: string;
  readonly message: string;
  readonly payload: unknown;
  /** By the clock of the machine, as Postgres would. */
  readonly storedAt: number;
  sentAt: number | null;
  parkedReason: string | null;
}

/** A job with what only the ledger knows of it. */
export interface MemoryJob extends Versioned<Job> {
  readonly movedAt: Date;
}

/**
 * The state behind the ports in memory; services that share one share a ledger. Each write is one synchronous step
 * that checks everything before it changes anything, which is all the transaction that one thread needs.
 */
export class MemoryStore {
  readonly profiles = new Map<string, Profile>();
  /** By profile, in order of number. */
  readonly versions = new Map<string, readonly ProfileVersion[]>();
  readonly plans = new Map<string, Versioned<Plan>>();
  /** In order of making: the jobs of a plan are in the plan's order. */
  readonly jobs = new Map<string, MemoryJob>();
  readonly moves: JobMove[] = [];
  readonly attempts = new Map<string, Attempt>();
  readonly drones = new Map<string, Versioned<Drone>>();
  /** By attempt: one strike each. */
  readonly strikes = new Map<string, Strike>();
  readonly recovery: RecoveryAction[] = [];
  readonly hosts = new Map<string, DroneHost>();
  /** In order of beginning. */
  readonly healing: HealingAction[] = [];
  /** In order of asking; `ended` is null while a request is open. */
  readonly requests: { request: RebootRequest; ended: ConfirmationEnd | null }[] = [];
  /** By job: one artifact each. */
  readonly artifacts = new Map<string, Artifact>();
  /** By profile, in order of number. */
  readonly generations = new Map<string, Generation[]>();
  readonly schedules = new Map<string, Versioned<Schedule>>();
  /** In order of making. */
  readonly runs = new Map<string, Versioned<ScheduleRun>>();
  /** By id, in order of beginning. */
  readonly pauses = new Map<string, PauseRecord>();
  /** What the latest maintenance sweep found, by check. */
  readonly checks = new Map<string, CheckRecord>();
  readonly disks = new Map<string, DiskReport>();
  readonly events: StoredEvent[] = [];
  readonly outbox: MemoryOutboxRow[] = [];
  /** Called when something was added to the outbox. */
  readonly outboxListeners = new Set<() => void>();
  /** By lock: how many leaders it had, and who waits for it. */
  readonly locks = new Map<string, { epoch: bigint; isHeld: boolean; readonly waiting: Set<() => void> }>();
}

/** What a foreign key says in Postgres. */
export function mustExist(found: boolean, what: string): void {
  if (!found) throw new Error(`there is no ${what}`);
}
