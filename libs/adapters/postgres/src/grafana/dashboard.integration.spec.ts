import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { repositoryRoot } from '@swarm/testing';

import { createPostgresLedger, type PostgresTestLedger } from '../contract/ledgers.contract.js';
import { aDrone, after, aPlanWithJobs, delegation, planMoved } from '../contract/samples.contract.js';
import { checkDashboard } from './check-dashboard.js';
import { expandMacros } from './expand-macros.js';

const file = join(repositoryRoot(), 'deploy/grafana/dashboards/build-swarm.json');

describe('the Grafana dashboard', () => {
  let ledger: PostgresTestLedger;
  let dashboard: { panels: { targets: { rawSql: string }[] }[] };
  beforeAll(async () => {
    ledger = await createPostgresLedger();
    dashboard = JSON.parse(await readFile(file, 'utf8')) as typeof dashboard;
  });
  afterAll(async () => {
    await ledger[Symbol.asyncDispose]();
  });

  it('has queries that run on the schema when there is nothing yet', async () => {
    expect((await checkDashboard(dashboard, ledger.url)).problems).toEqual([]);
  });

  it('shows builds, failures, durations, quarantine and drones once there are some', async () => {
    const db = ledger.open();
    const now = new Date();
    const { plan, jobs } = await aPlanWithJobs(db, 2);
    await db.plans.save({
      plan: { ...plan, createdAt: now, state: 'building' },
      expected: 2,
      newJobs: [],
      at: now,
      outgoing: [planMoved(plan)],
    });
    for (const [i, job] of jobs.entries()) {
      const change = delegation(job, 1);
      await db.jobs.save(change);
      const built = i === 0;
      const measured = { wallMs: 9_000, dependenciesMs: 1_000, buildMs: 7_000, uploadMs: 1_000 };
      const attempt = { ...change.attempt, endedAt: now, measured, failureClass: built ? null : 'compile' };
      const ended = after(
        change.job,
        built
          ? { type: 'artifact-received', artifact: 'a'.repeat(64) as never }
          : {
              type: 'attempt-failed',
              attempt: 1,
              drone: attempt.drone,
              reason: 'broken',
              retryAt: null,
              counts: true,
            },
      );
      await db.jobs.save({
        job: ended,
        expected: 2,
        at: now,
        reason: '',
        attempt: { ...attempt, state: built ? 'succeeded' : 'failed' },
        outgoing: [],
      });
    }
    await db.drones.save(aDrone({ name: 'drone-a' }), 0, []);

    const { problems, queries } = await checkDashboard(dashboard, ledger.url);
    expect(problems).toEqual([]);
    expect(queries.filter(({ rows }) => rows === 0)).toEqual([]);
    expect(queries.length).toBeGreaterThanOrEqual(10);
  });

  it('is refused when a panel asks for what is not there, or draws no series', async () => {
    const broken = structuredClone(dashboard);
    const targets = broken.panels.flatMap((panel) => panel.targets) as { rawSql: string; format: string }[];
    const [first, second, third] = targets;
    Object.assign(first ?? {}, { rawSql: 'select nope from job' });
    Object.assign(second ?? {}, { rawSql: 'select name from profile', format: 'time_series' });
    Object.assign(third ?? {}, { rawSql: 'delete from job returning 1' });
    const { problems } = await checkDashboard(broken, ledger.url);
    expect(problems.join('\n')).toMatch(/nope[^]*no column "time"[^]*no numeric column[^]*panel 3/);
  });
});

describe('the macros of Grafana', () => {
  const time = {
    from: new Date('2026-01-01T00:00:00Z'),
    to: new Date('2026-01-02T00:00:00Z'),
    intervalSeconds: 60,
    variables: { profile: ['a', "b'c"] },
  };

  it.each([
    ['$__timeFilter(at)', `at between '2026-01-01T00:00:00.000Z' and '2026-01-02T00:00:00.000Z'`],
    [
      '$__timeGroupAlias(max(a, b), $__interval, 0)',
      `floor(extract(epoch from max(a, b)) / 60) * 60 as "time"`,
    ],
    ['profile in ($profile) or ${profile}', `profile in ('a','b''c') or 'a','b''c'`],
  ])('%s', (sql, expected) => {
    expect(expandMacros(sql, time)).toBe(expected);
  });

  it.each(['$__unknown(a)', '$other', '$__timeFilter(a'])('refuses %s', (sql) => {
    expect(() => expandMacros(sql, time)).toThrow();
  });
});
