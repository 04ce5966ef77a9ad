import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DroneName, PlanId } from '@swarm/domain-job';
import type { Fence } from '@swarm/kernel';
import { waitFor } from '@swarm/testing';
import pg from 'pg';

import { jobRepositoryContract } from './contract/jobs.contract.js';
import {
  createPostgresLedger,
  overEveryLedger,
  type PostgresTestLedger,
} from './contract/ledgers.contract.js';
import { aJob, aNeededJob, aPlan, aPlanWithJobs, AT, delegation } from './contract/samples.contract.js';

describe('the jobs of the ledger', () => {
  overEveryLedger(jobRepositoryContract);
});

describe('the jobs of the ledger over Postgres only', () => {
  let ledger: PostgresTestLedger;
  let sql: pg.Client;
  beforeAll(async () => {
    ledger = await createPostgresLedger();
    sql = new pg.Client({ connectionString: ledger.url });
    await sql.connect();
  });
  afterAll(async () => {
    await sql.end();
    await ledger[Symbol.asyncDispose]();
  });

  it('S4: 1,000 racing claims by two services delegate each of 100 jobs exactly once', async () => {
    const services = [ledger.open('scheduler'), ledger.open('scheduler')] as const;
    const { jobs } = await aPlanWithJobs(services[0], 100);
    const claims = jobs.flatMap((job) =>
      Array.from({ length: 10 }, (_, i) => ({
        i,
        change: delegation(job, 1, { drone: `drone-${i}` as DroneName }),
      })),
    );
    const results = await Promise.all(
      claims.map(async ({ i, change }) => ({
        jobId: change.job.id,
        result: await services[i % 2 === 0 ? 0 : 1].jobs.save(change),
      })),
    );
    const winners = results.filter(({ result }) => result === 'saved').map(({ jobId }) => jobId);
    expect(winners).toHaveLength(100);
    expect(new Set(winners).size).toBe(100);

    const { rows } = await sql.query<{ attempts: string; sent: string }>(
      `select (select count(*) from attempt) as attempts, (select count(*) from outbox) as sent`,
    );
    expect(rows).toEqual([{ attempts: '100', sent: '100' }]);
  });

  it('S4: 1,000 racing claims by two services in batches delegate each of 100 jobs exactly once', async () => {
    const services = [ledger.open('scheduler'), ledger.open('scheduler')] as const;
    const { jobs } = await aPlanWithJobs(services[0], 100);
    // Each batch has the jobs in another order: batches that lock the same rows must not wait for each other.
    const batches = Array.from({ length: 10 }, (_batch, i) =>
      [...jobs.slice(i * 10), ...jobs.slice(0, i * 10)].map((job) =>
        delegation(job, 1, { drone: `drone-${i}` as DroneName }),
      ),
    );
    const results = await Promise.all(
      batches.map((batch, i) => services[i % 2 === 0 ? 0 : 1].jobs.saveAll(batch.map((change) => [change]))),
    );
    const winners = results.flatMap((result, i) =>
      result === 'fenced' ? [] : (batches[i] ?? []).filter((_change, n) => result[n] === 'saved'),
    );
    expect(winners).toHaveLength(100);
    for (const { attempt } of winners)
      expect(await services[0].jobs.attemptsOf(attempt.jobId)).toEqual([attempt]);
  });

  it('S4, Q19: a scheduler that was paused writes on when another leads, and delegates nothing twice', async () => {
    const services = [ledger.open('scheduler'), ledger.open('scheduler')] as const;
    const { jobs } = await aPlanWithJobs(services[0], 200);
    const lock = 'racing-schedulers';
    const first = await services[0].leader(lock).acquire();
    const told = delegation(jobs[0] ?? aJob('', ''), 1);
    expect(await services[0].jobs.saveAll([[told]], first.fence)).toEqual(['saved']);
    // Its session is gone, which it has not noticed yet; the other one leads and both write, in many small batches.
    await sql.query(
      `select pg_terminate_backend(pid) from pg_locks join pg_stat_activity using (pid)
       where locktype = 'advisory' and datname = current_database()`,
    );
    const second = await services[1].leader(lock).acquire();
    const write = async (service: 0 | 1, fence: Fence): Promise<readonly (string | undefined)[]> => {
      const outcomes: string[] = [];
      for (let i = 1; i < 200; i += 20) {
        const batch = jobs.slice(i, i + 20).map((job) => delegation(job, 1));
        const result = await services[service].jobs.saveAll(
          batch.map((change) => [change]),
          fence,
        );
        outcomes.push(...(result === 'fenced' ? ['fenced'] : result));
      }
      return outcomes;
    };
    const [old, now] = await Promise.all([write(0, first.fence), write(1, second.fence)]);
    expect(new Set(old)).toEqual(new Set(['fenced']));
    expect(now.filter((outcome) => outcome === 'saved')).toHaveLength(199);
    await second.release();
  });

  it('Q19: the next leader begins only after the last batch of the one before it', async () => {
    const [db, other] = [ledger.open('scheduler'), ledger.open('scheduler')];
    const job = await aNeededJob(db);
    const lock = 'overtaken';
    const first = await db.leader(lock).acquire();
    const holder = new pg.Client({ connectionString: ledger.url });
    await holder.connect();
    await holder.query('begin');
    await holder.query('select from job where id = $1 for update', [job.id]);
    const late = db.jobs.saveAll([[delegation(job, 1)]], first.fence);
    await waitFor(async () => {
      const { rows } = await sql.query('select from pg_locks where not granted');
      return rows.length > 0;
    });
    await first.release();
    let isLeading = false;
    const next = other
      .leader(lock)
      .acquire()
      .then((leadership) => {
        isLeading = true;
        return leadership;
      });
    await waitFor(async () => {
      const { rows } = await sql.query(
        `select from pg_stat_activity where query like '%insert into leadership%' and wait_event_type = 'Lock'`,
      );
      return rows.length > 0;
    });
    expect(isLeading).toBe(false);
    await holder.query('commit');
    await holder.end();
    expect(await late).toEqual(['saved']);
    await (await next).release();
  });

  it('S4: the database itself refuses a second open attempt, whoever writes it', async () => {
    const db = ledger.open();
    const job = await aNeededJob(db);
    await db.jobs.save(delegation(job, 1));
    const insert = sql.query(
      `insert into attempt (id, job_id, number, drone, state, token_sha256, offered_at)
       values (gen_random_uuid(), $1, 2, 'drone-b', 'running', '', now())`,
      [job.id],
    );
    await expect(insert).rejects.toThrow('attempt_open_key');
  });

  it('stores nothing when Postgres refuses the last statement', async () => {
    const db = ledger.open('unlucky');
    const job = await aNeededJob(db);
    await sql.query(`alter table outbox add constraint unlucky check (source <> 'unlucky')`);
    await expect(db.jobs.save(delegation(job, 1))).rejects.toThrow();
    await sql.query('alter table outbox drop constraint unlucky');
    expect(await db.jobs.find(job.id)).toEqual({ value: job, revision: 1 });
    expect(await db.jobs.historyOf(job.id)).toHaveLength(1);
    expect(await db.jobs.attemptsOf(job.id)).toEqual([]);
  });

  it('stores a log tail that holds what Postgres refuses', async () => {
    const db = ledger.open();
    const job = await aNeededJob(db);
    const change = delegation(job, 1);
    await db.jobs.save(change);
    await db.jobs.saveAttempt({
      ...change.attempt,
      state: 'failed',
      logTail: 'a\u0000b\ud800c',
      endedAt: AT,
    });
    expect((await db.jobs.findAttempt(change.attempt.id))?.logTail).toBe('a\uFFFDb\uFFFDc');
  });

  it('fails loudly on a row that no job can have, and names it', async () => {
    const db = ledger.open();
    const job = await aNeededJob(db);
    await expect(sql.query(`update job set state = 'delegated' where id = $1`, [job.id])).rejects.toThrow(
      'job_delegated_check',
    );
    await sql.query(`update job set cpv = 'nonsense' where id = $1`, [job.id]);
    await expect(db.jobs.find(job.id)).rejects.toThrow('nonsense');
    await sql.query(`update job set cpv = 'a/b-1', needs = '[{"root": "nowhere"}]' where id = $1`, [job.id]);
    await expect(db.jobs.find(job.id)).rejects.toThrow(job.id);
  });

  it('finds what the jobs of an old plan wait for from their needs', async () => {
    const db = ledger.open();
    const profile = 'before-waits';
    await db.profiles.put({ name: profile, kind: 'portage', targets: [], createdAt: AT });
    const plan = aPlan(profile);
    await db.plans.create(plan, []);
    const needs = (keys: readonly string[]) =>
      keys.map((buildKey) => ({ buildKey, root: 'target' as const }));
    const newJobs = [
      aJob(plan.id, profile, { buildKey: 'a', needs: needs(['built']) }),
      aJob(plan.id, profile, { buildKey: 'b', needs: needs(['a']) }),
      aJob(plan.id, profile, { buildKey: 'c', needs: needs(['a', 'b', 'built']) }),
    ];
    await db.plans.save({
      ...{ plan: { ...plan, state: 'building' as const }, expected: 1, newJobs, at: AT, outgoing: [] },
    });
    await sql.query('update job set waits = null where plan_id = $1', [plan.id]);
    const found = (await db.jobs.openJobs()).filter(({ value }) => value.spec.planId === plan.id);
    expect(found.map(({ value }) => value.spec.waits)).toEqual([[], [0], [1]]);
  });

  it('reads a plan of 5,000 jobs with 200,000 needs again and again in less than 200 ms', async () => {
    const db = ledger.open();
    await db.profiles.put({ name: 'large', kind: 'portage', targets: [], createdAt: AT });
    const plan = aPlan('large');
    await db.plans.create(plan, []);
    const needs = Array.from({ length: 40 }, (_, i) => ({
      buildKey: `${i}`.padStart(64, '0'),
      root: 'target' as const,
    }));
    const newJobs = Array.from({ length: 5_000 }, () => aJob(plan.id, 'large', { needs }));
    await db.plans.save({ plan, expected: 1, newJobs, at: AT, outgoing: [] });
    const times: number[] = [];
    // The first read takes the specifications, too, which never change.
    for (let i = 0; i < 5; i++) {
      const begin = performance.now();
      expect(await db.jobs.ofPlan(plan.id as PlanId)).toHaveLength(5_000);
      times.push(performance.now() - begin);
    }
    expect(Math.min(...times)).toBeLessThan(200);
  });
});
