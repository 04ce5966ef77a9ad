import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe } from '@jest/globals';
import { MemoryStore, openMemoryDatabase } from '@swarm/adapter-memory';
import { createTestDatabase, type TestDatabase } from '@swarm/testing';

import type { Database } from '../database.js';
import { migrate } from '../migrate.js';
import { openDatabase } from '../open-database.js';

/** An empty ledger for one file of tests, and the services that open it. */
export interface TestLedger extends AsyncDisposable {
  /** A service over this ledger; each call is a client of its own. Closed with the ledger. */
  open(source?: string): Database;
}

export interface PostgresTestLedger extends TestLedger {
  readonly url: string;
}

export function createMemoryLedger(): TestLedger {
  const store = new MemoryStore();
  return {
    open: (source = `service-${randomUUID()}`) => openMemoryDatabase({ source, store }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

export async function createPostgresLedger(): Promise<PostgresTestLedger> {
  const database = await createMigratedDatabase();
  const opened: Database[] = [];
  return {
    url: database.url,
    open: (source = `service-${randomUUID()}`) => {
      const service = openDatabase({ url: database.url, source });
      opened.push(service);
      return service;
    },
    async [Symbol.asyncDispose]() {
      for (const service of opened) await service.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

export async function createMigratedDatabase(): Promise<TestDatabase> {
  return createTestDatabase(async (url) => {
    await migrate(url);
  }, 'swarm_ledger_template');
}

/** Runs a suite over each implementation of the ports; the title of each test says over which. */
export function overEveryLedger(suite: (ledger: () => TestLedger) => void): void {
  const implementations = { memory: createMemoryLedger, Postgres: createPostgresLedger };
  describe.each(Object.entries(implementations))('over %s', (_name, create) => {
    let ledger: TestLedger;
    beforeAll(async () => {
      ledger = await create();
    });
    afterAll(async () => {
      await ledger[Symbol.asyncDispose]();
    });
    suite(() => ledger);
  });
}
