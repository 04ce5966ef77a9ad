import { cpvOf, packageOf } from '@swarm/domain-ebuild';
import type {
  AttemptId,
  DroneName,
  Job,
  JobCore,
  JobId,
  JobMove,
  JobOutline,
  JobSpec,
  OpenJob,
  PlanId,
  Sha256,
} from '@swarm/domain-job';
import { jobLifecycle } from '@swarm/domain-job';
import type { BuildInputs } from '@swarm/domain-plan';
import { z } from 'zod';

import type { Job as JobRow, JobMove as MoveRow } from './generated/prisma/client.js';
import { impossible, parsed, required, type RowName } from './row.js';
import { storableText } from './storable.js';

const Needs = z.array(z.object({ buildKey: z.string(), root: z.enum(['target', 'build']) }));
const Synthetic = z.object({
  durationMs: z.number(),
  fails: z.enum(['never', 'always', 'first-attempt']),
  sizeBytes: z.number(),
});
const State = z.enum(Object.keys(jobLifecycle) as (keyof typeof jobLifecycle)[]);

const Texts = z.array(z.string());
const Entries = z.record(z.string(), z.string());
const Inputs = z.object({
  cpv: z.string().transform(cpvOf),
  slot: z.string(),
  repository: z.string(),
  use: Texts,
  iuse: Texts,
  eapi: z.string(),
  dependencies: Entries,
  bound: Texts,
  source: z.string(),
  environment: Entries,
});

/** The inputs of a build as a row has them. */
export function inputsOfRow(row: { readonly id: string; readonly inputs: unknown }): BuildInputs {
  return parsed(nameOf(row), Inputs, row.inputs);
}

/** The columns that change in a job's life. */
export type JobStateRow = Pick<JobRow, 'id' | 'revision' | (typeof stateColumns)[number]>;
export const stateColumns = [
  'state',
  'attempt',
  'failures',
  'reclaims',
  'failedOn',
  'notBefore',
  'attemptId',
  'drone',
  'artifact',
  'blockedBy',
  'reason',
] as const;

/** The columns that are written once. */
export type JobSpecRow = Omit<
  JobRow,
  'revision' | 'position' | 'package' | 'movedAt' | (typeof stateColumns)[number]
>;

const nameOf = ({ id }: { readonly id: string }): RowName => ({ table: 'job', id });

/** What must be installed before the build, as a row has it. */
export function needsOfRow(row: { readonly id: string; readonly needs: unknown }): JobSpec['needs'] {
  return parsed(nameOf(row), Needs, row.needs);
}

export function specOfRow(row: JobSpecRow): JobSpec {
  return {
    planId: row.planId as PlanId,
    profile: row.profile,
    cpv: cpvOf(row.cpv),
    slot: row.slot,
    use: row.use,
    repository: row.repository,
    buildKey: row.buildKey,
    needs: needsOfRow(row),
    waits: row.waits,
    criticalPath: row.criticalPath,
    inputs: row.inputs === null ? null : inputsOfRow({ id: row.id, inputs: row.inputs }),
    bootstrap: row.bootstrap,
    why: row.why,
    synthetic: row.synthetic === null ? null : parsed(nameOf(row), Synthetic, row.synthetic),
  };
}

/** The job of a row. The switch holds what each state has; a row that lacks it is impossible. */
export function jobOfRow<S extends JobOutline>(row: JobStateRow, spec: S): Job<S> {
  const name = nameOf(row);
  const core: JobCore<S> = {
    id: row.id as JobId,
    spec,
    attempt: row.attempt,
    failures: row.failures,
    reclaims: row.reclaims,
    failedOn: row.failedOn as DroneName[],
  };
  switch (row.state) {
    case 'waiting':
    case 'superseded':
    case 'cancelled':
      return { ...core, state: row.state };
    case 'needed':
      return { ...core, state: 'needed', notBefore: row.notBefore };
    case 'delegated':
      return {
        ...core,
        state: 'delegated',
        attemptId: required(name, 'attempt_id', row.attemptId) as AttemptId,
        drone: required(name, 'drone', row.drone) as DroneName,
      };
    case 'received':
    case 'published':
      return { ...core, state: row.state, artifact: required(name, 'artifact', row.artifact) as Sha256 };
    case 'blocked':
      return { ...core, state: 'blocked', blockedBy: cpvOf(required(name, 'blocked_by', row.blockedBy)) };
    case 'quarantined':
      return { ...core, state: 'quarantined', reason: required(name, 'reason', row.reason) };
    default:
      return impossible(name, `no state is called ${row.state}`);
  }
}

/** What a change writes: every column of the state, so that nothing of the former state stays. */
export function stateOfJob(job: OpenJob): Omit<JobStateRow, 'id' | 'revision'> {
  return {
    state: job.state,
    attempt: job.attempt,
    failures: job.failures,
    reclaims: job.reclaims,
    failedOn: [...job.failedOn],
    notBefore: job.state === 'needed' ? job.notBefore : null,
    attemptId: job.state === 'delegated' ? job.attemptId : null,
    drone: job.state === 'delegated' ? job.drone : null,
    artifact: job.state === 'received' || job.state === 'published' ? job.artifact : null,
    blockedBy: job.state === 'blocked' ? job.blockedBy : null,
    reason: job.state === 'quarantined' ? storableText(job.reason) : null,
  };
}

/** The same as JSON with the names of the columns. */
export function jsonOfState(job: OpenJob): Readonly<Record<string, unknown>> {
  const { failedOn, notBefore, attemptId, blockedBy, ...rest } = stateOfJob(job);
  return {
    ...rest,
    failed_on: failedOn,
    not_before: notBefore,
    attempt_id: attemptId,
    blocked_by: blockedBy,
  };
}

/** A row for a job that comes into being, as JSON with the names of the columns. */
export function rowOfNewJob(job: Job, position: number, at: Date): Readonly<Record<string, unknown>> {
  const { planId, profile, cpv, slot, use, repository, buildKey, needs, waits, criticalPath, synthetic } =
    job.spec;
  const { inputs, bootstrap, why } = job.spec;
  return {
    id: job.id,
    revision: 1,
    plan_id: planId,
    position,
    ...{ profile, cpv, slot, use, repository, needs, waits, synthetic },
    build_key: buildKey,
    critical_path: criticalPath,
    ...{ package: packageOf(cpv), inputs, bootstrap, why: storableText(why) },
    ...jsonOfState(job),
    moved_at: at,
  };
}

export function moveOfRow(row: MoveRow): JobMove {
  const name = { table: 'job_move', id: String(row.sequence) };
  return {
    jobId: row.jobId as JobId,
    at: row.at,
    state: parsed(name, State, row.state),
    attempt: row.attempt,
    reason: row.reason,
  };
}
