import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { migrate } from '@swarm/adapter-postgres';
import {
  ensureNatsServer,
  findOnPath,
  freePort,
  startNatsServer,
  startPostgres,
  startProcess,
} from '@swarm/platform';

const STOP_GRACE_MS = 5_000;
/** What a Redis may be called. */
const REDIS_NAMES = ['valkey-server', 'redis-server'] as const;

/** Logs every change, and syncs once a second: what queues on Redis are advised to use. */
const REDIS_DURABLE = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'everysec'];

export interface BenchServers extends AsyncDisposable {
  /** A migrated ledger on a Postgres that syncs each commit to the disk, as in use. */
  readonly databaseUrl: string;
  /** An empty database on the same server. */
  readonly peerDatabaseUrl: string;
  /** A nats-server that syncs each message to the disk, as in use. */
  readonly natsUrl: string;
  /** A Redis or Valkey that logs every change and syncs once a second; undefined where there is none on PATH. */
  readonly redisPort: number | undefined;
}

type Undo = () => Promise<unknown>;

/** Starts servers of the bench's own, in a directory that goes with them. */
export async function startBenchServers(): Promise<BenchServers> {
  const directory = await mkdtemp(join(tmpdir(), 'swarm-bench-'));
  const undo: Undo[] = [() => rm(directory, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const postgres = await startPostgres({ dataDir: join(directory, 'postgres') });
    undo.push(() => postgres.stop());
    await migrate(postgres.url);
    const { binary } = await ensureNatsServer({ cacheDir: resolve('.cache') });
    const nats = await startNatsServer({ binary, storeDir: join(directory, 'nats') });
    undo.push(() => nats.stop());
    const redisPort = await startRedis(directory, undo);
    const peer = new URL(postgres.url);
    peer.pathname = '/postgres';
    return {
      databaseUrl: postgres.url,
      peerDatabaseUrl: peer.href,
      natsUrl: nats.url,
      redisPort,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startRedis(directory: string, undo: Undo[]): Promise<number | undefined> {
  for (const name of REDIS_NAMES) {
    const command = await findOnPath(name, process.env);
    if (command === undefined) continue;
    const port = await freePort();
    const log = await open(join(directory, 'redis.log'), 'a');
    const server = await startProcess({
      command,
      args: ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, ...REDIS_DURABLE],
      cwd: directory,
      output: log.fd,
      stopSignal: 'SIGTERM',
    });
    await log.close();
    undo.push(() => server.stop(STOP_GRACE_MS));
    return port;
  }
  return undefined;
}
