import {
  catchUpPolicies,
  overlapPolicies,
  runLifecycle,
  runOutcomes,
  type RunState,
  type Schedule,
  type SchedulePause,
  type ScheduleRun,
} from '@swarm/domain-schedule';
import type { Versioned } from '@swarm/kernel';
import { z } from 'zod';

import type { Prisma, Schedule as ScheduleRow, ScheduleRun as RunRow } from './generated/prisma/client.js';
import { parsed, required } from './row.js';
import { storableText } from './storable.js';

const Overlap = z.enum(overlapPolicies);
const CatchUp = z.enum(catchUpPolicies);
const State = z.enum(Object.keys(runLifecycle) as RunState[]);
const Outcome = z.enum(runOutcomes).nullable();

type Unnamed<Row> = Omit<Row, 'name' | 'id' | 'revision' | 'sequence'>;

export function columnsOfSchedule(schedule: Schedule): Unnamed<Prisma.ScheduleUncheckedCreateInput> {
  const { profile, targets, cron, zone, enabled, overlap, catchUp, jitterMaxMs, pause } = schedule;
  const { settledUntil, createdAt } = schedule;
  return {
    ...{ profile, cron, zone, enabled, overlap, catchUp, jitterMaxMs, settledUntil, createdAt },
    targets: [...targets],
    pausedAt: pause?.at ?? null,
    pausedUntil: pause?.until ?? null,
    pausedBy: pause === null ? null : storableText(pause.author),
    pauseReason: pause === null ? null : storableText(pause.reason),
  };
}

export function scheduleOfRow(row: ScheduleRow): Schedule {
  const id = { table: 'schedule', id: row.name };
  const { name, profile, targets, cron, zone, enabled, jitterMaxMs, settledUntil, createdAt } = row;
  return {
    ...{ name, profile, targets, cron, zone, enabled, jitterMaxMs, settledUntil, createdAt },
    overlap: parsed(id, Overlap, row.overlap),
    catchUp: parsed(id, CatchUp, row.catchUp),
    pause: pauseOfRow(row),
  };
}

function pauseOfRow(row: ScheduleRow): SchedulePause | null {
  if (row.pausedAt === null) return null;
  const id = { table: 'schedule', id: row.name };
  return {
    at: row.pausedAt,
    until: required(id, 'paused_until', row.pausedUntil),
    author: required(id, 'paused_by', row.pausedBy),
    reason: required(id, 'pause_reason', row.pauseReason),
  };
}

export function columnsOfRun(run: ScheduleRun): Unnamed<Prisma.ScheduleRunUncheckedCreateInput> {
  const { id: _id, targets, detail, ...columns } = run;
  return { ...columns, targets: [...targets], detail: storableText(detail) };
}

export function runOfRow({ sequence: _sequence, revision: _revision, ...row }: RunRow): ScheduleRun {
  const id = { table: 'schedule_run', id: row.id };
  return { ...row, state: parsed(id, State, row.state), outcome: parsed(id, Outcome, row.outcome) };
}

export function versionedRun(row: RunRow): Versioned<ScheduleRun> {
  return { value: runOfRow(row), revision: row.revision };
}
