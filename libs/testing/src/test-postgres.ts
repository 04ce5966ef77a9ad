import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startPostgres } from '@swarm/platform';
import pg from 'pg';

/** Directories of servers whose test process is gone carry this name and a process id. */
const PREFIX = 'swarm-test-postgres-';
const SERVER_FILE = 'server.json';
const TEMPLATE = 'swarm_template';

export interface TestPostgres {
  /** Administrator's URL; the database `swarm` is there and empty. */
  readonly url: string;
}

export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
  readonly name: string;
}

/**
 * The one Postgres of this test process: started by the first test file that asks, used by the files after it,
 * ended with the process. `TEST_DATABASE_URL` names a running server instead (its user must be able to create databases).
 */
export async function startTestPostgres(): Promise<TestPostgres> {
  const given = process.env['TEST_DATABASE_URL'];
  if (given) return { url: given };
  // Each test file has its own module registry, so what is shared between files is on disk, under our process id.
  const directory = join(tmpdir(), `${PREFIX}${process.pid}`);
  const kept = await readFile(join(directory, SERVER_FILE), 'utf8').catch(() => undefined);
  if (kept !== undefined) {
    const server = JSON.parse(kept) as TestPostgres;
    if (await answers(server.url)) return server;
  }
  await removeAbandoned();
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true, mode: 0o755 });
  const { url } = await startPostgres({ dataDir: join(directory, 'data'), fsync: false, unref: true });
  await writeFile(join(directory, SERVER_FILE), JSON.stringify({ url }));
  return { url };
}

let sequence = 0;

/**
 * A database of the test's own, cloned from a template that `migrate` has filled once per test process
 * (it is given the template's URL, and must close its connections). `template` tells templates apart.
 */
export async function createTestDatabase(
  migrate: (url: string) => Promise<void>,
  template = TEMPLATE,
): Promise<TestDatabase> {
  const { url } = await startTestPostgres();
  const name = `test_${process.pid}_${Date.now().toString(36)}_${++sequence}`;
  await withClient(url, async (client) => {
    await ensureTemplate(client, url, migrate, template);
    await client.query(`create database "${name}" template "${template}"`);
  });
  return {
    url: urlOf(url, name),
    name,
    async [Symbol.asyncDispose]() {
      await withClient(url, (client) => client.query(`drop database if exists "${name}" with (force)`));
    },
  };
}

async function ensureTemplate(
  client: pg.Client,
  url: string,
  migrate: (url: string) => Promise<void>,
  template: string,
): Promise<void> {
  const isThere = async (): Promise<boolean> =>
    Boolean((await client.query('select 1 from pg_database where datname = $1', [template])).rowCount);
  if (await isThere()) return;
  // It gets its name only when it is whole, so that a failed migration is no template.
  const draft = `${template}_draft`;
  await client.query(`drop database if exists "${draft}" with (force)`);
  await client.query(`create database "${draft}"`);
  await migrate(urlOf(url, draft));
  await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [draft]);
  await client.query(`alter database "${draft}" rename to "${template}"`);
}

function urlOf(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

async function answers(url: string): Promise<boolean> {
  return withClient(url, (client) => client.query('select 1')).then(
    () => true,
    () => false,
  );
}

/** Their servers died with their test processes; what they leave is only files. */
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = name.startsWith(PREFIX) ? Number(name.slice(PREFIX.length)) : Number.NaN;
    if (!Number.isInteger(pid) || existsSync(`/proc/${pid}`)) continue;
    await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}
