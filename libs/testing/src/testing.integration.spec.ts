import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { ManualClock } from './manual-clock.js';
import { startTestNats, type TestNats } from './test-nats.js';
import { createTestDatabase, startTestPostgres } from './test-postgres.js';
import { waitFor } from './wait-for.js';

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('test databases', () => {
  let migrations = 0;
  const migrate = async (url: string): Promise<void> => {
    migrations++;
    await query(url, 'create table job (id int)');
  };

  it('are clones of one template, each on its own, and gone afterwards', async () => {
    let first = '';
    {
      await using one = await createTestDatabase(migrate, 'testing_spec');
      await using two = await createTestDatabase(migrate, 'testing_spec');
      first = one.name;
      await query(one.url, 'insert into job values (1)');
      expect(await query(one.url, 'select * from job')).toEqual([{ id: 1 }]);
      expect(await query(two.url, 'select * from job')).toEqual([]);
    }
    expect(migrations).toBe(1);
    const { url } = await startTestPostgres();
    expect(await query(url, `select 1 from pg_database where datname = '${first}'`)).toEqual([]);
  });

  it('have no template that a failed migration left half done', async () => {
    const failing = async (url: string): Promise<void> => {
      await query(url, 'create table half (id int)');
      throw new Error('migration 2 failed');
    };
    await expect(createTestDatabase(failing, 'testing_spec_failing')).rejects.toThrow('migration 2 failed');
    await using database = await createTestDatabase(migrate, 'testing_spec_failing');
    expect(await query(database.url, `select to_regclass('half') as half`)).toEqual([{ half: null }]);
  });
});

describe('a test NATS server', () => {
  let nats: TestNats;
  beforeAll(async () => {
    nats = await startTestNats();
  });
  afterAll(async () => {
    await nats[Symbol.asyncDispose]();
  });

  it('is a new process on the same address after it was killed', async () => {
    const { pid } = nats.server;
    await nats.kill();
    await nats.start();
    expect(nats.server.pid).not.toBe(pid);
    expect(nats.server.url).toBe(nats.url);
  });

  it('does not have its store wiped while it runs', async () => {
    await expect(nats.wipe()).rejects.toThrow('stop the server');
  });
});

describe('waitFor', () => {
  it('gives what the condition gave at last', async () => {
    let looks = 0;
    expect(await waitFor(() => (++looks < 3 ? undefined : looks))).toBe(3);
  });

  it('says what it waited for, and the last reason', async () => {
    const waiting = waitFor(
      () => {
        throw new Error('still 2');
      },
      { timeoutMs: 20, what: 'three jobs' },
    );
    await expect(waiting).rejects.toMatchObject({
      message: 'waited 20 ms for three jobs, in vain',
      cause: new Error('still 2'),
    });
  });
});

describe('ManualClock', () => {
  it('moves only when it is moved', () => {
    const clock = new ManualClock('2026-01-01T00:00:00.000Z');
    clock.advance(1_500);
    expect(clock.now().toISOString()).toBe('2026-01-01T00:00:01.500Z');
    clock.set('2026-02-01T00:00:00.000Z');
    expect(clock.now().toISOString()).toBe('2026-02-01T00:00:00.000Z');
  });
});
