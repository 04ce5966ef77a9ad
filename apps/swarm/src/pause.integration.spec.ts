import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { api, type Subscription } from '@swarm/contracts';
import { repositoryRoot } from '@swarm/testing';

import { bus, clock, gateway, ledger, useGateway } from './gateway-per-test.fixture.js';
import { runProgram } from './program.js';

/** Applications never import each other, so what answers for the scheduler is loaded by path. */
interface Fixture {
  readonly leadPauses: (
    on: typeof bus,
    over: typeof ledger,
    by: typeof clock,
  ) => Promise<{ readonly subscription: Subscription }>;
}

useGateway();

const HOUR = 3_600_000;
let scheduler: Subscription;
beforeEach(async () => {
  const file = join(repositoryRoot(), 'apps/gateway/src/leading-scheduler.fixture.ts');
  const { leadPauses } = (await import(pathToFileURL(file).href)) as Fixture;
  scheduler = (await leadPauses(bus, ledger, clock)).subscription;
  await ledger.profile('lab');
  await ledger.drone('drone-1', 'lab');
});
afterEach(async () => {
  scheduler.stop();
  await scheduler.finished;
});

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

const firstLine = async (): Promise<string> => (await swarm('status')).out.split('\n')[0] ?? '';
const after = (ms: number): string => new Date(clock.now().getTime() + ms).toISOString();

describe('swarm pause and resume', () => {
  it('put the pause into the first line of the status until somebody ends it (S19)', async () => {
    const before = await firstLine();
    const { code, out } = await swarm('pause', '--reason', 'the mirror moves', '--for', '2h');
    const line = `the swarm is paused by anna until ${after(2 * HOUR)}: the mirror moves`;
    expect([code, out]).toEqual([
      0,
      `${line}\n\`swarm resume\` ends it before its time; what is being built goes on.\n`,
    ]);
    expect(await firstLine()).toBe(`PAUSED: ${line}`);
    expect((await swarm('events')).out).toContain(
      `anna pauses the swarm until ${after(2 * HOUR)}: the mirror moves`,
    );
    expect(await swarm('resume', '--author', 'bert')).toMatchObject({
      code: 0,
      out: 'the pause by anna is over: the mirror moves\n',
    });
    expect(await firstLine()).toBe(before);
    expect((await swarm('events')).out).toContain('bert ends the pause of the swarm by anna');
  });

  it('end by themselves after four hours (S19)', async () => {
    await swarm('pause', '--profile', 'lab', '--reason', 'x');
    clock.advance(4 * HOUR - 1);
    expect(await firstLine()).toContain('PAUSED: profile lab is paused by anna');
    clock.advance(1);
    expect(await firstLine()).not.toContain('PAUSED');
  });

  it('say what is paused instead where something else was meant', async () => {
    await swarm('pause', '--profile', 'lab', '--reason', 'x');
    const { code, out } = await swarm('resume');
    expect([code, out]).toEqual([
      0,
      `There was no such pause.\nPAUSED: profile lab is paused by anna until ${after(4 * HOUR)}: x\n`,
    ]);
  });

  it('need a reason and an end, and say what is wrong with exit code 2', async () => {
    expect(await swarm('pause')).toMatchObject({ code: 2, err: expect.stringContaining('--reason') });
    expect(await swarm('pause', '--reason', 'x', '--for', 'ever')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--for: "ever" is no duration'),
    });
    expect(await swarm('pause', '--reason', 'x', '--for', '8d')).toMatchObject({
      code: 2,
      err: expect.stringContaining('at most 7 days'),
    });
    expect(await swarm('pause', '--reason', 'x', '--profile', 'nope')).toMatchObject({
      code: 1,
      err: expect.stringContaining('there is no profile "nope"'),
    });
    expect(await firstLine()).not.toContain('PAUSED');
  });

  it('print the JSON of the API', async () => {
    const begun = await swarm('pause', '--reason', 'x', '--json');
    expect(api.beginPause.response.safeParse(JSON.parse(begun.out)).success).toBe(true);
    const ended = await swarm('resume', '--json');
    expect(api.endPause.response.safeParse(JSON.parse(ended.out)).success).toBe(true);
  });
});
