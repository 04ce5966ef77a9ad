import { connectBus } from '@swarm/adapter-nats';
import { openDatabase, OutboxRelay, type Database } from '@swarm/adapter-postgres';
import { WorkAssigned, type MessageBus } from '@swarm/contracts';
import { JobWriter } from '@swarm/control-plane';
import { silentLogger } from '@swarm/platform';

import type { BenchServers } from './bench-servers.js';
import { delegation, storePlan } from './ledger-jobs.js';
import { summaryOf, type Result } from './results.js';

const DRONES = 100;
const SLOTS = 16;
const JOBS = 3_000;
const ALONE = 50;
const MAX_RUNS = 7;
const LIMIT_MS = 120_000;

/** Counts what drones are given, and wakes who waits for a count. */
class Arrivals {
  readonly #seen = new Set<string>();
  #wanted = { count: 0, reached: (): void => undefined };

  note(attemptId: string): void {
    this.#seen.add(attemptId);
    if (this.#seen.size >= this.#wanted.count) this.#wanted.reached();
  }

  /** Resolves when so many more attempts than now have arrived, each counted once. */
  more(count: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`after ${LIMIT_MS} ms only ${this.#seen.size} assignments had arrived`));
      }, LIMIT_MS);
      const reached = (): void => {
        clearTimeout(timer);
        resolve();
      };
      this.#wanted = { count: this.#seen.size + count, reached };
    });
  }
}

/**
 * A job that is needed becomes a message at its drone, durably: batches of changes under the leader's fence, committed
 * to the disk; the relay; JetStream, which syncs too; and each drone's own durable consumer. All on this machine.
 */
export async function assignmentResults(servers: BenchServers, runs: number): Promise<readonly Result[]> {
  await using db = openDatabase({ url: servers.databaseUrl, source: 'bench-scheduler' });
  const logger = silentLogger();
  const bus = await connectBus({ url: servers.natsUrl, name: 'bench-scheduler', logger });
  const drones = await connectBus({ url: servers.natsUrl, name: 'bench-drones', logger });
  const arrivals = new Arrivals();
  await startDrones(drones, arrivals);
  const relay = new OutboxRelay({ outbox: db.outbox, bus });
  relay.start();
  try {
    await using leadership = await db.leader('bench-scheduler').acquire();
    const writer = new JobWriter(db.jobs);
    writer.lead(leadership.fence, (error) => {
      leadership.abandon(error);
    });
    const rates: number[] = [];
    const latencies: number[] = [];
    // The first run warms everything up.
    for (let run = -1; run < Math.min(runs, MAX_RUNS); run += 1) {
      const rate = await burst(db, writer, arrivals);
      if (run >= 0) rates.push(rate);
    }
    for (const job of await storePlan(db, ALONE, 'needed')) {
      const arrived = arrivals.more(1);
      const begin = performance.now();
      await writer.save(delegation(job, 'drone-1'));
      await arrived;
      latencies.push(performance.now() - begin);
    }
    return [
      summaryOf(
        { name: 'needed → committed → message at the drone, 3,000 jobs, 100 drones', unit: 'per second' },
        rates,
      ),
      summaryOf({ name: 'the same, one job alone', unit: 'ms' }, latencies),
    ];
  } finally {
    await relay.stop();
    await bus.close();
    await drones.close();
  }
}

async function startDrones(bus: MessageBus, arrivals: Arrivals): Promise<void> {
  for (let i = 0; i < DRONES; i += 1) {
    const drone = `drone-${i}`;
    const handle = ({ attemptId }: WorkAssigned): Promise<{ kind: 'done' }> => {
      arrivals.note(attemptId);
      return Promise.resolve({ kind: 'done' });
    };
    await bus.consume(WorkAssigned, drone, handle, { where: { drone }, concurrency: SLOTS });
  }
}

/** Assignments a second, from the first decision to the last message. */
async function burst(db: Database, writer: JobWriter, arrivals: Arrivals): Promise<number> {
  const jobs = await storePlan(db, JOBS, 'needed');
  const arrived = arrivals.more(JOBS);
  const begin = performance.now();
  const saved = await Promise.all(jobs.map((job, i) => writer.save(delegation(job, `drone-${i % DRONES}`))));
  if (saved.some((result) => result !== 'saved')) throw new Error('a delegation was not stored');
  await arrived;
  return JOBS / ((performance.now() - begin) / 1000);
}
