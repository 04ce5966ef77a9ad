import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import pg from 'pg';

/** The advisory lock that the Prisma CLI takes too (seen with 7.10), so that nobody migrates beside us. */
const PRISMA_LOCK = 72_707_369;
const CONNECT_LIMIT_MS = 10_000;

/** Prisma's own bookkeeping, as its CLI makes it. */
const BOOKKEEPING = `create table if not exists _prisma_migrations (
  id                  varchar(36)  primary key not null,
  checksum            varchar(64)  not null,
  finished_at         timestamptz,
  migration_name      varchar(255) not null,
  logs                text,
  rolled_back_at      timestamptz,
  started_at          timestamptz  not null default now(),
  applied_steps_count integer      not null default 0
)`;

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/**
 * Brings a database up to the newest migration and resolves to the names of those it applied. As `prisma migrate
 * deploy`, whose bookkeeping it keeps, but without the Prisma CLI. Each migration is applied whole or not at all;
 * services that start at once wait for each other.
 */
export async function migrate(
  databaseUrl: string,
  directory = migrationsDirectory(),
): Promise<readonly string[]> {
  const migrations = await readMigrations(directory);
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: CONNECT_LIMIT_MS });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [PRISMA_LOCK]);
    await client.query(BOOKKEEPING);
    const applied: string[] = [];
    for (const migration of await pending(client, migrations)) {
      await apply(client, migration);
      applied.push(migration.name);
    }
    return applied;
  } finally {
    // Ends the session, and the lock with it.
    await client.end().catch(() => undefined);
  }
}

/** `prisma/migrations` in the nearest folder above: of the sources, or of the bundled application. */
export function migrationsDirectory(from = import.meta.dirname): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'prisma', 'migrations');
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder)) throw new Error(`no prisma/migrations in ${from} or above it`);
  }
}

async function readMigrations(directory: string): Promise<readonly Migration[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(join(directory, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

async function pending(client: pg.Client, migrations: readonly Migration[]): Promise<readonly Migration[]> {
  const { rows } = await client.query<{ name: string; checksum: string; finished: boolean }>(
    `select migration_name as name, checksum, finished_at is not null as finished
     from _prisma_migrations where rolled_back_at is null`,
  );
  const known = new Map(rows.map((row) => [row.name, row]));
  return migrations.filter(({ name, checksum }) => {
    const row = known.get(name);
    if (row && !row.finished) throw new Error(`migration ${name} failed earlier; see prisma migrate resolve`);
    if (row && row.checksum !== checksum)
      throw new Error(`migration ${name} was changed after it was applied`);
    return row === undefined;
  });
}

async function apply(client: pg.Client, { name, sql, checksum }: Migration): Promise<void> {
  try {
    await client.query('begin');
    await client.query(sql);
    await client.query(
      `insert into _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
       values ($1, $2, $3, now(), 1)`,
      [randomUUID(), checksum, name],
    );
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw new Error(`migration ${name} could not be applied: ${String(error)}`, { cause: error });
  }
}
