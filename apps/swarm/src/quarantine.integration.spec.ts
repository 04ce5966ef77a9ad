import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { api, QuarantineAnswered, QuarantineAsked, type Subscription } from '@swarm/contracts';

import { bus, clock, gateway, ledger, useGateway } from './gateway-per-test.fixture.js';
import { runProgram } from './program.js';

useGateway();

async function swarm(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const run = { out: '', err: '' };
  const code = await runProgram(args, {
    env: { SWARM_URL: gateway.url, USER: 'ada' },
    out: (text) => (run.out += text),
    err: (text) => (run.err += text),
    isTerminal: false,
    signal: new AbortController().signal,
    now: () => clock.now(),
    pause: () => Promise.resolve(),
  });
  return { code, ...run };
}

let seen: QuarantineAsked[] = [];
let scheduler: Subscription;
beforeEach(async () => {
  seen = [];
  await ledger.profile('lab');
  await ledger.plan('lab', ['a/two-1', 'a/three-1']);
  await ledger.delegate('a/two-1', 'drone-1');
  await ledger.quarantine('a/two-1', 'compile on drone-1 and drone-2: it went wrong');
  await ledger.block('a/three-1', 'a/two-1');
  scheduler = await bus.answer(QuarantineAsked, QuarantineAnswered, async (asked) => {
    seen.push(asked);
    const isKnown = asked.atom === 'a/two';
    const moved = isKnown ? [{ jobId: ledger.idOf('a/two-1'), cpv: 'a/two-1', state: 'needed' }] : [];
    return { requestId: asked.requestId, moved, reason: isKnown ? '' : 'there is none' };
  });
});
afterEach(async () => {
  scheduler.stop();
  await scheduler.finished;
});

describe('swarm quarantine', () => {
  it('list says what is in it, since when and why', async () => {
    const { code, out } = await swarm('quarantine', 'list');
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/a\/two-1 +lab +\d{4}-.* compile on drone-1 and drone-2: it went wrong/),
    ]);
    const json: unknown = JSON.parse((await swarm('quarantine', 'list', '--json')).out);
    expect(api.quarantine.response.safeParse(json).success).toBe(true);
  });

  it('show names the evidence, what it blocks, and how it gets out', async () => {
    const { out } = await swarm('quarantine', 'show', 'a/two');
    expect(out).toContain('it blocks a/three-1');
    expect(out).toMatch(/attempt 1 on drone-1, .*: compile: compile on drone-1 and drone-2/);
    expect(out).toContain('swarm quarantine release a/two-1');
    expect(await swarm('quarantine', 'show', 'a/three')).toMatchObject({
      code: 1,
      err: expect.stringContaining('Nothing in quarantine is called a/three'),
    });
  });

  it('release and add ask the scheduler, and say who wants it and why', async () => {
    const { code, out } = await swarm('quarantine', 'release', 'a/two', '--reason', 'it is patched');
    expect([code, out]).toEqual([0, 'a/two-1 is needed\n']);
    await swarm('quarantine', 'add', 'a/two', '--author', 'bob');
    expect(seen).toMatchObject([
      { action: 'release', profile: 'lab', atom: 'a/two', author: 'ada', reason: 'it is patched' },
      { action: 'add', author: 'bob', reason: '' },
    ]);
    expect(await swarm('quarantine', 'release', 'a/five')).toMatchObject({
      code: 1,
      err: expect.stringContaining('there is none'),
    });
    expect((await swarm('quarantine', 'release', 'a/two', '--profile', 'desk')).code).not.toBe(0);
  });

  it('refuses evidence of what is not in quarantine, and names its state', async () => {
    const response = await fetch(`${gateway.url}/api/v1/quarantine/${ledger.idOf('a/three-1')}`);
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('a/three-1 is not in quarantine: it is blocked.');
  });
});
