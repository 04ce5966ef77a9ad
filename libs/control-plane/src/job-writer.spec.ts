import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MemoryStore, openMemoryDatabase } from '@swarm/adapter-memory';
import { migrate, openDatabase, type Database } from '@swarm/adapter-postgres';
import { outgoing } from '@swarm/contracts';
import { cpvOf } from '@swarm/domain-ebuild';
import type {
  AttemptId,
  DroneName,
  Job,
  JobChange,
  JobChanges,
  JobId,
  JobIn,
  PlanId,
} from '@swarm/domain-job';
import type { Plan } from '@swarm/domain-plan';
import type { Fence, Saved } from '@swarm/kernel';
import { createTestDatabase } from '@swarm/testing';

import { FencedError, JobWriter } from './job-writer.js';

const AT = new Date('2026-03-01T12:00:00.123Z');

/** A plan of needed jobs in a profile of its own. */
async function neededJobs(db: Database, count: number): Promise<readonly JobIn<'needed'>[]> {
  const profile = `p-${randomUUID()}`;
  await db.profiles.put({ name: profile, kind: 'synthetic', targets: [], createdAt: AT });
  const plan: Plan = {
    ...{ id: randomUUID(), profile, targets: [], configuration: null, origin: 'test', state: 'building' },
    ...{ createdAt: AT, endedAt: null, resolveAttempt: 0, resolving: null },
    ...{ findings: [], members: [], detail: '' },
  };
  await db.plans.create(plan, []);
  const jobs = Array.from({ length: count }, (_, i): JobIn<'needed'> => {
    const spec = {
      ...{ planId: plan.id as PlanId, profile, cpv: cpvOf(`dev-libs/a-${i}`), slot: '0', use: [] },
      ...{ repository: 'lab', buildKey: randomUUID(), inputs: null, bootstrap: false, why: '', needs: [] },
      ...{ waits: [], criticalPath: 1, synthetic: null },
    };
    const counts = { attempt: 0, failures: 0, reclaims: 0, failedOn: [] };
    return { id: randomUUID() as JobId, spec, ...counts, state: 'needed', notBefore: null };
  });
  await db.plans.save({ plan, expected: 1, newJobs: jobs, at: AT, outgoing: [] });
  return jobs;
}

/** The job is given to a drone. */
function delegation(job: JobIn<'needed'>, drone = 'drone-a'): JobChange {
  const { notBefore: _notBefore, ...core } = job;
  const attemptId = randomUUID() as AttemptId;
  const id = randomUUID();
  return {
    job: { ...core, attempt: 1, state: 'delegated', attemptId, drone: drone as DroneName },
    expected: 1,
    at: AT,
    reason: `given to ${drone}`,
    attempt: {
      ...{ id: attemptId, jobId: job.id, number: 1, drone: drone as DroneName, state: 'offered' },
      ...{ tokenSha256: '', offeredAt: AT, startedAt: null, endedAt: null },
      ...{ failureClass: null, summary: null, logTail: null, measured: null },
    },
    outgoing: [
      outgoing('JobMoved', id, {
        ...{ id, at: AT.toISOString(), jobId: job.id, planId: job.spec.planId, cpv: job.spec.cpv },
        ...{ from: 'needed' as const, to: 'delegated' as const, attempt: 1, reason: '' },
      }),
    ],
  };
}

/** Storing it fails, and always will. */
const poisoned = (change: JobChange): JobChange => ({
  ...change,
  outgoing: [{ id: 'x', message: 'NobodyKnows', payload: {} }],
});

/** The ledger, and how many changes each of its batches had. */
function watched(db: Database): { saveAll: Database['jobs']['saveAll']; readonly batches: number[] } {
  const batches: number[] = [];
  const saveAll = (all: readonly JobChanges[], fence?: Fence): Promise<readonly Saved[] | 'fenced'> => {
    batches.push(all.flat().length);
    return db.jobs.saveAll(all, fence);
  };
  return { saveAll, batches };
}

const stateOf = async (db: Database, { id }: Job): Promise<string | undefined> =>
  (await db.jobs.find(id))?.value.state;

interface Ledger extends AsyncDisposable {
  open(): Database;
}

function memoryLedger(): Promise<Ledger> {
  const store = new MemoryStore();
  return Promise.resolve({
    open: () => openMemoryDatabase({ source: 'scheduler', store }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
}

async function postgresLedger(): Promise<Ledger> {
  const database = await createTestDatabase(async (url) => {
    await migrate(url);
  }, 'swarm_job_writer_template');
  const opened: Database[] = [];
  return {
    open: () => {
      const db = openDatabase({ url: database.url, source: 'scheduler' });
      opened.push(db);
      return db;
    },
    async [Symbol.asyncDispose]() {
      for (const db of opened) await db.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

describe.each(Object.entries({ memory: memoryLedger, Postgres: postgresLedger }))(
  'the writer of jobs, over %s',
  (_name, create) => {
    let ledger: Ledger;
    let db: Database;
    beforeAll(async () => {
      ledger = await create();
      db = ledger.open();
    });
    afterAll(async () => {
      await ledger[Symbol.asyncDispose]();
    });

    it('stores what is asked for together in one batch, and what comes meanwhile in the next', async () => {
      const jobs = await neededJobs(db, 300);
      const { saveAll, batches } = watched(db);
      const writer = new JobWriter({ saveAll }, 200);
      const results: Promise<Saved>[] = [];
      for (const job of jobs) {
        results.push(writer.save(delegation(job)));
        // The first one is alone in its turn.
        if (results.length === 1) await Promise.resolve();
      }
      expect(new Set(await Promise.all(results))).toEqual(new Set(['saved']));
      expect(batches).toEqual([1, 200, 99]);
    });

    it('puts what one event changed into one batch, however much it is, and keeps the order', async () => {
      const jobs = await neededJobs(db, 300);
      const { saveAll, batches } = watched(db);
      const writer = new JobWriter({ saveAll }, 100);
      const [first, ...following] = jobs.slice(50, 250).map((job) => delegation(job));
      if (!first) throw new Error('no jobs');
      const results = [
        ...jobs.slice(0, 50).map((job) => writer.save(delegation(job))),
        writer.save(first, ...following),
        ...jobs.slice(250).map((job) => writer.save(delegation(job))),
      ];
      expect(new Set(await Promise.all(results))).toEqual(new Set(['saved']));
      expect(batches).toEqual([50, 200, 50]);
    });

    it('tells each caller what became of its own change (S8)', async () => {
      const [a, b, c] = (await neededJobs(db, 3)) as [JobIn<'needed'>, JobIn<'needed'>, JobIn<'needed'>];
      const writer = new JobWriter(db.jobs);
      const results = [
        delegation(a),
        delegation(b),
        { ...delegation(c), expected: 9 },
        delegation(a, 'drone-b'),
      ];
      expect(await Promise.all(results.map((change) => writer.save(change)))).toEqual([
        ...['saved', 'saved', 'conflict', 'conflict'],
      ]);
      expect((await db.jobs.find(a.id))?.value).toMatchObject({ drone: 'drone-a' });
    });

    it('rejects only the change that cannot be stored, and stores those beside it', async () => {
      const jobs = await neededJobs(db, 5);
      const writer = new JobWriter(db.jobs);
      const changes = jobs.map((job, i) => (i === 2 ? poisoned(delegation(job)) : delegation(job)));
      const results = await Promise.allSettled(changes.map((change) => writer.save(change)));
      expect(results.map(({ status }) => status)).toEqual([
        ...['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
      ]);
      expect(results[2]).toMatchObject({ reason: new Error('no message is called NobodyKnows') });
      expect(await Promise.all(jobs.map((job) => stateOf(db, job)))).toEqual([
        ...['delegated', 'delegated', 'needed', 'delegated', 'delegated'],
      ]);
    });

    it('gives a batch up when the ledger itself is away, with its error, and goes on afterwards', async () => {
      const jobs = await neededJobs(db, 20);
      let tries = 0;
      let isAway = true;
      const saveAll: Database['jobs']['saveAll'] = (changes, fence) => {
        tries += 1;
        return isAway ? Promise.reject(new Error('the ledger is away')) : db.jobs.saveAll(changes, fence);
      };
      const writer = new JobWriter({ saveAll });
      const results = await Promise.allSettled(jobs.map((job) => writer.save(delegation(job))));
      expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['rejected']));
      expect(tries).toBe(3);
      isAway = false;
      const again = await Promise.all(jobs.map((job) => writer.save(delegation(job))));
      expect(new Set(again)).toEqual(new Set(['saved']));
    });

    it('Q19: stores nothing for a scheduler that leads no more, tells it, and never under a later fence', async () => {
      const [a, b, c] = (await neededJobs(db, 3)) as [JobIn<'needed'>, JobIn<'needed'>, JobIn<'needed'>];
      const lock = `scheduler-${randomUUID()}`;
      const first = await db.leader(lock).acquire();
      const writer = new JobWriter(db.jobs);
      writer.lead(first.fence, (error) => {
        first.abandon(error);
      });
      expect(await writer.save(delegation(a))).toBe('saved');
      await first.release();
      const second = await ledger.open().leader(lock).acquire();
      const late = writer.save(delegation(b));
      // It leads again before the batch is written: what it decided before is still of before.
      writer.lead(second.fence, (error) => {
        second.abandon(error);
      });
      const now = writer.save(delegation(c));
      await expect(late).rejects.toThrow(FencedError);
      expect(await now).toBe('saved');
      expect(await stateOf(db, b)).toBe('needed');
      expect(second.lost.aborted).toBe(false);
      await second.release();
    });

    it('Q19: a fenced write ends the leadership', async () => {
      const [job] = (await neededJobs(db, 1)) as [JobIn<'needed'>];
      const leadership = await db.leader(`scheduler-${randomUUID()}`).acquire();
      const writer = new JobWriter(db.jobs);
      const old = { ...leadership.fence, epoch: leadership.epoch - 1n };
      writer.lead(old, (error) => {
        leadership.abandon(error);
      });
      await expect(writer.save(delegation(job))).rejects.toThrow('another process leads');
      expect(leadership.lost.reason).toBeInstanceOf(FencedError);
      await leadership.release();
    });

    it('S4, Q19: two writers that race for 1,000 claims under two epochs delegate each job once', async () => {
      const jobs = await neededJobs(db, 500);
      const lock = `scheduler-${randomUUID()}`;
      const first = await db.leader(lock).acquire();
      const old = new JobWriter(db.jobs, 50);
      const now = new JobWriter(ledger.open().jobs, 50);
      old.lead(first.fence, () => undefined);
      const oldClaims = jobs.map((job) => old.save(delegation(job, 'drone-a')).catch(() => 'fenced'));
      // It is overtaken while it writes.
      await oldClaims[0];
      await first.release();
      const second = await ledger.open().leader(lock).acquire();
      now.lead(second.fence, () => undefined);
      const nowClaims = jobs.map((job) => now.save(delegation(job, 'drone-b')));
      const [byOld, byNow] = [await Promise.all(oldClaims), await Promise.all(nowClaims)];
      for (const [i, job] of jobs.entries()) {
        expect([byOld[i], byNow[i]].filter((result) => result === 'saved')).toHaveLength(1);
        expect(await db.jobs.attemptsOf(job.id)).toMatchObject([
          { drone: byOld[i] === 'saved' ? 'drone-a' : 'drone-b' },
        ]);
      }
      await second.release();
    });
  },
);
