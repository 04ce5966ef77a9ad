import type pg from 'pg';

import { withTimeLimit } from '@swarm/platform';

import { postgresArtifacts } from './artifacts.js';
import type { Database, DatabaseOptions } from './database.js';
import { postgresDrones, postgresRecovery } from './drones.js';
import { postgresGenerations } from './generations.js';
import { postgresHealing } from './healing.js';
import { postgresHosts } from './hosts.js';
import { postgresJobs } from './jobs.js';
import { postgresLeader, type Leadership } from './leader.js';
import { openPrisma, type Ledger } from './ledger.js';
import { postgresMaintenance } from './maintenance.js';
import { postgresEvents } from './messages.js';
import { OutboxListener } from './outbox-listener.js';
import { postgresOutbox } from './outbox.js';
import { postgresPauses } from './pauses.js';
import { postgresPlans } from './plans.js';
import { openPool } from './pool.js';
import { postgresProfiles } from './profiles.js';
import { postgresSchedules } from './schedules.js';
import { postgresStrikes } from './strikes.js';

/** Opens the ledger. Connects when it is first used, so it may be opened before Postgres is there. */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = openPool(options);
  const ledger: Ledger = { prisma: openPrisma(pool), pool, source: options.source };
  const listener = new OutboxListener(options);
  const leaderships = new Set<Leadership>();
  const closing = new AbortController();
  const onAcquired = (leadership: Leadership): void => {
    leaderships.add(leadership);
    leadership.lost.addEventListener('abort', () => leaderships.delete(leadership), { once: true });
  };
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    closing.abort(new Error('the database was closed'));
    await listener.close();
    await ledger.prisma.$disconnect();
    await pool.end();
    for (const leadership of leaderships) await leadership.release();
  };
  return {
    jobs: postgresJobs(ledger),
    plans: postgresPlans(ledger),
    profiles: postgresProfiles(ledger),
    drones: postgresDrones(ledger),
    strikes: postgresStrikes(ledger),
    recovery: postgresRecovery(ledger),
    hosts: postgresHosts(ledger),
    healing: postgresHealing(ledger),
    artifacts: postgresArtifacts(ledger),
    generations: postgresGenerations(ledger),
    schedules: postgresSchedules(ledger),
    pauses: postgresPauses(ledger),
    maintenance: postgresMaintenance(ledger),
    events: postgresEvents(ledger),
    outbox: postgresOutbox(ledger, listener),
    leader: (lockName) => postgresLeader(lockName, { ...options, closing: closing.signal, onAcquired }),
    ping: (timeoutMs) => withTimeLimit(ping(pool), timeoutMs, 'a round trip to Postgres'),
    close: () => (closed ??= close()),
    [Symbol.asyncDispose]: () => (closed ??= close()),
  };
}

/** Postgres answers, accepts writes, and is migrated: a server that only says hello is of no use (S31). */
async function ping(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ standby: boolean }>(
    'select pg_is_in_recovery() as standby, exists (select from outbox) as has_messages',
  );
  if (rows[0]?.standby !== false) throw new Error('Postgres is a standby and takes no writes');
}
