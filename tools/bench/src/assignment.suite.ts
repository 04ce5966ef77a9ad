import { connectBus } from '@swarm/adapter-nats';
import { openDatabase, OutboxRelay, type Database } from '@swarm/adapter-postgres';
import { JobWriter } from '@swarm/control-plane';
import { silentLogger } from '@swarm/platform';

import type { BenchServers } from './bench-servers.js';
import { cpuTimes } from './cpu-times.js';
import { DroneFleet } from './drone-fleet.js';
import { delegation, storePlan } from './ledger-jobs.js';
import { summaryOf, type Result } from './results.js';

const DRONES = 100;
const SLOTS = 10;
/** Every slot of every drone is filled. */
const JOBS = DRONES * SLOTS;
const ALONE = 50;
const MAX_RUNS = 7;

/**
 * A job that is needed becomes a message at its drone, durably: batches of changes under the leader's fence, committed
 * to the disk; the relay; JetStream, which syncs too; and each drone's own durable consumer. All on this machine.
 */
export async function assignmentResults(servers: BenchServers, runs: number): Promise<readonly Result[]> {
  await using db = openDatabase({ url: servers.databaseUrl, source: 'bench-scheduler' });
  const logger = silentLogger();
  const bus = await connectBus({ url: servers.natsUrl, name: 'bench-scheduler', logger });
  await using fleet = await DroneFleet.start({ natsUrl: servers.natsUrl, drones: DRONES, slots: SLOTS });
  const relay = new OutboxRelay({ outbox: db.outbox, bus });
  relay.start();
  try {
    await using leadership = await db.leader('bench-scheduler').acquire();
    const writer = new JobWriter(db.jobs);
    writer.lead(leadership.fence, (error) => {
      leadership.abandon(error);
    });
    const bursts: Burst[] = [];
    const latencies: number[] = [];
    // The first run warms everything up.
    for (let run = -1; run < Math.min(runs, MAX_RUNS); run += 1) {
      const measured = await burst(db, writer, fleet);
      if (run >= 0) bursts.push(measured);
    }
    for (const job of await storePlan(db, ALONE, 'needed')) {
      const arrived = fleet.holds(1);
      const begin = performance.now();
      await writer.save(delegation(job, 'drone-1'));
      await arrived;
      latencies.push(performance.now() - begin);
      await fleet.release();
    }
    return [
      summaryOf(
        { name: 'needed → committed → message at the drone: 100 drones of 10 slots', unit: 'per second' },
        bursts.map(({ rate }) => rate),
      ),
      ...cpuResults(bursts),
      summaryOf({ name: 'the same, one job alone', unit: 'ms' }, latencies),
    ];
  } finally {
    await relay.stop();
    await bus.close();
  }
}

interface Burst {
  /** Assignments a second, from the first decision to the last message. */
  readonly rate: number;
  /** CPU time for each assignment, by who used it, in microseconds. */
  readonly cpu: ReadonlyMap<string, number>;
}

/** What the machine had to give for it: on a busy one this says more than the rate. */
function cpuResults(bursts: readonly Burst[]): readonly Result[] {
  return [...(bursts[0]?.cpu.keys() ?? [])].map((who) =>
    summaryOf(
      { name: `CPU of ${who} for each assignment`, unit: 'µs' },
      bursts.map(({ cpu }) => cpu.get(who) ?? 0),
    ),
  );
}

async function burst(db: Database, writer: JobWriter, fleet: DroneFleet): Promise<Burst> {
  const jobs = await storePlan(db, JOBS, 'needed');
  const arrived = fleet.holds(JOBS);
  const before = await cpuTimes();
  const begin = performance.now();
  const saved = await Promise.all(jobs.map((job, i) => writer.save(delegation(job, `drone-${i % DRONES}`))));
  if (saved.some((result) => result !== 'saved')) throw new Error('a delegation was not stored');
  await arrived;
  const rate = JOBS / ((performance.now() - begin) / 1000);
  const after = await cpuTimes();
  await fleet.release();
  const used = (who: string): number => ((after.get(who) ?? 0) - (before.get(who) ?? 0)) / JOBS;
  return { rate, cpu: new Map([...after.keys()].map((who) => [who, used(who)])) };
}
