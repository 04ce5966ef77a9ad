import type { Outgoing, Saved, Versioned } from '@swarm/kernel';

import type { Finding } from './finding.js';

/** Where a plan stands. `complete` has a release; `failed` could not be resolved at all. */
export type PlanState = 'resolving' | 'building' | 'complete' | 'failed' | 'cancelled';

/** Which drone resolves a plan, and since when; the number is the fence, as for attempts. */
export interface Resolving {
  readonly attemptId: string;
  readonly attempt: number;
  readonly drone: string;
  readonly since: Date;
}

/** The list of packages to build for a profile, and how far it has come. */
export interface Plan {
  readonly id: string;
  readonly profile: string;
  /** Atoms and sets that were asked for. */
  readonly targets: readonly string[];
  /** Digest of the profile's configuration that it is made with; null for a profile that has none. */
  readonly configuration: string | null;
  /** Who or what asked: `operator`, or a schedule's name. */
  readonly origin: string;
  readonly state: PlanState;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
  /** Times that resolving was handed to a drone. */
  readonly resolveAttempt: number;
  readonly resolving: Resolving | null;
  readonly findings: readonly Finding[];
  /** Build keys of everything that the plan's release consists of, whether this plan built it or found it. */
  readonly members: readonly { readonly cpv: string; readonly buildKey: string }[];
  /** One line for people: why it is in this state. */
  readonly detail: string;
}

/** A plan without its long lists, as whoever looks at all open plans again and again reads it. */
export type PlanOutline = Omit<Plan, 'findings' | 'members'>;

/** How often resolving is tried before a plan fails. */
export const MAX_RESOLVE_ATTEMPTS = 5;

/** One change of one plan, stored with its messages or not at all. */
export interface PlanChange<NewJob> {
  readonly plan: Plan;
  readonly expected: number;
  /** Jobs that come into being with this change. */
  readonly newJobs: readonly NewJob[];
  readonly at: Date;
  readonly outgoing: readonly Outgoing[];
}

/** Port. `NewJob` is the job type of the ledger's owner. */
export interface PlanRepository<NewJob> {
  create(plan: Plan, outgoing: readonly Outgoing[]): Promise<void>;
  find(id: string): Promise<Versioned<Plan> | undefined>;
  /** Plans that are not over, oldest first, without their long lists; `find` has those of one plan. */
  open(): Promise<readonly Versioned<PlanOutline>[]>;
  /** Newest first. */
  recent(limit: number): Promise<readonly Plan[]>;
  save(change: PlanChange<NewJob>): Promise<Saved>;
}
