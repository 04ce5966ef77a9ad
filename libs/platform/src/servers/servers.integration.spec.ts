import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { freePort } from '../ports.js';
import { ensureNatsServer, isAtLeast } from './nats-binary.js';
import { natsConfig, startNatsServer } from './nats-server.js';
import { startPostgres, type PostgresServer } from './postgres-server.js';

const CACHE = join(import.meta.dirname, '../../../../.cache');

async function query(server: PostgresServer, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return rows;
  } finally {
    await client.end();
  }
}

describe('server launchers', () => {
  let directory: string;
  const stops: (() => Promise<void>)[] = [];
  const postgres = async (port?: number): Promise<PostgresServer> => {
    const server = await startPostgres({
      dataDir: join(directory, 'pg'),
      ...(port && { port }),
      fsync: false,
    });
    stops.push(() => server.stop());
    return server;
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'swarm-servers-'));
    await chmod(directory, 0o755);
  });
  afterEach(async () => {
    await Promise.all(stops.splice(0).map((stop) => stop()));
    await rm(directory, { recursive: true, force: true });
  });

  it('find a nats-server that has all the swarm needs', async () => {
    const { binary, version } = await ensureNatsServer({ cacheDir: CACHE });
    expect(existsSync(binary)).toBe(true);
    expect(isAtLeast(version, '2.10.0')).toBe(true);
  });

  it('believe NATS_SERVER_BIN, and say so when it is wrong', async () => {
    await expect(
      ensureNatsServer({ cacheDir: CACHE, env: { NATS_SERVER_BIN: '/bin/false' } }),
    ).rejects.toMatchObject({
      code: 'SWARM_NO_SERVER',
      message: expect.stringContaining('NATS_SERVER_BIN') as unknown,
    });
  });

  it('write a NATS configuration that syncs always, unless told otherwise (Q26)', () => {
    const options = { storeDir: '/var/lib/swarm', host: '127.0.0.1', port: 4222, serverName: 'x' };
    expect(natsConfig(options)).toContain('sync_interval: always');
    expect(natsConfig(options)).toContain('max_payload: 8388608');
    expect(natsConfig({ ...options, syncAlways: false })).not.toContain('sync_interval');
  });

  it('tell what a nats-server said when it does not start, and leave none behind', async () => {
    const { binary } = await ensureNatsServer({ cacheDir: CACHE });
    const first = await startNatsServer({ binary, storeDir: join(directory, 'one') });
    stops.push(() => first.stop());
    const second = startNatsServer({ binary, storeDir: join(directory, 'two'), port: first.port });
    await expect(second).rejects.toMatchObject({
      code: 'SWARM_NO_SERVER',
      message: expect.stringContaining('address already in use') as unknown,
    });
    await first.stop();
    await first.stop();
    expect(first.process.hasExited()).toBe(true);
  });

  it('start Postgres from nothing and keep its state over a restart', async () => {
    const first = await postgres();
    await query(first, 'create table kept as select 42 as answer');
    await first.stop();
    const second = await postgres();
    expect(
      await query(second, 'select answer, current_user as name, current_database() as base from kept'),
    ).toEqual([{ answer: 42, name: 'swarm', base: 'swarm' }]);
  });

  it('start Postgres again after its postmaster was killed, with sessions still open', async () => {
    const first = await postgres();
    await query(first, 'create table kept as select 42 as answer');
    const busy = new pg.Client({ connectionString: first.url });
    busy.on('error', () => undefined);
    await busy.connect();
    const orphan = busy.query('select pg_sleep(1)').catch(() => undefined);
    first.process.child.kill('SIGKILL');
    await first.process.exited;
    const second = await postgres(first.port);
    expect(await query(second, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await orphan;
    await busy.end().catch(() => undefined);
  });

  it('do not take a stranger on the same port for their own Postgres', async () => {
    const port = await freePort();
    await postgres(port);
    const other = startPostgres({ dataDir: join(directory, 'other'), port, fsync: false });
    await expect(other).rejects.toMatchObject({ code: 'SWARM_NO_SERVER' });
  });

  const isRoot = process.getuid?.() === 0;
  (isRoot ? it : it.skip)(
    'put the state where the server can reach it, and find it there again (root only)',
    async () => {
      const hidden = join(directory, 'closed');
      await mkdir(hidden, { mode: 0o700 });
      const dataDir = join(hidden, 'pg');
      const first = await startPostgres({ dataDir, fsync: false });
      stops.push(
        () => rm(first.directory, { recursive: true, force: true }),
        () => first.stop(),
      );
      expect(first.directory).toMatch(/^\/var\/tmp\//);
      expect((await readFile(join(dataDir, 'LOCATION'), 'utf8')).trim()).toBe(first.directory);
      await query(first, 'create table kept as select 42 as answer');
      await first.stop();
      const second = await startPostgres({ dataDir, fsync: false });
      expect(second.directory).toBe(first.directory);
      expect(await query(second, 'select answer from kept')).toEqual([{ answer: 42 }]);
      await second.stop();
      await rm(first.directory, { recursive: true, force: true });
    },
  );

  it('refuse a data directory of another major version, by name', async () => {
    const cluster = join(directory, 'pg', 'cluster');
    await mkdir(cluster, { recursive: true });
    await writeFile(join(cluster, 'PG_VERSION'), '9\n');
    await expect(postgres()).rejects.toMatchObject({
      code: 'SWARM_NO_SERVER',
      message: expect.stringContaining('Postgres 9') as unknown,
    });
  });
});
