import type { JobChange, JobChanges } from '@swarm/domain-job';
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

/** A change with the number of those that it belongs to. */
type Numbered = readonly [n: number, change: JobChange];
/** Numbers of what was stored; undefined when the fence is an old one. */
type Stored = ReadonlySet<number> | undefined;

/**
 * State, attempt, history and messages of many changes in one transaction, each job's row under its revision, and each
 * change with all that follows from it. In plain SQL, since every step of every job goes through here.
 */
export async function saveJobs(
  ledger: Ledger,
  all: readonly JobChanges[],
  fence?: Fence,
): Promise<readonly Saved[] | 'fenced'> {
  if (all.length === 0) return [];
  try {
    const stored = await storeWhole(ledger, all, fence);
    return stored ? all.map((_changes, n) => (stored.has(n) ? 'saved' : 'conflict')) : 'fenced';
  } catch (error) {
    if (!isUniqueViolation(error, 'attempt')) throw error;
    // A job has an open attempt, or one of this number, that was not there a moment ago: somebody else was first,
    // whatever this service believed.
    return all.length === 1 ? ['conflict'] : oneByOne(ledger, all, fence);
  }
}

/** Whose change it was that a unique index refused, each by itself shows. */
async function oneByOne(
  ledger: Ledger,
  all: readonly JobChanges[],
  fence: Fence | undefined,
): Promise<readonly Saved[] | 'fenced'> {
  const results: Saved[] = [];
  for (const changes of all) {
    const saved = await saveJobs(ledger, [changes], fence);
    if (saved === 'fenced') return 'fenced';
    results.push(...saved);
  }
  return results;
}

/** Sets of changes in which no job is twice: a statement changes a row once. Nearly always one. */
function wavesOf(changes: readonly Numbered[]): readonly Numbered[][] {
  const waves: Numbered[][] = [];
  const waveOf = new Map<string, number>();
  for (const numbered of changes) {
    const { id } = numbered[1].job;
    const wave = waveOf.get(id) ?? 0;
    waveOf.set(id, wave + 1);
    (waves[wave] ??= []).push(numbered);
  }
  return waves;
}

/** One statement stores what it stores whole. Several are made again without what only some of them could store. */
async function storeWhole(
  { pool, source }: Ledger,
  all: readonly JobChanges[],
  fence: Fence | undefined,
): Promise<Stored> {
  let numbered = all.flatMap((changes, n) => changes.map((change): Numbered => [n, change]));
  for (;;) {
    const waves = wavesOf(numbered);
    const batches = waves.map((wave) => [...valuesOf(wave), fence?.lock, fence?.epoch, source]);
    const [only] = batches;
    if (only === undefined) return new Set();
    if (batches.length === 1) return store(pool, only);
    const attempted = await inTransaction(pool, async (client) => {
      await client.query(SHORT_IDLE);
      const refused = new Set<number>();
      for (const [place, values] of batches.entries()) {
        const stored = await store(client, values);
        if (!stored) return undefined;
        for (const [n] of waves[place] ?? []) if (!stored.has(n)) refused.add(n);
      }
      const isPartial = numbered.some(([n]) => refused.has(n) && (all[n]?.length ?? 0) > 1);
      if (isPartial) await client.query('rollback and chain');
      return { refused, isPartial };
    });
    if (!attempted) return undefined;
    const { refused, isPartial } = attempted;
    const rest = numbered.filter(([n]) => !refused.has(n));
    if (!isPartial) return new Set(rest.map(([n]) => n));
    numbered = rest;
  }
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
  const states = wave.map(([n, { job, expected, at, reason }], place) => {
    return { n, place, id: job.id, expected, at, history: reason, ...jsonOfState(job) };
  });
  const attempts = wave.flatMap(([n, { attempt }]) => (attempt ? [{ n, ...jsonOfAttempt(attempt) }] : []));
  const messages = wave.flatMap(([n, { outgoing }]) =>
    outgoing.map((message) => ({ n, ...messageRow(message) })),
  );
  const inOrder = messages.map((message, place) => ({ ...message, place }));
  return [states, attempts, inOrder].map(storableJsonText);
}

function isUniqueViolation(error: unknown, table: string): boolean {
  return error instanceof pg.DatabaseError && error.code === UNIQUE_VIOLATION && error.table === table;
}
