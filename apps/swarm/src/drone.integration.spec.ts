import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { api, MachineReportAsked, MachineReported, type Subscription } from '@swarm/contracts';
import { repositoryRoot } from '@swarm/testing';

import { bus, clock, gateway, ledger, useGateway } from './gateway-per-test.fixture.js';
import { runProgram } from './program.js';

/** Applications never import each other, so what answers for the health monitor is loaded by path. */
interface Fixture {
  readonly leadOrders: (on: typeof bus, over: typeof ledger, by: typeof clock) => Promise<Subscription>;
}

useGateway();

const HOUR = 3_600_000;
let monitor: Subscription;
beforeEach(async () => {
  const file = join(repositoryRoot(), 'apps/gateway/src/leading-scheduler.fixture.ts');
  const { leadOrders } = (await import(pathToFileURL(file).href)) as Fixture;
  monitor = await leadOrders(bus, ledger, clock);
  await ledger.profile('lab');
  await ledger.drone('drone-1', 'lab');
});
afterEach(async () => {
  monitor.stop();
  await monitor.finished;
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

describe('swarm drone', () => {
  it('ground keeps a drone from work with name, reason and end, and unground ends that', async () => {
    const until = new Date(clock.now().getTime() + 2 * HOUR).toISOString();
    expect(
      await swarm('drone', 'ground', 'drone-1', '--reason', 'its fan is loud', '--for', '2h'),
    ).toMatchObject({
      ...{ code: 0, out: 'drone-1 is grounded: grounded by anna: its fan is loud\n' },
    });
    const { out } = await swarm('drone', 'show', 'drone-1');
    expect(out).toMatch(/state +grounded: grounded by anna: its fan is loud/);
    expect(out).toContain(`until ${until}, by anna since`);
    expect((await swarm('events')).out).toContain(`anna grounds drone-1 until ${until}: its fan is loud`);
    const ended = await swarm('drone', 'unground', 'drone-1', '--author', 'bert');
    expect(ended.out).toBe('drone-1 is online: grounding ended by bert\n');
    expect(await swarm('drone', 'unground', 'drone-1')).toMatchObject({
      ...{ code: 0, out: 'drone-1 is not grounded.\n' },
    });
  });

  it('drain lets it finish and gives it nothing more, until resume (S7)', async () => {
    expect(await swarm('drone', 'drain', 'drone-1', '--reason', 'new kernel')).toMatchObject({
      ...{ code: 0, out: 'drone-1 is draining: drained by anna: new kernel\n' },
    });
    expect((await swarm('drone', 'show', 'drone-1')).out).toMatch(/drained +until `resume`, by anna since/);
    expect((await swarm('drone', 'resume', 'drone-1')).out).toBe('drone-1 is online: resumed by anna\n');
  });

  it('retire is for ever (S13)', async () => {
    expect((await swarm('drone', 'retire', 'drone-1', '--reason', 'sold')).out).toContain('is retired');
    expect(await swarm('drone', 'drain', 'drone-1', '--reason', 'x')).toMatchObject({
      ...{ code: 1, err: expect.stringContaining('drone-1 is retired; enrol it under another name') },
    });
  });

  it('says which drones there are, what is missing, and that nobody answers', async () => {
    expect(await swarm('drone', 'show', 'drone-9')).toMatchObject({
      ...{ code: 1, err: expect.stringContaining('Drones: drone-1.') },
    });
    expect(await swarm('drone', 'ground', 'drone-9', '--reason', 'x')).toMatchObject({
      ...{ code: 1, err: expect.stringContaining('there is no drone "drone-9"') },
    });
    expect(await swarm('drone', 'ground', 'drone-1')).toMatchObject({ code: 2 });
    expect(await swarm('drone', 'ground', 'drone-1', '--reason', 'x', '--for', '31d')).toMatchObject({
      ...{ code: 1, err: expect.stringContaining('at most 30 days') },
    });
    monitor.stop();
    await monitor.finished;
    expect(await swarm('drone', 'drain', 'drone-1', '--reason', 'x')).toMatchObject({
      err: expect.stringContaining('No health monitor leads'),
    });
  });

  it('audit asks the drones and prints what to mend, with exit code 1 where it is an error (S10, S35)', async () => {
    await ledger.drone('drone-2', 'lab');
    const answers = [await answerFor('drone-1', '64 32'), await answerFor('drone-2', '64')];
    const { code, out } = await swarm('drone', 'audit', 'drone-2');
    expect(code).toBe(1);
    expect(out).toContain('drone-2 (lab), compared with drone-1\n');
    expect(out).toContain('  ERROR  ABI_X86 is not as on drone-1\n    - 32\n');
    expect(out).toContain(
      '  ERROR  dcron never reads /etc/crontab: its entries do not run\n    + 0 3 * * * root x\n',
    );
    await ledger.drone('drone-3', 'lab');
    expect((await swarm('drone', 'audit')).out).toContain('drone-3 (lab): not looked at: it did not answer');
    for (const each of answers) each.stop();
  });

  it('prints the JSON of the API', async () => {
    const shown = await swarm('drone', 'show', 'drone-1', '--json');
    expect(api.drone.response.safeParse(JSON.parse(shown.out)).success).toBe(true);
    const drained = await swarm('drone', 'drain', 'drone-1', '--reason', 'x', '--json');
    expect(api.drainDrone.response.safeParse(JSON.parse(drained.out)).success).toBe(true);
  });
});

/** What a drone says of its machine when it is asked. */
function answerFor(drone: string, abi: string): Promise<Subscription> {
  const untold = { kind: 'untold', why: 'not in this test' } as const;
  const tables = [{ path: '/etc/crontab', lines: ['0 3 * * * root x'] }];
  const daemons = [{ name: 'dcron' as const, installed: true, running: true }];
  const report: MachineReported['report'] = {
    ...{
      drone,
      profile: 'lab',
      agentVersion: '0.1.0',
      makeProfile: untold,
      files: untold,
      repositories: untold,
    },
    ...{ toolchain: untold, disks: untold, service: untold },
    variables: { kind: 'told', value: { ABI_X86: abi } },
    cron: { kind: 'told', value: { daemons, tables, users: ['root'], timers: [], lastRuns: [] } },
  };
  const at = clock.now().toISOString();
  const where = { drone };
  const answer = ({ requestId }: MachineReportAsked): Promise<MachineReported> =>
    Promise.resolve({ requestId, drone, at, report });
  return bus.answer(MachineReportAsked, MachineReported, answer, { where });
}
