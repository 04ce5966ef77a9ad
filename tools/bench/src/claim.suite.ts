import { openDatabase, type Database } from '@swarm/adapter-postgres';
import { JobWriter } from '@swarm/control-plane';

import type { BenchServers } from './bench-servers.js';
import { completion, delegation, storePlan } from './ledger-jobs.js';
import { bullPeer, pgBossPeer, type QueuePeer } from './queue-peers.js';
import { summaryOf, type Result } from './results.js';

const JOBS = 2_000;
const DRONES = 100;
const MAX_RUNS = 7;

/**
 * Bare claim and complete, without messages to anybody: ours against queues that do only that. Ours also stores an
 * attempt, two rows of history, two events and three messages for each job; theirs store none of these.
 */
export async function claimResults(servers: BenchServers, runs: number): Promise<readonly Result[]> {
  await using db = openDatabase({ url: servers.databaseUrl, source: 'bench-claims' });
  const results: Result[] = [];
  const compareWith = async (peer: QueuePeer): Promise<void> => {
    const [own, others]: [number[], number[]] = [[], []];
    for (let run = -1; run < Math.min(runs, MAX_RUNS); run += 1) {
      const [value, peerValue] = [await ownRate(db), await peerRate(peer)];
      if (run < 0) continue;
      own.push(value);
      others.push(peerValue);
    }
    const name = `claim and complete, against ${peer.name}`;
    results.push(summaryOf({ name, unit: 'per second' }, own, { name: peer.name, values: others }));
  };
  {
    await using boss = await pgBossPeer(servers.peerDatabaseUrl);
    await compareWith(boss);
  }
  if (servers.redisPort === undefined) {
    process.stderr.write('BullMQ is left out: neither valkey-server nor redis-server is on PATH\n');
    return results;
  }
  await using bull = await bullPeer(servers.redisPort);
  await compareWith(bull);
  return results;
}

async function ownRate(db: Database): Promise<number> {
  const jobs = await storePlan(db, JOBS, 'needed');
  const writer = new JobWriter(db.jobs);
  const begin = performance.now();
  const saved = await Promise.all(
    jobs.map(async (job, i) => {
      const claim = delegation(job, `drone-${i % DRONES}`);
      return [await writer.save(claim), await writer.save(completion(claim))];
    }),
  );
  const rate = JOBS / ((performance.now() - begin) / 1000);
  if (saved.flat().some((result) => result !== 'saved')) throw new Error('a change was not stored');
  return rate;
}

async function peerRate(peer: QueuePeer): Promise<number> {
  const drain = await peer.fill(JOBS);
  const begin = performance.now();
  await drain();
  return JOBS / ((performance.now() - begin) / 1000);
}
