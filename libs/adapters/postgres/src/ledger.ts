import { PrismaPg } from '@prisma/adapter-pg';
import type pg from 'pg';

import { PrismaClient, type Prisma } from './generated/prisma/client.js';

/** How long a transaction waits for a connection, and may take. Bursts of a thousand writers are normal. */
const TRANSACTION_WAIT_LIMIT_MS = 30_000;
const TRANSACTION_LIMIT_MS = 30_000;

/** The Prisma client, or one of its transactions. */
export type Tx = Prisma.TransactionClient;

/** What each repository works with. */
export interface Ledger {
  readonly prisma: PrismaClient;
  /** For the reads and bulk writes where SQL is shorter or far faster; same connections. */
  readonly pool: pg.Pool;
  /** Name of the service, for its outbox rows. */
  readonly source: string;
}

export function openPrisma(pool: pg.Pool): PrismaClient {
  return new PrismaClient({
    adapter: new PrismaPg(pool),
    transactionOptions: { maxWait: TRANSACTION_WAIT_LIMIT_MS, timeout: TRANSACTION_LIMIT_MS },
  });
}
