import pg from 'pg';

const DEFAULT_POOL_SIZE = 10;
const CONNECT_LIMIT_MS = 5_000;
/** Until a connection of the pool is free. Bursts of a thousand writers are normal. */
const WAIT_LIMIT_MS = 30_000;
/** No statement of ours takes seconds; one that hangs must not hold a connection, or a lock, for ever (S31). */
const STATEMENT_LIMIT_MS = 30_000;
const LOCK_LIMIT_MS = 10_000;
const IDLE_IN_TRANSACTION_LIMIT_MS = 60_000;
/** For a server that is gone without a word: the client gives up after its own limit, too. */
const ANSWER_LIMIT_MS = STATEMENT_LIMIT_MS + 5_000;

export interface PoolOptions {
  readonly url: string;
  readonly poolSize?: number;
  readonly source: string;
  readonly onConnectionLost?: (error: Error) => void;
}

/** What every connection of ours has in common. */
export function connectionConfig({ url, source }: Pick<PoolOptions, 'url' | 'source'>): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: source,
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
  };
}

/** A pool that outlives its server: a lost connection is reported and replaced, and never ends the process. */
export function openPool(options: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    ...connectionConfig(options),
    connectionTimeoutMillis: WAIT_LIMIT_MS,
    max: options.poolSize ?? DEFAULT_POOL_SIZE,
    statement_timeout: STATEMENT_LIMIT_MS,
    lock_timeout: LOCK_LIMIT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_LIMIT_MS,
    query_timeout: ANSWER_LIMIT_MS,
  });
  // The pool listens to idle connections only; one that is lost between two statements of a transaction has no
  // listener then, and would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  pool.on('error', (error) => options.onConnectionLost?.(error));
  return pool;
}

/** Commits what `run` did on one connection, or, when it throws, nothing. */
export async function inTransaction<T>(
  pool: pg.Pool,
  run: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let isBroken = false;
  try {
    await client.query('begin');
    const result = await run(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => {
      isBroken = true;
    });
    throw error;
  } finally {
    client.release(isBroken);
  }
}
