import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort, startPostgres, type PostgresServer } from '@swarm/platform';
import { tempDir, waitFor, type TempDir } from '@swarm/testing';

import { aNeededJob, aPlan, delegation, planMoved } from './contract/samples.contract.js';
import { migrate } from './migrate.js';
import { openDatabase } from './open-database.js';
import { OutboxRelay } from './outbox-relay.js';

const STOP_LIMIT_MS = 10_000;

describe('when Postgres goes away and comes back', () => {
  let directory: TempDir;
  let server: PostgresServer;
  let start: () => Promise<PostgresServer>;
  const kill = async (): Promise<void> => {
    server.process.child.kill('SIGKILL');
    await server.process.exited;
  };

  beforeAll(async () => {
    directory = await tempDir('outage');
    const port = await freePort();
    start = () => startPostgres({ dataDir: `${directory.path}/data`, port, unref: true });
    server = await start();
    await migrate(server.url);
  });
  afterAll(async () => {
    await server.stop();
    await directory[Symbol.asyncDispose]();
  });

  it('S31: calls reject and readiness says so; afterwards everything works again, and nothing committed is lost', async () => {
    const sent: string[] = [];
    await using db = openDatabase({ url: server.url, source: 'outage' });
    const relay = new OutboxRelay({
      outbox: db.outbox,
      idleMs: 60_000,
      bus: {
        publish: async (_message, _payload, id) => void sent.push(id ?? ''),
        publishBatch: () => Promise.resolve(false),
      },
    });
    relay.start();
    const job = await aNeededJob(db);
    const change = delegation(job, 1);
    await db.jobs.save(change);
    await waitFor(() => sent.length === 1);
    const leading = await db.leader('outage').acquire();
    await db.ping(1_000);

    await kill();
    await waitFor(() => leading.lost.aborted, { timeoutMs: STOP_LIMIT_MS });
    await expect(db.jobs.find(job.id)).rejects.toThrow();
    await expect(db.jobs.save(change)).rejects.toThrow();
    await expect(db.drones.all()).rejects.toThrow();
    await expect(db.ping(1_000)).rejects.toThrow();
    const again = db.leader('outage').acquire();

    server = await start();
    await waitFor(() => db.ping(1_000).then(() => true), { timeoutMs: STOP_LIMIT_MS });
    expect(await db.jobs.find(job.id)).toEqual({ value: change.job, revision: 2 });
    expect((await again).epoch).toBe(2n);

    const plan = aPlan(job.spec.profile);
    await db.plans.create(plan, [planMoved(plan)]);
    await waitFor(() => sent.length === 2, { timeoutMs: STOP_LIMIT_MS, what: 'the relay to go on' });
    await relay.stop();
  });

  it('a round trip that takes too long, and a database that is not migrated, are not ready', async () => {
    await using db = openDatabase({ url: server.url.replace(/swarm$/, 'postgres'), source: 'unready' });
    await expect(db.ping(5_000)).rejects.toThrow('outbox');
    await using other = openDatabase({ url: server.url, source: 'late', poolSize: 1 });
    await expect(other.ping(0)).rejects.toThrow('0 ms');
  });

  it('closing the database ends its locks and those who wait for one', async () => {
    const first = openDatabase({ url: server.url, source: 'first' });
    const second = openDatabase({ url: server.url, source: 'second' });
    const name = randomUUID();
    await first.leader(name).acquire();
    const waiting = second.leader(name).acquire();
    await second.close();
    await expect(waiting).rejects.toThrow();
    await first.close();
    await using third = openDatabase({ url: server.url, source: 'third' });
    expect((await third.leader(name).acquire()).epoch).toBe(2n);
  });
});
