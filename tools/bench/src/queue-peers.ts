import { Queue, QueueEvents, Worker } from 'bullmq';
import PgBoss from 'pg-boss';

const BATCH = 100;
const CONCURRENCY = 100;
const QUEUE = 'bench';

/** A queue that others made: claims and completes jobs that were put there before. */
export interface QueuePeer extends AsyncDisposable {
  readonly name: string;
  /** Puts so many jobs there, and resolves to what claims and completes all of them. */
  fill(count: number): Promise<() => Promise<void>>;
}

/** Fetches and completes in batches, which is the fastest that it has. */
export async function pgBossPeer(url: string): Promise<QueuePeer> {
  const boss = new PgBoss({ connectionString: url, supervise: false, schedule: false });
  boss.on('error', () => undefined);
  await boss.start();
  await boss.createQueue(QUEUE);
  const drain = async (count: number): Promise<void> => {
    for (let done = 0; done < count;) {
      const jobs = await boss.fetch(QUEUE, { batchSize: BATCH });
      await boss.complete(
        QUEUE,
        jobs.map(({ id }) => id),
      );
      done += jobs.length;
    }
  };
  return {
    name: 'pg-boss 10',
    fill: async (count) => {
      await boss.insert(Array.from({ length: count }, (_, job) => ({ name: QUEUE, data: { job } })));
      return () => drain(count);
    },
    [Symbol.asyncDispose]: () => boss.stop({ graceful: false }),
  };
}

/** A worker of a hundred jobs at once. */
export async function bullPeer(port: number): Promise<QueuePeer> {
  const connection = { host: '127.0.0.1', port };
  const queue = new Queue(QUEUE, { connection });
  const events = new QueueEvents(QUEUE, { connection });
  await Promise.all([queue.waitUntilReady(), events.waitUntilReady()]);
  return {
    name: 'BullMQ, AOF synced every second',
    fill: async (count) => {
      const job = (i: number) => ({ name: QUEUE, data: { job: i }, opts: { removeOnComplete: true } });
      await queue.addBulk(Array.from({ length: count }, (_, i) => job(i)));
      return () => drained(connection, count);
    },
    [Symbol.asyncDispose]: async () => {
      await events.close();
      await queue.close();
    },
  };
}

async function drained(
  connection: { readonly host: string; readonly port: number },
  count: number,
): Promise<void> {
  const worker = new Worker(QUEUE, () => Promise.resolve(), { connection, concurrency: CONCURRENCY });
  await new Promise<void>((resolve, reject) => {
    let completed = 0;
    worker.on('completed', () => {
      completed += 1;
      if (completed === count) resolve();
    });
    worker.on('error', reject);
  });
  await worker.close();
}
