import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { bus, clock, gateway, get, ledger, useGateway } from './gateway-per-test.fixture.js';
import { leadPauses } from './leading-scheduler.fixture.js';

useGateway();

const HOUR = 3_600_000;
let scheduler: Awaited<ReturnType<typeof leadPauses>>;
let planId: string;
beforeEach(async () => {
  scheduler = await leadPauses(bus, ledger, clock);
  await ledger.profile('desk');
  await ledger.profile('lab');
  planId = await ledger.plan('lab', ['a/one-1']);
  await ledger.drone('drone-1', 'lab');
});
afterEach(async () => {
  scheduler.subscription.stop();
  await scheduler.subscription.finished;
});

async function post(path: string, body: object): Promise<{ status: number; text: string }> {
  const response = await fetch(`${gateway.url}/api/v1${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

const lines = async (): Promise<readonly string[]> =>
  (await get('events', '/events')).events
    .filter(({ message }) => message === 'PauseMoved')
    .map(({ line }) => line);

describe('pauses over the API', () => {
  it('stand in the status with author, reason and end, and for four hours unless said otherwise (S19)', async () => {
    const until = new Date(clock.now().getTime() + 4 * HOUR).toISOString();
    const begun = await post('/pauses', { author: 'anna', reason: 'the mirror moves' });
    expect(begun.status).toBe(201);
    const line = `the swarm is paused by anna until ${until}: the mirror moves`;
    const status = await get('status', '/status');
    expect(status.pauses).toMatchObject([{ line, resume: 'swarm resume', until }]);
    expect(status.pauses).toEqual([JSON.parse(begun.text)]);
    expect(status.next).toBe(
      `Nothing is handed out: \`swarm resume\` ends the pause; by itself it ends at ${until}.`,
    );
    expect((await get('pauses', '/pauses')).pauses).toEqual(status.pauses);
    expect(await (await fetch(`${gateway.url}/metrics`)).text()).toContain(
      'swarm_pauses_count{scope="swarm"} 1\nswarm_pauses_count{scope="profile"} 0',
    );

    // Nobody has put its end on record, and it is gone.
    clock.advance(4 * HOUR);
    expect((await get('status', '/status')).pauses).toEqual([]);
    expect((await get('status', '/status')).next).not.toContain('resume');
    expect(await scheduler.look()).toBe(true);
    expect(await lines()).toEqual([
      `anna pauses the swarm until ${until}: the mirror moves`,
      'the pause of the swarm by anna is over',
    ]);
  });

  it('of a profile or a plan say so, and what could be given out of it names the pause (S19, Q11)', async () => {
    // Nothing stands in the way of this one but a free slot.
    await ledger.need('a/one-1');
    await post('/pauses', { profile: 'desk', author: 'anna', reason: 'x' });
    expect((await get('jobs', '/jobs')).jobs).toMatchObject([{ reason: 'waits for a free slot' }]);
    expect((await get('status', '/status')).next).toContain('the swarm is at work');
    await post('/pauses', { plan: planId, forMs: HOUR, author: 'bert', reason: 'y' });
    const until = new Date(clock.now().getTime() + HOUR).toISOString();
    expect((await get('jobs', '/jobs')).jobs).toMatchObject([{ reason: `paused by bert until ${until}: y` }]);
    const { pauses, next } = await get('status', '/status');
    expect(pauses.map(({ scope }) => scope)).toEqual([
      { kind: 'profile', profile: 'desk' },
      { kind: 'plan', plan: planId },
    ]);
    expect(next).toContain(`swarm resume --plan ${planId}`);
  });

  it('end by hand, which is told; ending what is not paused says what is (S19)', async () => {
    await post('/pauses', { profile: 'lab', author: 'anna', reason: 'x' });
    const nothing = await post('/pauses/resume', { author: 'bert' });
    expect([nothing.status, JSON.parse(nothing.text)]).toEqual([
      200,
      { ended: null, standing: [expect.objectContaining({ resume: 'swarm resume --profile lab' })] },
    ]);
    const ended = await post('/pauses/resume', { profile: 'lab', author: 'bert' });
    expect(JSON.parse(ended.text)).toMatchObject({ ended: { author: 'anna' }, standing: [] });
    expect(await lines()).toContain('bert ends the pause of profile lab by anna');
  });

  it.each([
    ['a reason', 400, { author: 'anna' }, 'reason'],
    ['a length', 400, { reason: 'x', forMs: 8 * 24 * HOUR }, 'forMs: a pause lasts at most 7 days'],
    ['one scope', 400, { reason: 'x', profile: 'lab', plan: crypto.randomUUID() }, 'not both'],
    ['a profile that is there', 404, { reason: 'x', profile: 'nope' }, 'known: desk, lab'],
  ])('need %s', async (_what, status, body, text) => {
    const refused = await post('/pauses', body);
    expect(refused).toEqual({ status, text: expect.stringContaining(text) });
    expect((await get('pauses', '/pauses')).pauses).toEqual([]);
  });

  it('cannot be begun while no scheduler leads, and the answer says so', async () => {
    scheduler.subscription.stop();
    await scheduler.subscription.finished;
    const refused = await post('/pauses', { reason: 'x' });
    expect(refused).toEqual({ status: 503, text: expect.stringContaining('No scheduler leads') });
  });
});
