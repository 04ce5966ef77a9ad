import type { Drone } from '@swarm/domain-drone';
import type { Pause, PausablePlan } from '@swarm/domain-scheduling';
import type { Result } from '@swarm/kernel';

import type { CheckName } from './check.js';

/** An attempt, or the resolving of a plan, that the ledger leaves to a drone. */
export interface HeldWork {
  readonly attemptId: string;
  readonly drone: string;
  /** When it was handed out. */
  readonly since: Date;
}

/** The same, with since when sweeps find that its drone does not do it; null while it may. */
export interface WatchedWork extends HeldWork {
  readonly amissSince: Date | null;
  /** What is amiss, as it follows the attempt; empty while nothing is. */
  readonly amiss: string;
}

/** Occurrences of a schedule that passed, and that no record tells of. */
export interface OverdueSchedule {
  readonly schedule: string;
  readonly overdue: readonly Date[];
  /** True where its expression or zone cannot be read. */
  readonly isUnreadable: boolean;
}

/** Received and not in the index yet. */
export interface UnpublishedArtifact {
  readonly cpv: string;
  readonly profile: string;
  readonly sizeBytes: number;
  readonly receivedAt: Date;
}

/** How an open plan stands, as the ledger has it. */
export interface PlanProgress extends PausablePlan {
  readonly state: 'resolving' | 'building';
  /** When a job of it last changed its state, or the plan was made. */
  readonly movedAt: Date;
  /** True while a drone resolves it. */
  readonly isBeingResolved: boolean;
  readonly needed: number;
  readonly waiting: number;
  /** Delegated and received ones. */
  readonly inWork: number;
  /** A package that is needed, else one that waits; null where there is none. */
  readonly example: string | null;
}

/** The same, with what only a look from outside tells. */
export interface WatchedPlan extends PlanProgress {
  /** When a sweep last saw it at work or paused; null where none did. */
  readonly busyAt: Date | null;
  /** Drones of its profile that are given work. */
  readonly dronesReady: number;
  /** What the scheduler says of the example; null where it was not asked, or did not answer. */
  readonly why: string | null;
}

/** Messages that a service stored and that are not sent. */
export interface OutboxLag {
  readonly source: string;
  readonly unsent: number;
  /** For how long the oldest of them waits, by the ledger's own clock; 0 where there is none. */
  readonly unsentForMs: number;
  /** Rows that can never be sent. */
  readonly parked: number;
}

/** What the stream of dead letters holds. */
export interface DeadLetters {
  readonly count: number;
  readonly latestAt: Date | null;
}

/** How full a disk is, as the service says that writes on it. */
export interface DiskReport {
  /** Name of the service. */
  readonly place: string;
  readonly freeBytes: number;
  readonly totalBytes: number;
  readonly at: Date;
}

/** Whether a process holds the lock of a service. */
export interface LeaderHeld {
  readonly service: string;
  readonly isHeld: boolean;
}

/** The same, with since when sweeps find it free; null while it is held. */
export interface WatchedLeader extends LeaderHeld {
  readonly freeSince: Date | null;
}

/** What each check judges by. */
export interface SweepFacts {
  readonly drones: readonly Drone[];
  readonly clocks: readonly Drone[];
  readonly work: readonly WatchedWork[];
  readonly schedules: readonly OverdueSchedule[];
  readonly pauses: readonly Pause[];
  readonly staging: readonly UnpublishedArtifact[];
  readonly plans: readonly WatchedPlan[];
  readonly outbox: readonly OutboxLag[];
  readonly 'dead-letters': DeadLetters;
  /** Null where a round trip came back; else why it did not. */
  readonly nats: { readonly failure: string | null };
  readonly disk: readonly DiskReport[];
  readonly leaders: readonly WatchedLeader[];
}

/** Facts as they were found; or, for each check by itself, why they could not be had. */
export type SweepLooks = { readonly [N in CheckName]: Result<SweepFacts[N], string> };
