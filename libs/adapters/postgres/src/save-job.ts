import type { Attempt, Job, JobChange } from '@swarm/domain-job';
import type { Saved } from '@swarm/kernel';
import pg from 'pg';

import { rowOfAttempt } from './attempt-row.js';
import { stateOfJob } from './job-row.js';
import type { Ledger } from './ledger.js';
import { insertMessages } from './messages.js';
import { inTransaction } from './pool.js';
import { storableText } from './storable.js';

/** SQLSTATE of a row that a unique index refused. */
const UNIQUE_VIOLATION = '23505';

const UPDATE_JOB = `
  update job set revision = $2 + 1, state = $3, attempt = $4, failures = $5, reclaims = $6, failed_on = $7,
    not_before = $8, attempt_id = $9, drone = $10, artifact = $11, blocked_by = $12, reason = $13, moved_at = $14
  where id = $1 and revision = $2`;

const PUT_ATTEMPT = `
  insert into attempt (id, job_id, number, drone, token_sha256, offered_at, state, started_at, ended_at,
    failure_class, summary, log_tail, wall_ms, dependencies_ms, build_ms, upload_ms)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
  on conflict (id) do update set state = excluded.state, started_at = excluded.started_at,
    ended_at = excluded.ended_at, failure_class = excluded.failure_class, summary = excluded.summary,
    log_tail = excluded.log_tail, wall_ms = excluded.wall_ms, dependencies_ms = excluded.dependencies_ms,
    build_ms = excluded.build_ms, upload_ms = excluded.upload_ms`;

const ADD_MOVE = 'insert into job_move (job_id, at, state, attempt, reason) values ($1, $2, $3, $4, $5)';

/**
 * State, attempt, history and messages in one transaction; the job's row, under its revision, comes first.
 * In plain SQL, since every step of every job goes through here.
 */
export async function saveJob({ pool, source }: Ledger, change: JobChange): Promise<Saved> {
  const { job, expected, at, reason, attempt, outgoing } = change;
  try {
    return await inTransaction(pool, async (client) => {
      const { rowCount } = await client.query(UPDATE_JOB, valuesOfJob(job, expected, at));
      if (rowCount === 0) return 'conflict';
      if (attempt) await client.query(PUT_ATTEMPT, valuesOfAttempt(attempt));
      await client.query(ADD_MOVE, [job.id, at, job.state, job.attempt, storableText(reason)]);
      await insertMessages((sql, values) => client.query(sql, [...values]), source, outgoing);
      return 'saved';
    });
  } catch (error) {
    // The job has an open attempt, or one of this number: somebody else was first, whatever this service believed.
    if (isUniqueViolation(error, 'attempt')) return 'conflict';
    throw error;
  }
}

function valuesOfJob(job: Job, expected: number, at: Date): unknown[] {
  const row = stateOfJob(job);
  const counts = [row.attempt, row.failures, row.reclaims, row.failedOn];
  const ofState = [row.notBefore, row.attemptId, row.drone, row.artifact, row.blockedBy, row.reason];
  return [job.id, expected, row.state, ...counts, ...ofState, at];
}

function valuesOfAttempt(attempt: Attempt): unknown[] {
  const row = rowOfAttempt(attempt);
  const fixed = [row.id, row.jobId, row.number, row.drone, row.tokenSha256, row.offeredAt];
  const times = [row.state, row.startedAt, row.endedAt];
  const failure = [row.failureClass, row.summary, row.logTail];
  return [...fixed, ...times, ...failure, row.wallMs, row.dependenciesMs, row.buildMs, row.uploadMs];
}

function isUniqueViolation(error: unknown, table: string): boolean {
  return error instanceof pg.DatabaseError && error.code === UNIQUE_VIOLATION && error.table === table;
}
