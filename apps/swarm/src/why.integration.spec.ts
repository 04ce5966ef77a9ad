import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { api, WhyAnswered, WhyAsked, type Subscription, type WhyAnswer } from '@swarm/contracts';
import { freePort } from '@swarm/platform';

import { bus, clock, gateway, ledger, useGateway } from './gateway-per-test.fixture.js';
import { runProgram } from './program.js';

useGateway();

const answer: WhyAnswer = {
  ...{ cpv: 'a/one-1', profile: 'lab', plan: null, state: 'waiting', kind: 'waiting', noEta: '' },
  sentence: 'waits for a/zero-1 (is being built on \u001b[31md1, about 4 min more)',
  ...{ unblocks: 'a/zero-1, once published', since: '2026-01-01T00:00:00.000Z' },
  eta: {
    at: '2026-01-01T00:10:00.000Z',
    earliest: '2026-01-01T00:08:00.000Z',
    latest: '2026-01-01T00:14:00.000Z',
  },
};

async function swarm(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const run = { out: '', err: '' };
  const code = await runProgram(args, {
    env: { SWARM_URL: gateway.url },
    out: (text) => (run.out += text),
    err: (text) => (run.err += text),
    isTerminal: false,
    signal: new AbortController().signal,
    now: () => clock.now(),
    pause: () => Promise.resolve(),
  });
  return { code, ...run };
}

describe('swarm why', () => {
  let scheduler: Subscription;
  let answers: WhyAnswer[];

  beforeEach(async () => {
    await ledger.profile('lab');
    answers = [answer];
    scheduler = await bus.answer(WhyAsked, WhyAnswered, async ({ requestId }) => {
      return { requestId, answers, leftOut: 0, mistake: '' };
    });
  });
  afterEach(async () => {
    scheduler.stop();
    await scheduler.finished;
  });

  it('prints one sentence, what unblocks it, and when to expect it (Q11)', async () => {
    const { code, out } = await swarm('why', 'a/one');
    expect(code).toBe(0);
    expect(out).toBe(
      [
        'a/one-1 (lab) waits for a/zero-1 (is being built on  [31md1, about 4 min more)',
        '  since     00:00:00',
        '  unblocks  a/zero-1, once published',
        '  expected  00:10:00, between 00:08:00 and 00:14:00 in 8 of 10 cases',
        '',
      ].join('\n'),
    );
  });

  it('says why there is no time to give, and nothing of it where the package is there', async () => {
    answers = [
      { ...answer, eta: null, noEta: 'it is blocked' },
      { ...answer, kind: 'published', sentence: 'is published, in release 1', unblocks: '', eta: null },
    ];
    const { out } = await swarm('why', 'a/one');
    expect(out.split('\n').filter((line) => line.includes('expected'))).toEqual([
      '  expected  unknown: it is blocked',
    ]);
  });

  it('--json prints the answer of the API', async () => {
    const { code, out } = await swarm('why', 'one', '--profile', 'lab', '--json');
    expect([code, api.why.response.parse(JSON.parse(out)).answers]).toEqual([0, [answer]]);
  });

  it('ends with 2 for what is no atom, 1 for an unknown profile, 3 when nobody can be asked', async () => {
    const bad = await swarm('why', 'a/one[');
    expect([bad.code, bad.out, bad.err]).toEqual([2, '', expect.stringContaining('atom: "a/one["')]);
    expect((await swarm('why')).code).toBe(2);
    expect((await swarm('why', 'a/one', '--profile', 'none')).code).toBe(1);
    scheduler.stop();
    await scheduler.finished;
    const nobody = await swarm('why', 'a/one');
    expect([nobody.code, nobody.err]).toEqual([3, expect.stringContaining('scheduler')]);
    const port = await freePort();
    expect((await swarm('why', 'a/one', '--url', `http://127.0.0.1:${port}`)).code).toBe(3);
  });
});
