import { setTimeout as delay } from 'node:timers/promises';

import type { Fence } from '@swarm/kernel';
import pg from 'pg';

import { connectionConfig } from './pool.js';

/** How soon another process leads after the leader has gone. */
const TRY_EVERY_MS = 500;
/** How soon a leader notices that its connection is dead though nobody closed it. */
const PROBE_EVERY_MS = 5_000;
const PROBE_LIMIT_MS = 5_000;
/** The same from the server's side: it frees the lock of a host that is gone after idle + count × interval seconds. */
const SERVER_KEEPALIVE =
  'set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 2';

/** The right to be the only one, until it is released or lost. */
export interface Leadership extends AsyncDisposable {
  /** Counts the leaders of this lock; a greater one is the later one. */
  readonly epoch: bigint;
  /** For the writes of this leader: they store nothing once another one leads. */
  readonly fence: Fence;
  /** Aborted when the lock is lost, with the reason: stop leading at once. Not when it is released. */
  readonly lost: AbortSignal;
  /** This process has found out by other means that it leads no more: aborts `lost` with the reason. */
  abandon(reason: Error): void;
  release(): Promise<void>;
}

/** A lock that one process in the swarm holds at a time. */
export interface Leader {
  /** Waits, through restarts of Postgres too, until this process leads; rejects when the signal is aborted. */
  acquire(signal?: AbortSignal): Promise<Leadership>;
}

export interface LeaderOptions {
  readonly url: string;
  readonly source: string;
  readonly onConnectionLost?: (error: Error) => void;
  /** Aborted when the database is closed: nobody waits for a lock any more. */
  readonly closing: AbortSignal;
  /** Told of each leadership, so that whoever closes the database can end it. */
  readonly onAcquired: (leadership: Leadership) => void;
}

/** A lock of a Postgres session of its own: the server frees it when the session ends, however it ends. */
export function postgresLeader(lockName: string, options: LeaderOptions): Leader {
  return {
    acquire: async (given) => {
      const signal = given ? AbortSignal.any([given, options.closing]) : options.closing;
      for (;;) {
        signal.throwIfAborted();
        const leadership = await tryToLead(lockName, options, signal).catch((error: unknown) => {
          if (!signal.aborted) options.onConnectionLost?.(error as Error);
          return undefined;
        });
        if (leadership) {
          options.onAcquired(leadership);
          return leadership;
        }
        await delay(TRY_EVERY_MS, undefined, { signal });
      }
    },
  };
}

/** Tries on one connection until it leads; rejects when the connection fails or the signal is aborted. */
async function tryToLead(lockName: string, options: LeaderOptions, signal: AbortSignal): Promise<Leadership> {
  const client = new pg.Client({ ...connectionConfig(options), query_timeout: PROBE_LIMIT_MS });
  const lost = new AbortController();
  const isLost = (error: Error): void => {
    lost.abort(error);
  };
  client.on('error', isLost);
  client.on('end', () => {
    isLost(new Error('the connection to Postgres ended'));
  });
  try {
    await client.connect();
    await client.query(SERVER_KEEPALIVE);
    // Asked again and again: a query that waited for the lock would hold back vacuum for as long as it waits.
    while (!(await tryLock(client, lockName))) {
      await delay(TRY_EVERY_MS, undefined, { signal });
    }
    const epoch = await nextEpoch(client, lockName);
    return new Session(client, { lock: lockName, epoch }, lost);
  } catch (error) {
    client.end().catch(() => undefined);
    throw error;
  }
}

/** The number of an advisory lock by its name, as SQL over an expression of that text. */
export function lockKeySql(name: string): string {
  return `hashtextextended(${name}, 0)`;
}

async function tryLock(client: pg.Client, lockName: string): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>(
    `select pg_try_advisory_lock(${lockKeySql('$1')}) as locked`,
    [`leader of ${lockName}`],
  );
  return rows[0]?.locked ?? false;
}

async function nextEpoch(client: pg.Client, lockName: string): Promise<bigint> {
  const { rows } = await client.query<{ epoch: string }>(
    `insert into leadership (lock_name, epoch, since) values ($1, 1, now())
     on conflict (lock_name) do update set epoch = leadership.epoch + 1, since = now() returning epoch`,
    [lockName],
  );
  return BigInt(rows[0]?.epoch ?? 0);
}

class Session implements Leadership {
  readonly #client: pg.Client;
  readonly #lost: AbortController;
  readonly #probe: NodeJS.Timeout;
  #isReleased = false;

  constructor(
    client: pg.Client,
    readonly fence: Fence,
    lost: AbortController,
  ) {
    this.#client = client;
    this.#lost = lost;
    this.#probe = setInterval(() => void this.#probeConnection(), PROBE_EVERY_MS);
    this.#probe.unref();
    lost.signal.addEventListener('abort', () => {
      clearInterval(this.#probe);
    });
  }

  get epoch(): bigint {
    return this.fence.epoch;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  abandon(reason: Error): void {
    if (!this.#isReleased) this.#lost.abort(reason);
  }

  async release(): Promise<void> {
    if (this.#isReleased) return;
    this.#isReleased = true;
    clearInterval(this.#probe);
    // The end of the connection is no loss now.
    this.#client.removeAllListeners('end').removeAllListeners('error');
    this.#client.on('error', () => undefined);
    await this.#client.end().catch(() => undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  async #probeConnection(): Promise<void> {
    try {
      await this.#client.query('select 1');
    } catch (error) {
      if (this.#isReleased) return;
      this.#lost.abort(error);
      await this.#client.end().catch(() => undefined);
    }
  }
}
