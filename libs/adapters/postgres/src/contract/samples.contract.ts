import { randomUUID } from 'node:crypto';

import { outgoing } from '@swarm/contracts';
import type { Drone, DroneSign } from '@swarm/domain-drone';
import { cpvOf } from '@swarm/domain-ebuild';
import {
  transition,
  type Attempt,
  type AttemptId,
  type DroneName,
  type Job,
  type JobChange,
  type JobEvent,
  type JobId,
  type JobIn,
  type JobSpec,
  type PlanId,
  type RetryPolicy,
  type Sha256,
} from '@swarm/domain-job';
import type { Plan } from '@swarm/domain-plan';
import type { Artifact } from '@swarm/domain-release';
import type { Outgoing } from '@swarm/kernel';

import type { Database } from '../database.js';

export const AT = new Date('2026-03-01T12:00:00.123Z');
export const later = (ms: number): Date => new Date(AT.getTime() + ms);
export const policy: RetryPolicy = { maxFailures: 3, maxReclaims: 3 };
export const sha256Of = (n: number): Sha256 => n.toString(16).padStart(64, '0') as Sha256;

export function aPlan(profile: string, fields: Partial<Plan> = {}): Plan {
  return {
    id: randomUUID(),
    profile,
    targets: ['@world'],
    configuration: null,
    origin: 'operator',
    state: 'resolving',
    createdAt: AT,
    endedAt: null,
    resolveAttempt: 0,
    resolving: null,
    findings: [],
    members: [],
    detail: 'asked for',
    ...fields,
  };
}

export function aJob(planId: string, profile: string, spec: Partial<JobSpec> = {}): JobIn<'waiting'> {
  return {
    id: randomUUID() as JobId,
    state: 'waiting',
    attempt: 0,
    failures: 0,
    reclaims: 0,
    failedOn: [],
    spec: {
      planId: planId as PlanId,
      profile,
      cpv: cpvOf('dev-libs/icu-74.2-r1'),
      slot: '0/74',
      use: ['nls', 'threads'],
      repository: 'lab',
      buildKey: randomUUID(),
      inputs: {
        cpv: cpvOf('dev-libs/icu-74.2-r1'),
        slot: '0/74',
        repository: 'lab',
        use: ['nls', 'threads'],
        iuse: ['debug', 'nls', 'threads'],
        eapi: '8',
        dependencies: { RDEPEND: 'dev-libs/data' },
        bound: ['dev-libs/data:0/1'],
        source: 'abc',
        environment: { CFLAGS: '-O2' },
      },
      bootstrap: false,
      why: 'USE changed: +nls',
      needs: [
        { buildKey: 'k1', root: 'target' },
        { buildKey: 'k2', root: 'build' },
      ],
      waits: [],
      criticalPath: 3,
      synthetic: null,
      ...spec,
    },
  };
}

/** A profile with a plan of `count` jobs that are needed. */
export async function aPlanWithJobs(
  db: Database,
  count: number,
  spec: Partial<JobSpec> = {},
): Promise<{ readonly profile: string; readonly plan: Plan; readonly jobs: readonly JobIn<'needed'>[] }> {
  const profile = spec.profile ?? `p-${randomUUID()}`;
  await db.profiles.put({ name: profile, kind: 'portage', targets: ['@world'], createdAt: AT });
  const plan = aPlan(profile);
  await db.plans.create(plan, []);
  const jobs = Array.from({ length: count }, (): JobIn<'needed'> => {
    return { ...aJob(plan.id, profile, spec), state: 'needed', notBefore: null };
  });
  await db.plans.save({
    plan: { ...plan, state: 'building' },
    expected: 1,
    newJobs: jobs,
    at: AT,
    outgoing: [],
  });
  return { profile, plan, jobs };
}

export async function aNeededJob(db: Database, spec: Partial<JobSpec> = {}): Promise<JobIn<'needed'>> {
  const { jobs } = await aPlanWithJobs(db, 1, spec);
  const [job] = jobs;
  if (!job) throw new Error('no job');
  return job;
}

export function anAttempt(job: Job, fields: Partial<Attempt> = {}): Attempt {
  return {
    id: randomUUID() as AttemptId,
    jobId: job.id,
    number: job.attempt + 1,
    drone: 'drone-a' as DroneName,
    state: 'offered',
    tokenSha256: sha256Of(7),
    offeredAt: AT,
    startedAt: null,
    endedAt: null,
    failureClass: null,
    summary: null,
    logTail: null,
    measured: null,
    ...fields,
  };
}

/** The job after a legal event. */
export function after(job: Job, event: JobEvent): Job {
  const decision = transition(job, event, policy);
  if (!decision.ok) throw new Error(`not legal: ${JSON.stringify(decision.error)}`);
  return decision.value.job;
}

/** What a scheduler stores when it gives a job to a drone. */
export function delegation(
  job: Job,
  expected: number,
  fields: Partial<Attempt> = {},
): JobChange & { readonly job: Job; readonly attempt: Attempt } {
  const attempt = anAttempt(job, fields);
  const moved = after(job, { type: 'delegated', attemptId: attempt.id, drone: attempt.drone });
  return {
    job: moved,
    expected,
    at: later(1_000),
    reason: `given to ${attempt.drone}`,
    attempt,
    outgoing: [jobMoved(job, moved)],
  };
}

export function jobMoved(from: Job, to: Job): Outgoing {
  const id = randomUUID();
  return outgoing('JobMoved', id, {
    id,
    at: AT.toISOString(),
    jobId: to.id,
    planId: to.spec.planId,
    cpv: to.spec.cpv,
    from: from.state,
    to: to.state,
    attempt: to.attempt,
    reason: 'because',
  });
}

export function planMoved(plan: Plan): Outgoing {
  const id = randomUUID();
  const { id: planId, profile, state, detail } = plan;
  return outgoing('PlanMoved', id, { id, at: AT.toISOString(), planId, profile, state, detail });
}

/** What no registry knows: storing it fails, as the last step of a change. */
export const unknownMessage: Outgoing = { id: 'x', message: 'NobodyKnows', payload: {} };

export async function anArtifact(db: Database, job: Job, fields: Partial<Artifact> = {}): Promise<Artifact> {
  const found = await db.jobs.find(job.id);
  if (!found) throw new Error('no job');
  const change = delegation(found.value, found.revision);
  await db.jobs.save(change);
  return {
    sha256: sha256Of(1),
    profile: job.spec.profile,
    jobId: job.id,
    attemptId: change.attempt.id,
    buildKey: job.spec.buildKey,
    cpv: job.spec.cpv,
    state: 'received',
    sizeBytes: 5_000_000_000,
    md5: 'd41d8cd98f00b204e9800998ecf8427e',
    sha1: 'da39a3ee5e6b4b0d3255bfef95601890afd80709',
    path: null,
    receivedAt: AT,
    metadata: { SLOT: '0/74', DESCRIPTION: 'International Components for Unicode' },
    synthetic: false,
    abi: { 'x86_64:libicuuc.so.74': { digest: 'd1', symbols: ['u_init_74', 'u_strlen_74'] } },
    ...fields,
  };
}

export function aSign(incarnation: string, sequence: number, fields: Partial<DroneSign> = {}): DroneSign {
  return {
    incarnation,
    sequence,
    at: later(sequence * 5_000),
    attempts: [{ attemptId: randomUUID(), phase: 'build', sinceMs: 1_000 }],
    draining: false,
    load1: 1.25,
    freeDiskBytes: 500_000_000_000,
    freeMemoryBytes: 16_000_000_000,
    ...fields,
  };
}

export function aDrone(fields: Partial<Drone> = {}): Drone {
  const incarnation = fields.incarnation ?? randomUUID();
  return {
    name: `drone-${randomUUID()}`,
    state: 'online',
    reason: 'enrolled',
    incarnation,
    enrolledAt: AT,
    capabilities: {
      profile: 'lab',
      executor: 'portage',
      slots: 2,
      cores: 16,
      memoryBytes: 68_719_476_736,
      portageVersion: '3.0.68',
    },
    lastSign: aSign(incarnation, 0),
    grounding: null,
    badUpload: null,
    drain: null,
    ...fields,
  };
}
