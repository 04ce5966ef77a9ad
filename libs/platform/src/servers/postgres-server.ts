import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { SwarmError } from '@swarm/kernel';
import pg from 'pg';

import { freePort } from '../ports.js';
import { startProcess, type ManagedProcess } from './managed-process.js';
import { tailOf } from './nats-server.js';
import { ensurePostgres, type PostgresBinaries } from './postgres-binaries.js';
import { ensureCluster, majorOfCluster, serverEnvironment, stateDirectory } from './postgres-directory.js';

const HOST = '127.0.0.1';
/** The user and the database; both are made with the cluster. */
const NAME = 'swarm';
/** Includes crash recovery and waiting for the last server's processes to end. */
const START_LIMIT_MS = 60_000;
const STOP_GRACE_MS = 30_000;
const LOOK_EVERY_MS = 20;
const RESTART_EVERY_MS = 250;
const CONNECT_LIMIT_MS = 2_000;
const MAX_CONNECTIONS = 200;

export interface PostgresOptions {
  /** The state; made if missing, and good for every later start. */
  readonly dataDir: string;
  /** Default: a free port. */
  readonly port?: number;
  /** False only in tests: a power failure may then destroy the database; a killed server still loses nothing. Default true. */
  readonly fsync?: boolean;
  /** Default: `ensurePostgres()` with the data directory's major version. */
  readonly binaries?: PostgresBinaries;
  /** Default: `postgres.log` beside the cluster. */
  readonly logFile?: string;
  /** True: it does not keep this process alive. It is stopped with this process in any case. */
  readonly unref?: boolean;
}

export interface PostgresServer {
  /** Database `swarm` as user `swarm`, trusted on loopback TCP; there is no other way in. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly process: ManagedProcess;
  /** Where the state really is. */
  readonly directory: string;
  readonly major: number;
  /** Lets transactions roll back and writes a checkpoint. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts Postgres on a data directory, kept or new, and waits until it answers and the database is there.
 * After a crash it waits for orphans of the last server. Throws SWARM_NO_SERVER with the end of its log.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const { dataDir, fsync = true } = options;
  const binaries = options.binaries ?? (await ensurePostgres({ major: await majorOfCluster(dataDir) }));
  const directory = await stateDirectory(dataDir, binaries.runAs);
  const cluster = await ensureCluster(directory, binaries, fsync);
  const port = options.port ?? (await freePort(HOST));
  const logFile = options.logFile ?? join(directory, 'postgres.log');
  const url = `postgresql://${NAME}@${HOST}:${port}/${NAME}`;
  const managed = await startUntilUp({ ...options, fsync, binaries, directory, cluster, port, logFile });
  return {
    url,
    port,
    pid: managed.pid,
    process: managed,
    directory,
    major: binaries.major,
    stop: () => managed.stop(STOP_GRACE_MS),
  };
}

interface Start {
  readonly binaries: PostgresBinaries;
  readonly directory: string;
  readonly cluster: string;
  readonly port: number;
  readonly logFile: string;
  readonly fsync: boolean;
  readonly unref?: boolean;
}

/** One start, or several while what the last server left behind is still ending. */
async function startUntilUp(start: Start): Promise<ManagedProcess> {
  const deadline = performance.now() + START_LIMIT_MS;
  for (;;) {
    const managed = await spawnPostgres(start);
    try {
      await untilAnswers(start.port, managed, deadline);
      return managed;
    } catch (error) {
      await managed.stop(STOP_GRACE_MS);
      const tail = await tailOf(start.logFile);
      if (isStillEnding(tail) && performance.now() < deadline) {
        await delay(RESTART_EVERY_MS);
        continue;
      }
      throw new SwarmError('SWARM_NO_SERVER', `Postgres did not start.\n${tail}`, {
        hint: `Its log is ${start.logFile}.`,
        cause: error,
      });
    }
  }
}

/** Postgres' own words (15.18, 18.4) for a server, or orphans of one, that have not gone yet. */
function isStillEnding(logTail: string): boolean {
  const lastStart = logTail.slice(logTail.lastIndexOf('FATAL:'));
  return /pre-existing shared memory block|lock file "postmaster\.pid" already exists/.test(lastStart);
}

async function spawnPostgres(start: Start): Promise<ManagedProcess> {
  const { binaries, directory, cluster, port, logFile, fsync, unref = false } = start;
  const settings = {
    listen_addresses: HOST,
    port: String(port),
    unix_socket_directories: '',
    max_connections: String(MAX_CONNECTIONS),
    log_checkpoints: 'off',
    ...(!fsync && {
      fsync: 'off',
      full_page_writes: 'off',
      wal_level: 'minimal',
      max_wal_senders: '0',
    }),
  };
  const log = await open(logFile, 'a');
  try {
    return await startProcess({
      command: join(binaries.binDir, 'postgres'),
      args: [
        '-D',
        cluster,
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      cwd: directory,
      env: serverEnvironment(directory),
      runAs: binaries.runAs,
      output: log.fd,
      // Fast shutdown: does not wait for clients (postgres(1)).
      stopSignal: 'SIGINT',
      unref,
    });
  } finally {
    await log.close();
  }
}

async function untilAnswers(port: number, server: ManagedProcess, deadline: number): Promise<void> {
  let reason: unknown;
  while (performance.now() < deadline) {
    if (server.hasExited()) throw new Error(await server.exited);
    try {
      await ensureDatabase(port, server);
      return;
    } catch (error) {
      reason = error;
      await delay(LOOK_EVERY_MS);
    }
  }
  throw new Error(`no answer within ${START_LIMIT_MS} ms`, { cause: reason });
}

async function ensureDatabase(port: number, server: ManagedProcess): Promise<void> {
  const client = new pg.Client({
    host: HOST,
    port,
    user: NAME,
    database: 'postgres',
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ pid: string }>(
      `select split_part(pg_read_file('postmaster.pid'), E'\\n', 1) as pid`,
    );
    // A stranger may hold the port while ours fails to bind it.
    if (Number(rows[0]?.pid) !== server.pid) throw new Error('another server listens on this port');
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [NAME]);
    if (!rowCount) await client.query(`create database ${NAME}`);
  } finally {
    await client.end().catch(() => undefined);
  }
}
