import { spawnSync } from 'node:child_process';
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';
import { createTestDatabase, repositoryRoot, tempDir, type TestDatabase } from '@swarm/testing';
import pg from 'pg';

import { migrate, migrationsDirectory } from './migrate.js';

const emptyDatabase = (): Promise<TestDatabase> =>
  createTestDatabase(() => Promise.resolve(), 'swarm_empty_template');

/** `npm run prisma -- …`. */
function prisma(databaseUrl: string, ...args: readonly string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(repositoryRoot(), 'tools/prisma.mjs'), ...args],
    {
      env: { ...process.env, NODE_OPTIONS: '', DATABASE_URL: databaseUrl },
      encoding: 'utf8',
    },
  );
  return { status, output: stdout + stderr };
}

async function tablesOf(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rowCount } = await client.query(`select from pg_tables where schemaname = 'public'`);
  await client.end();
  return rowCount ?? 0;
}

describe('migrations', () => {
  it('are applied once, in order, though several services start at the same time', async () => {
    await using database = await emptyDatabase();
    const names = (await readdir(migrationsDirectory(), { withFileTypes: true }))
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    const applied = await Promise.all([1, 2, 3].map(() => migrate(database.url)));
    expect(applied.flat()).toEqual(names.sort());
    expect(await migrate(database.url)).toEqual([]);
  });

  it('are what schema.prisma says, and what the Prisma CLI takes for applied', async () => {
    await using database = await emptyDatabase();
    await migrate(database.url);
    const status = prisma(database.url, 'migrate', 'status');
    expect(status.output).toContain('Database schema is up to date');
    const drift = prisma(database.url, 'drift');
    expect(drift.output).toContain('No difference detected');
    expect(drift.status).toBe(0);
  });

  it('are applied whole or not at all, and are never changed afterwards', async () => {
    await using database = await emptyDatabase();
    await using folder = await tempDir('migrations');
    const directory = join(folder.path, 'prisma/migrations');
    await cp(migrationsDirectory(), directory, { recursive: true });
    await mkdir(join(directory, '9999_broken'));
    const broken = join(directory, '9999_broken/migration.sql');
    await writeFile(broken, 'create table half (id integer); select 1 / 0;');
    await expect(migrate(database.url, directory)).rejects.toThrow('9999_broken');
    const tables = await tablesOf(database.url);

    await writeFile(broken, 'create table half (id integer);');
    expect(await migrate(database.url, directory)).toEqual(['9999_broken']);
    expect(await tablesOf(database.url)).toBe(tables + 1);
    await writeFile(broken, 'create table another (id integer);');
    await expect(migrate(database.url, directory)).rejects.toThrow('changed after it was applied');
  });

  it('are found from a bundled application, too', async () => {
    await using folder = await tempDir('bundle');
    await mkdir(join(folder.path, 'prisma/migrations'), { recursive: true });
    await mkdir(join(folder.path, 'dist/apps/scheduler'), { recursive: true });
    expect(migrationsDirectory(join(folder.path, 'dist/apps/scheduler'))).toBe(
      join(folder.path, 'prisma/migrations'),
    );
  });
});
