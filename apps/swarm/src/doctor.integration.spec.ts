import { describe, expect, it } from '@jest/globals';
import { api } from '@swarm/contracts';
import type { CheckRecord, MaintenanceRepository } from '@swarm/domain-maintenance';

import { clock, gateway, ledger, useGateway } from './gateway-per-test.fixture.js';
import { runProgram } from './program.js';

useGateway();

async function swarm(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const run = { out: '', err: '' };
  const code = await runProgram(args, {
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

/** What a sweep of now found. */
async function swept(
  ...checks: readonly (Partial<CheckRecord> & { readonly name: string })[]
): Promise<void> {
  const { maintenance } = (
    ledger as unknown as { readonly database: { readonly maintenance: MaintenanceRepository } }
  ).database;
  const before = await maintenance.checks();
  const records = checks.map((check) => {
    return { result: 'ok' as const, detail: 'fine', ranAt: clock.now(), notOkSince: null, ...check };
  });
  const after = before[0]?.ranAt ?? null;
  expect(await maintenance.save({ records, after, outgoing: [] })).toBe('saved');
}

const staging = {
  name: 'staging',
  result: 'alarm',
  detail: '3 artifacts are not in the index: does a binhost lead?',
} as const;

describe('swarm doctor', () => {
  it('prints each check with its last run and result, and ends well where nothing is wrong', async () => {
    await swept({ name: 'outbox', detail: '0 messages on their way' }, { name: 'staging' });
    const { code, out, err } = await swarm('doctor');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const time = clock.now().toISOString().slice(11, 19);
    expect(out).toMatch(/^Every check is well\.\n/);
    expect(out).toMatch(new RegExp(`outbox +ok +${time} +0 messages on their way`));
    expect(out).toMatch(new RegExp(`staging +ok +${time} +fine`));
  });

  it('ends with 1 while an alarm stands, and names it first with its page (S20)', async () => {
    const since = clock.now();
    clock.advance(60_000);
    await swept(
      { name: 'outbox' },
      { ...staging, notOkSince: since },
      {
        ...{ name: 'disk', result: 'warning', detail: 'nearly full', notOkSince: since },
      },
    );
    const { code, out, err } = await swarm('doctor');
    expect([code, err]).toEqual([1, 'swarm: Alarms: staging.\n']);
    const lines = out.split('\n');
    expect(lines[0]).toBe('1 alarm, 1 warning:');
    expect(lines[1]).toBe(`ALARM staging since ${since.toISOString().slice(11, 19)} UTC: ${staging.detail}`);
    expect(lines[2]).toBe('  docs/operations/alarm-staging.md');
    expect(lines[3]).toMatch(/^WARNING disk since .*nearly full$/);
  });

  it('a warning alone is no failure', async () => {
    await swept({ name: 'disk', result: 'warning', detail: 'nearly full', notOkSince: clock.now() });
    expect((await swarm('doctor')).code).toBe(0);
  });

  it('says when the sweep itself did not run for three minutes, or never (S31)', async () => {
    const never = await swarm('doctor');
    expect(never.code).toBe(1);
    expect(never.out).toMatch(
      /^NOT CHECKED: the maintenance sweep has never run: does a health monitor lead/,
    );
    await swept({ name: 'staging' });
    clock.advance(180_000);
    expect((await swarm('doctor')).code).toBe(0);
    clock.advance(1);
    const { code, out, err } = await swarm('doctor');
    expect([code, err]).toEqual([1, 'swarm: The maintenance sweep does not run.\n']);
    expect(out).toMatch(/^NOT CHECKED: the maintenance sweep has not run since .*alarm-sweep\.md/);
  });

  it('prints the JSON of the API, with the alarms first', async () => {
    await swept({ name: 'clocks' }, { ...staging, notOkSince: clock.now() });
    const view = api.doctor.response.parse(JSON.parse((await swarm('doctor', '--json')).out));
    expect(view).toMatchObject({ isWell: false, sweep: { isOverdue: false, detail: '' } });
    expect(view.checks.map(({ name, result }) => `${name} ${result}`)).toEqual([
      'staging alarm',
      'clocks ok',
    ]);
  });

  it('is not reachable where the gateway is not', async () => {
    expect((await swarm('doctor', '--url', 'http://127.0.0.1:1')).code).toBe(3);
  });
});
