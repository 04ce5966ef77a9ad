import { createHash } from 'node:crypto';

import { outgoing } from '@swarm/contracts';
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
  type OpenJob,
  type PlanId,
  type Sha256,
} from '@swarm/domain-job';
import type { Plan } from '@swarm/domain-plan';
import type { Database } from '@swarm/adapter-postgres';
import type { Outgoing } from '@swarm/kernel';
import { newId } from '@swarm/platform';

export const PROFILE = 'bench';
const POLICY = { maxFailures: 3, maxReclaims: 10 };
/** What a job needs; as many directly as a package of Gentoo has build dependencies. */
const NEEDS = 12;
const WAITS = 4;
const FLAGS = ['acl', 'nls', 'ssl', 'threads', 'zlib'];

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A plan of jobs in the ledger that waits for nothing but drones. */
export async function storePlan(db: Database, size: number, state: 'needed' | 'waiting'): Promise<Job[]> {
  const at = new Date();
  await db.profiles.put({ name: PROFILE, kind: 'synthetic', targets: ['@world'], createdAt: at });
  const id = newId();
  const plan: Plan = {
    ...{ id, profile: PROFILE, targets: ['@world'], configuration: null, origin: 'bench' },
    ...{ state: 'building', createdAt: at, endedAt: null, resolveAttempt: 1, resolving: null },
    ...{ findings: [], members: [], detail: '' },
  };
  await db.plans.create(plan, []);
  const jobs = Array.from({ length: size }, (_, position) => newJob(id as PlanId, position, state));
  await db.plans.save({ plan, expected: 1, newJobs: jobs, at, outgoing: [] });
  return jobs;
}

function newJob(planId: PlanId, position: number, state: 'needed' | 'waiting'): Job {
  const cpv = cpvOf(`dev-bench/package${position}-1.2.3-r1`);
  const keyOf = (place: number): string => sha256(`${planId} ${place}`);
  const before = Array.from({ length: NEEDS }, (_, i) => position - 1 - i * 7).filter((place) => place >= 0);
  const core = {
    id: newId() as JobId,
    spec: {
      ...{ planId, profile: PROFILE, cpv, slot: '0/1.2', use: FLAGS, repository: 'gentoo' },
      buildKey: keyOf(position),
      inputs: {
        ...{ cpv, slot: '0/1.2', repository: 'gentoo', use: FLAGS, iuse: FLAGS, eapi: '8' },
        dependencies: { DEPEND: before.map((place) => `dev-bench/package${place}`).join(' ') },
        ...{
          bound: [],
          source: keyOf(-1),
          environment: { CFLAGS: '-O2 -pipe', CHOST: 'x86_64-pc-linux-gnu' },
        },
      },
      ...{ bootstrap: false, why: 'not built yet' },
      needs: before.map((place) => ({ buildKey: keyOf(place), root: 'target' as const })),
      waits: before.slice(0, WAITS),
      ...{ criticalPath: 1, synthetic: { durationMs: 1, fails: 'never' as const, sizeBytes: 1024 } },
    },
    ...{ attempt: 0, failures: 0, reclaims: 0, failedOn: [] },
  };
  return state === 'needed' ? { ...core, state, notBefore: null } : { ...core, state };
}

/** What a scheduler stores when it gives a job to a drone: row, attempt, history, event, and the message to the drone. */
export function delegation(job: Job, drone: string): JobChange & { readonly attempt: Attempt } {
  const [attemptId, token, at] = [newId() as AttemptId, newId(), new Date()];
  const after = moved(job, { type: 'delegated', attemptId, drone: drone as DroneName });
  return {
    job: after,
    expected: 1,
    at,
    reason: `given to ${drone}`,
    attempt: {
      ...{ id: attemptId, jobId: job.id, number: after.attempt, drone: drone as DroneName },
      ...{ state: 'offered', tokenSha256: sha256(token), offeredAt: at, startedAt: null, endedAt: null },
      ...{ failureClass: null, summary: null, logTail: null, measured: null },
    },
    outgoing: [movedEvent(job, after, at), assignment(job, { attemptId, drone, token })],
  };
}

/** What is stored when the binhost holds the artifact: the attempt is over. */
export function completion({ job, attempt }: JobChange & { readonly attempt: Attempt }): JobChange {
  const at = new Date();
  const after = moved(job, { type: 'artifact-received', artifact: sha256(job.id) as Sha256 });
  const measured = { wallMs: 1, dependenciesMs: 0, buildMs: 1, uploadMs: 0 };
  return {
    ...{ job: after, expected: 2, at, reason: `built by ${attempt.drone}` },
    attempt: { ...attempt, state: 'succeeded', startedAt: attempt.offeredAt, endedAt: at, measured },
    outgoing: [movedEvent(job, after, at)],
  };
}

function moved(job: OpenJob, event: JobEvent): OpenJob {
  const decision = transition(job, event, POLICY);
  if (!decision.ok)
    throw new Error(`the bench moves a job as no scheduler would: ${JSON.stringify(decision)}`);
  return decision.value.job;
}

function movedEvent(before: OpenJob, { id: jobId, spec, state: to, attempt }: OpenJob, at: Date): Outgoing {
  const id = newId();
  return outgoing('JobMoved', id, {
    ...{ id, at: at.toISOString(), jobId, planId: spec.planId, cpv: spec.cpv },
    ...{ from: before.state, to, attempt, reason: 'bench' },
  });
}

function assignment(
  { id, spec }: Job,
  { attemptId, drone, token }: { attemptId: AttemptId; drone: string; token: string },
): Outgoing {
  const binhost = 'http://127.0.0.1:8081';
  return outgoing('WorkAssigned', attemptId, {
    ...{ drone, attemptId, attempt: 1, profile: PROFILE },
    work: {
      ...{ kind: 'build', jobId: id, cpv: spec.cpv, slot: spec.slot, use: [...spec.use] },
      repository: spec.repository,
      dependencies: spec.needs.map(({ buildKey, root }, i) => {
        return {
          cpv: `dev-bench/package${i}-1.2.3-r1`,
          sha256: buildKey,
          root,
          path: `${buildKey}.gpkg.tar`,
        };
      }),
      ...{ stagingUrl: `${binhost}/staging/${PROFILE}`, uploadUrl: `${binhost}/upload/${attemptId}` },
      ...{ uploadToken: token, makeJobs: 4, timeoutMs: 36_000_000, silenceMs: 3_600_000 },
    },
  });
}
