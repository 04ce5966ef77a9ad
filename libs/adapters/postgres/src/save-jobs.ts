import type { JobChange } from '@swarm/domain-job';
import type { Fence, Saved } from '@swarm/kernel';
import pg from 'pg';

import { jsonOfAttempt } from './attempt-row.js';
import { jsonOfState } from './job-row.js';
import type { Ledger } from './ledger.js';
import { messageRow } from './messages.js';
import { inTransaction } from './pool.js';
import { SAVE_JOBS } from './save-jobs.sql.js';
import { storableJsonText } from './storable.js';

/** SQLSTATE of a row that a unique index refused. */
const UNIQUE_VIOLATION = '23505';
/** A batch of several statements must not keep the next leader waiting when its process freezes in between. */
const SHORT_IDLE = `set local idle_in_transaction_session_timeout = '5s'`;

/** A change with its place among those that were given. */
type Numbered = readonly [n: number, change: JobChange];
/** Numbers of the changes that were stored; undefined when the fence is an old one. */
type Stored = ReadonlySet<number> | undefined;

/**
 * State, attempt, history and messages of many changes in one transaction, each job's row under its revision.
 * In plain SQL, since every step of every job goes through here.
 */
export async function saveJobs(
  ledger: Ledger,
  changes: readonly JobChange[],
  fence?: Fence,
): Promise<readonly Saved[] | 'fenced'> {
  if (changes.length === 0) return [];
  try {
    const stored = await storeWaves(ledger, wavesOf(changes), fence);
    return stored ? changes.map((_change, n) => (stored.has(n) ? 'saved' : 'conflict')) : 'fenced';
  } catch (error) {
    if (!isUniqueViolation(error, 'attempt')) throw error;
    // A job has an open attempt, or one of this number, that was not there a moment ago: somebody else was first,
    // whatever this service believed.
    return changes.length === 1 ? ['conflict'] : oneByOne(ledger, changes, fence);
  }
}

/** Which change it was that a unique index refused, each by itself shows. */
async function oneByOne(
  ledger: Ledger,
  changes: readonly JobChange[],
  fence: Fence | undefined,
): Promise<readonly Saved[] | 'fenced'> {
  const results: Saved[] = [];
  for (const change of changes) {
    const saved = await saveJobs(ledger, [change], fence);
    if (saved === 'fenced') return 'fenced';
    results.push(...saved);
  }
  return results;
}

/** Groups in which no job is twice: a statement changes a row once. Nearly always one. */
function wavesOf(changes: readonly JobChange[]): readonly Numbered[][] {
  const waves: Numbered[][] = [];
  const waveOf = new Map<string, number>();
  for (const [n, change] of changes.entries()) {
    const wave = waveOf.get(change.job.id) ?? 0;
    waveOf.set(change.job.id, wave + 1);
    (waves[wave] ??= []).push([n, change]);
  }
  return waves;
}

async function storeWaves(
  { pool, source }: Ledger,
  waves: readonly Numbered[][],
  fence: Fence | undefined,
): Promise<Stored> {
  const batches = waves.map((wave) => [...valuesOf(wave), fence?.lock, fence?.epoch, source]);
  const [only] = batches;
  if (only && batches.length === 1) return store(pool, only);
  return inTransaction(pool, async (client) => {
    await client.query(SHORT_IDLE);
    const all = new Set<number>();
    for (const values of batches) {
      const stored = await store(client, values);
      if (!stored) return undefined;
      for (const n of stored) all.add(n);
    }
    return all;
  });
}

/** Named, so that a connection plans it once. */
async function store(client: pg.Pool | pg.PoolClient, values: unknown[]): Promise<Stored> {
  const { rows } = await client.query<{ saved: number[]; leads: boolean }>({
    name: 'save-jobs',
    text: SAVE_JOBS,
    values,
  });
  const [row] = rows;
  return row?.leads ? new Set(row.saved) : undefined;
}

/** Changes, attempts and messages. Throws for a message that nobody knows, before anything is stored. */
function valuesOf(wave: readonly Numbered[]): string[] {
  const states = wave.map(([n, { job, expected, at, reason }]) => {
    return { n, id: job.id, expected, at, history: reason, ...jsonOfState(job) };
  });
  const attempts = wave.flatMap(([n, { attempt }]) => (attempt ? [{ n, ...jsonOfAttempt(attempt) }] : []));
  const messages = wave.flatMap(([n, { outgoing }]) =>
    outgoing.map((message, place) => ({ n, place, ...messageRow(message) })),
  );
  return [states, attempts, messages].map(storableJsonText);
}

function isUniqueViolation(error: unknown, table: string): boolean {
  return error instanceof pg.DatabaseError && error.code === UNIQUE_VIOLATION && error.table === table;
}
