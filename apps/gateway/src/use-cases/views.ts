import {
  FindingView,
  type AttemptView,
  type JobSummary,
  type PlanSummary,
  type ProfileView,
  type Release,
  type VersionRef,
} from '@swarm/contracts';
import type { Attempt, Job } from '@swarm/domain-job';
import type { Finding, Plan, Profile } from '@swarm/domain-plan';
import type { Generation } from '@swarm/domain-release';
import type { Pause } from '@swarm/domain-scheduling';
import { assertNever } from '@swarm/kernel';

/** Names of missing dependencies that a reason lists before it only counts. */
const NAMED_DEPENDENCIES = 3;

export function profileView(profile: Profile): ProfileView {
  const { name, kind, targets, createdAt } = profile;
  return {
    name,
    kind,
    synthetic: kind === 'synthetic',
    targets: [...targets],
    createdAt: createdAt.toISOString(),
  };
}

/** `version` is the one that the plan was made with. */
export function planSummary(plan: Plan, synthetic: boolean, version: VersionRef | null): PlanSummary {
  const { id, profile, targets, origin, state, detail, createdAt, endedAt } = plan;
  return {
    id,
    profile,
    synthetic,
    targets: [...targets],
    configuration: version,
    origin,
    state,
    detail,
    createdAt: createdAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
  };
}

/** Findings of plans that were made by an earlier version have only words. */
export function findingView(finding: Finding): FindingView {
  return FindingView.parse(finding);
}

export function releaseView(generation: Generation, synthetic: boolean, binhostUrl: string): Release {
  const { profile, number, state, artifacts, planId, createdAt } = generation;
  return {
    profile,
    synthetic,
    generation: number,
    state,
    packages: artifacts.length,
    planId,
    createdAt: createdAt.toISOString(),
    url: `${binhostUrl.replace(/\/+$/, '')}/${profile}`,
  };
}

export function attemptView(attempt: Attempt): AttemptView {
  const { id, number, drone, state, failureClass, summary } = attempt;
  return {
    id,
    number,
    drone,
    state,
    offeredAt: attempt.offeredAt.toISOString(),
    startedAt: attempt.startedAt?.toISOString() ?? null,
    endedAt: attempt.endedAt?.toISOString() ?? null,
    failureClass,
    summary,
    wallMs: attempt.measured?.wallMs ?? null,
  };
}

/** What a job's reason depends on beside the job itself. */
export interface JobSurroundings {
  readonly now: Date;
  /** Jobs of the same plan by build key. */
  readonly siblings: ReadonlyMap<string, Job>;
  /** True when some drone may be given work of the job's profile. */
  readonly hasDrone: boolean;
  readonly openAttempt: Attempt | undefined;
  /** What keeps its plan from being handed out; undefined where nothing does. */
  readonly pause: Pause | undefined;
}

export function jobSummary(job: Job, surroundings: JobSurroundings): JobSummary {
  const { id, spec, state, attempt, failures, reclaims } = job;
  return {
    id,
    planId: spec.planId,
    profile: spec.profile,
    synthetic: spec.synthetic !== null,
    cpv: spec.cpv,
    slot: spec.slot,
    use: [...spec.use],
    why: spec.why,
    bootstrap: spec.bootstrap,
    state,
    reason: reasonOf(job, surroundings),
    attempt,
    failures,
    reclaims,
    drone: job.state === 'delegated' ? job.drone : null,
    since: job.state === 'delegated' ? (surroundings.openAttempt?.offeredAt.toISOString() ?? null) : null,
  };
}

/** Why a job is not published; nothing waits without a reason that can be named. */
export function reasonOf(job: Job, { now, siblings, hasDrone, pause }: JobSurroundings): string {
  switch (job.state) {
    case 'waiting':
      return waitsFor(job, siblings);
    case 'needed':
      if (pause) return `paused by ${pause.author} until ${pause.until.toISOString()}: ${pause.reason}`;
      if (job.notBefore && job.notBefore > now) return `tried again at ${job.notBefore.toISOString()}`;
      return hasDrone
        ? 'waits for a free slot'
        : `waits for a drone: none of profile ${job.spec.profile} is online`;
    case 'delegated':
      return `attempt ${job.attempt} on ${job.drone}`;
    case 'received':
      return 'verified, on its way into the index';
    case 'blocked':
      return `needs ${job.blockedBy}, which is quarantined or blocked`;
    case 'quarantined':
      return job.reason;
    case 'superseded':
      return 'a newer plan replaced it';
    case 'cancelled':
      return 'its plan was cancelled';
    case 'published':
      return '';
    default:
      return assertNever(job);
  }
}

function waitsFor(job: Job, siblings: ReadonlyMap<string, Job>): string {
  const missing = job.spec.needs
    .map(({ buildKey }) => siblings.get(buildKey))
    .filter((needed) => needed !== undefined && needed.state !== 'published')
    .map((needed) => needed.spec.cpv);
  if (missing.length === 0) return 'everything it needs is built; the scheduler takes it next';
  const named = missing.slice(0, NAMED_DEPENDENCIES).join(', ');
  const rest = missing.length - NAMED_DEPENDENCIES;
  return `waits for ${named}${rest > 0 ? ` and ${rest} more` : ''}`;
}
