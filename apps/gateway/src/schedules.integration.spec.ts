import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Subscription } from '@swarm/contracts';

import { bus, clock, gateway, get, ledger, useGateway } from './gateway-per-test.fixture.js';
import { leadSchedules, recordRun } from './leading-scheduler.fixture.js';

useGateway();

let scheduler: Subscription;
beforeEach(async () => {
  clock.set('2026-03-28T12:00:00Z');
  await ledger.profile('lab');
  scheduler = await leadSchedules(bus, ledger, clock);
});
afterEach(async () => {
  scheduler.stop();
  await scheduler.finished;
});

interface Reply {
  readonly status: number;
  readonly body: { readonly error?: { readonly message: string; readonly hint?: string } } & Record<
    string,
    unknown
  >;
}

async function send(method: 'POST' | 'DELETE', path: string, body: unknown = {}): Promise<Reply> {
  const response = await fetch(`${gateway.url}/api/v1${path}`, {
    method,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Reply['body'] };
}

const nightly = { name: 'nightly', profile: 'lab', cron: '30 2 * * *', zone: 'Europe/Berlin' };

describe('schedules over HTTP', () => {
  it('are added, shown with their next time, changed and removed (S1)', async () => {
    const added = await send('POST', '/schedules', nightly);
    expect(added).toMatchObject({ status: 201, body: { enabled: true, overlap: 'skip', catchUp: 'one' } });
    // On the 29th, the clocks go forward at 02:00: 02:30 comes at 03:00 there.
    expect(added.body['nextAt']).toBe('2026-03-29T01:00:00.000Z');
    expect((await send('POST', '/schedules', nightly)).status).toBe(201);

    expect(await send('POST', '/schedules/nightly/disable')).toMatchObject({
      body: { enabled: false, nextAt: null },
    });
    expect(await send('POST', '/schedules/nightly/enable')).toMatchObject({ body: { enabled: true } });
    const paused = await send('POST', '/schedules/nightly/pause', { author: 'anna', reason: 'mirror' });
    expect(paused.body['pause']).toMatchObject({ author: 'anna', until: '2026-03-28T16:00:00.000Z' });
    expect(await send('POST', '/schedules/nightly/resume')).toMatchObject({ body: { pause: null } });

    const ran = await send('POST', '/schedules/nightly/run');
    expect(ran.status).toBe(201);
    const { runs } = await get('scheduleRuns', '/schedules/runs?schedule=nightly');
    expect(runs).toMatchObject([{ id: ran.body['runId'], schedule: 'nightly', occurrence: null }]);

    expect((await send('DELETE', '/schedules/nightly')).status).toBe(200);
    expect((await get('schedules', '/schedules')).schedules).toEqual([]);
    const gone = await send('POST', '/schedules/nightly/run');
    expect(gone).toMatchObject({
      status: 404,
      body: { error: { message: 'name: there is no schedule "nightly".' } },
    });
  });

  it('are refused with the field and what to write instead (S1)', async () => {
    const bad = await send('POST', '/schedules', { ...nightly, cron: '30 2 * *' });
    expect(bad).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringMatching(/^cron: .*five fields/) } },
    });
    const zone = await send('POST', '/schedules', { ...nightly, zone: 'Berlin' });
    expect(zone.body.error?.message).toMatch(/^zone: .*IANA/);
    const reason = await send('POST', '/schedules/nightly/pause', {});
    expect(reason.body.error?.message).toMatch(/^reason: /);
  });

  it('are not changed where no scheduler leads, which is said (S31)', async () => {
    scheduler.stop();
    await scheduler.finished;
    const added = await send('POST', '/schedules', nightly);
    expect(added).toMatchObject({
      status: 503,
      body: { error: { message: expect.stringContaining('No scheduler leads') } },
    });
  });
});

describe('a check of schedules', () => {
  beforeEach(() => send('POST', '/schedules', nightly));

  it('says the next three times in its zone, and that a scheduler leads (S1)', async () => {
    const { leading, checks } = await get('checkSchedules', '/schedules/check');
    expect(leading).toBe(true);
    expect(checks).toMatchObject([{ mistakes: [], overdue: [], missed: [], verdict: 'it will fire' }]);
    expect(checks[0]?.next.map(({ local }) => local)).toEqual([
      'Sun 2026-03-29 03:00 GMT+2',
      'Mon 2026-03-30 02:30 GMT+2',
      'Tue 2026-03-31 02:30 GMT+2',
    ]);
  });

  it('says what is overdue, what was missed, and that nobody leads (S1)', async () => {
    await recordRun(ledger, {
      ...{ schedule: 'nightly', profile: 'lab', outcome: 'missed', covers: 1, at: clock.now() },
      detail: 'no scheduler fired it in time',
    });
    clock.set('2026-03-30T12:00:00Z');
    scheduler.stop();
    await scheduler.finished;
    const { leading, checks } = await get('checkSchedules', '/schedules/check?schedule=nightly');
    expect(leading).toBe(false);
    expect(checks).toMatchObject([
      {
        overdue: ['2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z'],
        missed: [{ detail: 'no scheduler fired it in time' }],
        verdict: 'it does not fire: no scheduler leads',
      },
    ]);
  });

  it('says who paused it until when, and that it is disabled (S19)', async () => {
    await send('POST', '/schedules/nightly/pause', { author: 'anna', reason: 'mirror', forMs: 1_000 });
    const paused = await get('checkSchedules', '/schedules/check');
    expect(paused.checks[0]?.verdict).toBe('it rests until 2026-03-28T12:00:01.000Z: paused by anna: mirror');
    await send('POST', '/schedules/nightly/disable');
    const disabled = await get('checkSchedules', '/schedules/check');
    expect(disabled.checks[0]?.verdict).toBe('it does not fire: it is disabled');
  });
});
