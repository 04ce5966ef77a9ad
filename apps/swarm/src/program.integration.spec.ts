import { randomUUID } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { api, LogWritten, PlanAnswered, PlanAsked, type Subscription } from '@swarm/contracts';
import { freePort } from '@swarm/platform';
import { waitFor } from '@swarm/testing';
import { Command } from 'commander';

import {
  bus,
  clock,
  gateway,
  ledger,
  startAnotherGateway,
  startGatewayAgain,
  useGateway,
} from './gateway-per-test.fixture.js';
import { runProgram } from './program.js';

/** What a follower that lost the gateway waits for instead of time. */
let isBack = Promise.resolve();

useGateway();

interface Run {
  readonly code: Promise<number>;
  readonly stop: () => void;
  out: string;
  err: string;
}

/** Starts the command line as a person would type it, against the gateway of the test. */
function start(line: string, env: Record<string, string> = {}, local: readonly Command[] = []): Run {
  const stopping = new AbortController();
  const run = { out: '', err: '', stop: () => stopping.abort() };
  const code = runProgram(
    line.split(' '),
    {
      env: { SWARM_URL: gateway.url, ...env },
      out: (text) => (run.out += text),
      err: (text) => (run.err += text),
      isTerminal: false,
      signal: stopping.signal,
      now: () => clock.now(),
      pause: () => isBack,
    },
    local,
  );
  return Object.assign(run, { code });
}

async function swarm(line: string, env: Record<string, string> = {}) {
  const run = start(line, env);
  return { code: await run.code, out: run.out, err: run.err };
}

describe('reading', () => {
  beforeEach(async () => {
    await ledger.profile('lab');
    const plan = await ledger.plan('lab', ['a/one-1', 'a/two-1', 'a/three-1', 'a/four-1'], ['a/old-1']);
    await ledger.publish('a/one-1');
    await ledger.quarantine('a/two-1', 'gcc: \u001b[31mno such option\u001b[0m');
    await ledger.block('a/three-1', 'a/two-1');
    await ledger.drone('drone-1', 'lab');
    await ledger.release('lab', plan, 2);
  });

  it('status says the next thing to do first, and honest numbers', async () => {
    const { code, out } = await swarm('status');
    expect(code).toBe(0);
    expect(out.split('\n')[0]).toContain('1 package of lab cannot be built');
    expect(out).toContain(
      '4 total, 1 waiting, 0 needed, 0 delegated, 0 received, 1 published, 1 blocked, 1 quarantined',
    );
    expect(out).toContain('1 already built');
    expect(out).toContain('success rate: 50.0 % (1 published of 2 attempted)');
    expect(out).toContain('release 1: 2 packages, http://binhost.test/lab');
    expect(out).not.toContain('synthetic');
  });

  it('marks every line of what is synthetic', async () => {
    await ledger.profile('load', 'synthetic');
    await ledger.plan('load', ['load/one-1']);
    await ledger.drone('load-drone', 'load');
    expect((await swarm('status')).out).toContain('profile load (synthetic)');
    expect((await swarm('queue')).out).toMatch(/load\/one-1 .*\(synthetic\)/);
    expect((await swarm('drone list')).out).toMatch(/load-drone .*\(synthetic\)/);
  });

  it('queue lists what is not built, the troubled first, with reasons and without control characters', async () => {
    const { out } = await swarm('queue');
    const lines = out.trim().split('\n');
    expect(lines[0]).toMatch(/^PACKAGE +PROFILE +BUILT BECAUSE +STATE +ATTEMPT +WHY$/);
    expect(lines.slice(1).map((line) => line.split(/ {2,}/)[0])).toEqual([
      'a/two-1',
      'a/three-1',
      'a/four-1',
    ]);
    expect(out).not.toContain('\u001b');
    expect((await swarm('queue --all')).out).toContain('a/one-1');
    expect((await swarm('queue --state published')).out).toContain('a/one-1');
  });

  it.each([
    ['drone list', /drone-1 +online +lab +0\/2/],
    ['release list', /lab +1 +current +2 /],
    ['profile list', /lab +portage +@world/],
    ['events --limit 2', /a\/three-1 is blocked/],
  ])('%s prints a table for people', async (line, expected) => {
    const { code, out } = await swarm(line);
    expect([code, out]).toEqual([0, expect.stringMatching(expected)]);
  });

  it.each([
    ['status', api.status],
    ['queue', api.jobs],
    ['drone list', api.drones],
    ['release list', api.releases],
    ['profile list', api.profiles],
  ])("%s --json is the API's JSON", async (line, { response }) => {
    const { code, out } = await swarm(`${line} --json`);
    expect(code).toBe(0);
    expect(response.safeParse(JSON.parse(out)).success).toBe(true);
  });
});

describe('logs', () => {
  it('prints the log of the newest attempt by name, without escapes when nobody looks', async () => {
    await ledger.profile('lab');
    await ledger.plan('lab', ['a/one-1', 'b/one-1']);
    const { jobId } = await ledger.delegate('a/one-1', 'drone-1');
    const chunk = { job: jobId, attempt: '1', drone: 'drone-1' };
    await bus.publish(LogWritten, {
      ...chunk,
      offsetBytes: 0,
      text: '\u001b[32m*\u001b[0m compiling\n',
      end: false,
    });
    await bus.publish(LogWritten, { ...chunk, offsetBytes: 21, text: '', end: true });
    const { code, out } = await swarm('logs a/one -f');
    expect([code, out]).toEqual([0, '* compiling\n']);
    const ambiguous = await swarm('logs one');
    expect([ambiguous.code, ambiguous.err]).toEqual([2, expect.stringContaining('a/one-1, b/one-1')]);
    const unknown = await swarm('logs nothing');
    expect([unknown.code, unknown.err]).toEqual([1, expect.stringContaining('No recent plan')]);
  });
});

describe('events -f', () => {
  it('goes on across a restart of the gateway, each event once', async () => {
    await ledger.profile('lab');
    await ledger.plan('lab', ['a/one-1', 'a/two-1', 'a/three-1']);
    await ledger.publish('a/one-1');
    const run = start('events -f --json');
    const sequences = (): number[] =>
      run.out
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { sequence: number }).sequence);
    await waitFor(() => sequences().length === 2);
    let comeBack = (): void => undefined;
    isBack = new Promise((resolve) => (comeBack = resolve));
    await gateway.stop();
    await ledger.publish('a/two-1');
    await startGatewayAgain();
    comeBack();
    await ledger.publish('a/three-1');
    await waitFor(() => sequences().length === 6);
    run.stop();
    expect(await run.code).toBe(0);
    expect(sequences()).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

describe('asking', () => {
  let scheduler: Subscription | undefined;
  let asked: PlanAsked[];

  beforeEach(async () => {
    asked = [];
    await ledger.profile('lab');
    scheduler = await bus.answer(PlanAsked, PlanAnswered, async (question) => {
      asked.push(question);
      return { requestId: question.requestId, planId: await ledger.plan('lab', ['a/one-1']), reason: '' };
    });
  });
  afterEach(async () => {
    scheduler?.stop();
    await scheduler?.finished;
  });

  it('plan asks for the targets of the profile, build for atoms', async () => {
    expect((await swarm('plan')).out).toMatch(/^plan [0-9a-f-]{36} is made\n$/);
    const { out } = await swarm('build =a/one-1 a/two --profile lab --json');
    expect(api.askPlan.response.safeParse(JSON.parse(out)).success).toBe(true);
    expect(asked.map(({ profile, targets }) => [profile, targets])).toEqual([
      ['lab', []],
      ['lab', ['=a/one-1', 'a/two']],
    ]);
  });

  it('plan --wait tells what happens, ends with the plan, and prints its summary', async () => {
    const run = start('plan --wait');
    await waitFor(() => asked.length === 1);
    await waitFor(() => ledger.idOf('a/one-1'));
    const planId = await planOf('a/one-1');
    await ledger.publish('a/one-1');
    await ledger.endPlan(planId, 'complete', 'release 1');
    expect(await run.code).toBe(0);
    expect(run.out).toContain(`plan ${planId} of lab is complete: release 1`);
    expect(run.out).toContain('success rate: 100 %');
    expect(run.err).toContain('a/one-1 is published');
  });

  it('plan --wait ends with 1 when the plan failed, and says why', async () => {
    const run = start('plan --wait --json');
    await waitFor(() => asked.length === 1);
    await waitFor(() => ledger.idOf('a/one-1'));
    await ledger.endPlan(await planOf('a/one-1'), 'failed', 'no ebuilds to satisfy "a/none"');
    expect(await run.code).toBe(1);
    expect(api.plan.response.safeParse(JSON.parse(run.out)).success).toBe(true);
    expect(run.err).toContain('no ebuilds to satisfy');
  });

  async function planOf(cpv: string): Promise<string> {
    const response = await fetch(`${gateway.url}/api/v1/jobs/${ledger.idOf(cpv)}`);
    return api.job.response.parse(await response.json()).planId;
  }

  it('carries the token, and says what is missing without it', async () => {
    const token = 'a-token-for-this-test';
    const guarded = await startAnotherGateway({ token, ledger });
    const refused = await swarm(`plan --url ${guarded.url}`);
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('SWARM_API_TOKEN')]);
    expect((await swarm(`plan --url ${guarded.url}`, { SWARM_API_TOKEN: token })).code).toBe(0);
    await guarded.stop();
  });
});

describe('exit codes', () => {
  it('3 when the gateway cannot be reached, with one line that says what to do', async () => {
    const port = await freePort();
    const lines = [
      'status',
      'plan',
      'queue',
      'logs a/one',
      'drone list',
      'release list',
      'events',
      'events -f',
    ];
    for (const line of lines) {
      const { code, out, err } = await swarm(`${line} --url http://127.0.0.1:${port}`);
      expect([line, code, out]).toEqual([line, 3, '']);
      expect(err.trim().split('\n')).toHaveLength(1);
      expect(err).toContain('swarm up');
    }
  });

  it('3 when no scheduler answers the gateway', async () => {
    await ledger.profile('lab');
    const { code, err } = await swarm('plan');
    expect([code, err]).toEqual([3, expect.stringContaining('scheduler did not answer')]);
  });

  it.each([
    'stauts',
    'plan --profil lab',
    'logs',
    'queue --state ready',
    'logs one --attempt x',
    'status --url nowhere',
  ])('2 for "%s"', async (line) => {
    const { code, out, err } = await swarm(line);
    expect([code, out]).toEqual([2, '']);
    expect(err).not.toBe('');
  });

  it('2 for a target that the gateway refuses, naming it', async () => {
    await ledger.profile('lab');
    const { code, err } = await swarm(`build a/one$(id)`);
    expect([code, err]).toEqual([2, expect.stringContaining('targets.0')]);
  });

  it('1 for a plan of a profile that is not there, naming those that are', async () => {
    await ledger.profile('lab');
    const { code, err } = await swarm(`plan --profile lba`);
    expect([code, err]).toEqual([1, expect.stringContaining('Profiles: lab.')]);
  });

  it('0 for help, which names every command', async () => {
    const { code, out } = await swarm('--help');
    expect(code).toBe(0);
    for (const name of [
      'status',
      'plan',
      'build',
      'queue',
      'logs',
      'drone',
      'release',
      'events',
      'profile',
    ]) {
      expect(out).toContain(name);
    }
  });

  it('local commands join the program and keep its exit codes', async () => {
    const seen: string[] = [];
    const local = new Command('up').action(() => void seen.push('up'));
    expect(await start('up', {}, [local]).code).toBe(0);
    expect(seen).toEqual(['up']);
    expect(await start(`up --nonsense-${randomUUID()}`, {}, [local]).code).toBe(2);
  });
});
