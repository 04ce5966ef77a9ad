import type { Attempt, AttemptId, AttemptState, DroneName, JobId } from '@swarm/domain-job';
import { z } from 'zod';

import type { Attempt as AttemptRow } from './generated/prisma/client.js';
import { parsed, required } from './row.js';
import { storableText } from './storable.js';

export const openStates = ['offered', 'running'] as const satisfies readonly AttemptState[];

const State = z.enum([...openStates, 'succeeded', 'failed', 'refused', 'returned', 'reclaimed', 'cancelled']);

export function attemptOfRow(row: AttemptRow): Attempt {
  const name = { table: 'attempt', id: row.id };
  const ms = (column: string, value: bigint | null): number => Number(required(name, column, value));
  return {
    id: row.id as AttemptId,
    jobId: row.jobId as JobId,
    number: row.number,
    drone: row.drone as DroneName,
    state: parsed(name, State, row.state),
    tokenSha256: row.tokenSha256,
    offeredAt: row.offeredAt,
    startedAt: row.startedAt,
    endedAt: row.endedAt,
    failureClass: row.failureClass,
    summary: row.summary,
    logTail: row.logTail,
    measured:
      row.wallMs === null
        ? null
        : {
            wallMs: Number(row.wallMs),
            dependenciesMs: ms('dependencies_ms', row.dependenciesMs),
            buildMs: ms('build_ms', row.buildMs),
            uploadMs: ms('upload_ms', row.uploadMs),
          },
  };
}

/** The columns that change in an attempt's life. */
export function progressOfAttempt(
  attempt: Attempt,
): Omit<AttemptRow, 'id' | 'jobId' | 'number' | 'drone' | 'tokenSha256' | 'offeredAt'> {
  const { state, startedAt, endedAt, failureClass, summary, logTail, measured } = attempt;
  return {
    state,
    startedAt,
    endedAt,
    failureClass,
    summary: summary === null ? null : storableText(summary),
    logTail: logTail === null ? null : storableText(logTail),
    wallMs: wholeMs(measured?.wallMs),
    dependenciesMs: wholeMs(measured?.dependenciesMs),
    buildMs: wholeMs(measured?.buildMs),
    uploadMs: wholeMs(measured?.uploadMs),
  };
}

/** A row as JSON with the names of the columns. */
export function jsonOfAttempt(attempt: Attempt): Readonly<Record<string, unknown>> {
  const { id, jobId, number, drone, tokenSha256, offeredAt, state, startedAt, endedAt } = attempt;
  const { failureClass, summary, logTail, measured } = attempt;
  const wholeMsOf = (ms: number | undefined): number | null => (ms === undefined ? null : Math.round(ms));
  return {
    ...{ id, job_id: jobId, number, drone, token_sha256: tokenSha256, offered_at: offeredAt },
    ...{ state, started_at: startedAt, ended_at: endedAt, failure_class: failureClass, summary },
    log_tail: logTail,
    wall_ms: wholeMsOf(measured?.wallMs),
    dependencies_ms: wholeMsOf(measured?.dependenciesMs),
    build_ms: wholeMsOf(measured?.buildMs),
    upload_ms: wholeMsOf(measured?.uploadMs),
  };
}

function wholeMs(ms: number | undefined): bigint | null {
  return ms === undefined ? null : BigInt(Math.round(ms));
}
