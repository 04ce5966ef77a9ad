import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { api, type Subscription } from '@swarm/contracts';
import { repositoryRoot } from '@swarm/testing';

import { bus, clock, gateway, ledger, useGateway } from './gateway-per-test.fixture.js';
import { runProgram } from './program.js';

/** Applications never import each other, so what answers for the scheduler is loaded by path. */
interface Fixture {
  readonly leadSchedules: (on: typeof bus, over: typeof ledger, by: typeof clock) => Promise<Subscription>;
}

useGateway();

let scheduler: Subscription;
beforeEach(async () => {
  const file = join(repositoryRoot(), 'apps/gateway/src/leading-scheduler.fixture.ts');
  const { leadSchedules } = (await import(pathToFileURL(file).href)) as Fixture;
  scheduler = await leadSchedules(bus, ledger, clock);
  await ledger.profile('lab');
});
afterEach(async () => {
  scheduler.stop();
  await scheduler.finished;
});

async function swarm(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const run = { out: '', err: '' };
  const code = await runProgram(['schedule', ...args], {
    env: { SWARM_URL: gateway.url, USER: 'anna' },
    out: (text) => (run.out += text),
    err: (text) => (run.err += text),
    isTerminal: false,
    signal: new AbortController().signal,
    now: () => clock.now(),
    pause: () => Promise.resolve(),
  });
  return { code, ...run };
}

const add = (...more: string[]) =>
  swarm('add', 'nightly', '--cron', '30 2 * * *', '--zone', 'Europe/Berlin', ...more);

describe('swarm schedule', () => {
  it('adds, lists, runs and removes (S1)', async () => {
    const added = await add('--jitter', '10m', '--overlap', 'queue');
    expect(added).toMatchObject({ code: 0, err: '' });
    expect(added.out).toMatch(
      /^schedule nightly \(30 2 \* \* \* Europe\/Berlin, put off by up to 600 s\) enabled; next: /,
    );
    const { out } = await swarm('list');
    expect(out).toMatch(/nightly\s+lab\s+30 2 \* \* \* Europe\/Berlin.*enabled/);
    const json = await swarm('list', '--json');
    expect(api.schedules.response.safeParse(JSON.parse(json.out)).success).toBe(true);
    expect((await swarm('run', 'nightly')).out).toMatch(/^run [0-9a-f-]{36} of nightly is on record\n$/);
    expect((await swarm('remove', 'nightly')).out).toBe('schedule nightly is removed\n');
    expect((await swarm('list')).out).toContain('There is no schedule');
    expect(await swarm('run', 'nightly')).toMatchObject({ code: 1 });
  });

  it('refuses a wrong one with exit 2, the field and what to write instead (S1)', async () => {
    const { code, err } = await swarm('add', 'nightly', '--cron', '30 2 * *');
    expect(code).toBe(2);
    expect(err).toContain('cron: "30 2 * *" is no cron expression: write five fields');
    expect((await add('--jitter', 'soon')).err).toContain('--jitter: "soon" is no duration.');
    expect((await add('--overlap', 'both')).code).toBe(2);
  });

  it('checks whether it will fire, in its zone, and exits 1 when it will not (S1)', async () => {
    await add();
    const fine = await swarm('check');
    expect(fine.code).toBe(0);
    expect(fine.out).toContain('A scheduler leads');
    expect(fine.out).toContain('nightly: it will fire');
    expect(fine.out).toContain('Fri 2026-01-02 02:30 GMT+1 (2026-01-02 01:30 UTC)');

    scheduler.stop();
    await scheduler.finished;
    const dead = await swarm('check', 'nightly', '--json');
    expect(dead).toMatchObject({ code: 1, err: expect.stringContaining('No scheduler leads') });
    expect(JSON.parse(dead.out)).toMatchObject({ leading: false });
    expect(await add()).toMatchObject({ code: 3 });
  });

  it('disables, enables, pauses with a reason and resumes (S19)', async () => {
    await add();
    expect((await swarm('disable', 'nightly')).out).toContain('disabled; next: never');
    expect((await swarm('enable', 'nightly')).out).toContain('enabled');
    expect((await swarm('pause', 'nightly')).code).toBe(2);
    const paused = await swarm('pause', 'nightly', '--reason', 'mirror', '--for', '90m');
    expect(paused.out).toContain('paused until 01:30:00 by anna: mirror');
    expect((await swarm('resume', 'nightly')).out).toContain('enabled');
  });
});
