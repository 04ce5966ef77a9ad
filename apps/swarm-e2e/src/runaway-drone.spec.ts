import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JobDetail, Status } from '@swarm/contracts';
import { ensureOpensshServer, repositoryRoot, startTestHost, waitFor, type TestHost } from '@swarm/testing';

import { documentOf, type SmallPackage } from './synthetic-world.js';
import { startTestSwarm, type TestSwarm } from './test-swarm.js';

const LIMIT_MS = 300_000;
const LOOK_EVERY_MS = 200;
const NAME = 'runaway';
const STRIKES = 5;
/** What it has in hand when the fifth failure is counted fails as well, and costs nobody anything (ADR 11). */
const SLOTS = 1;

/** Rungs in seconds, as a fleet sees them in minutes. */
const quickLadder = {
  SWARM_GROUNDED_MS: '8000',
  SWARM_MAX_GROUNDED_MS: '8000',
  SWARM_PROBE_MS: '500',
  SWARM_PROBE_OVER_MS: '1500',
  SWARM_RUNG2_COOLDOWN_MS: '2000',
  SWARM_RUNG3_COOLDOWN_MS: '2000',
  SWARM_RETURN_MS: '3000',
  SWARM_STEADY_MS: '2000',
};

const server = await ensureOpensshServer(join(repositoryRoot(), '.cache'));
const whenSshdIsThere = server.kind === 'ready' ? describe : describe.skip;

/** Enough work for a canary to be there whenever one is owed. */
function world(count: number): readonly SmallPackage[] {
  return Array.from({ length: count }, (_none, index) => ({ name: `p${index}`, durationMs: 1_200 }));
}

whenSshdIsThere('a drone whose every build fails in a second', () => {
  let swarm: TestSwarm;
  let host: TestHost;
  let webhook: Server;
  const pages: { readonly drone: string; readonly cause: string; readonly text: string }[] = [];

  beforeAll(async () => {
    if (server.kind !== 'ready') return;
    webhook = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        pages.push(JSON.parse(body) as (typeof pages)[number]);
        response.end();
      });
    }).listen(0, '127.0.0.1');
    await once(webhook, 'listening');
    host = await startTestHost(server);
    swarm = await startTestSwarm({
      drones: 1,
      document: documentOf(world(60), '1.0'),
      env: {
        ...quickLadder,
        SWARM_SSH_KEY_FILE: host.privateKeyFile,
        SWARM_NOTIFY_WEBHOOK_URL: `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/`,
      },
    });
    await installAgent();
    const { address, port, user, machineId, directory } = host;
    const keys = join(directory, 'host_key.pub');
    const where = [`--address=${address}`, `--port=${port}`, `--user=${user}`, '--init=openrc', '--kind=lxc'];
    await swarm.command(
      'drone',
      'host',
      'set',
      NAME,
      ...where,
      `--host-key=${keys}`,
      `--machine-id=${machineId}`,
    );
  }, LIMIT_MS);

  afterAll(async () => {
    await swarm[Symbol.asyncDispose]();
    await host[Symbol.asyncDispose]();
    webhook.close();
  }, LIMIT_MS);

  /** The agent as the service of that machine; it is broken while the file `fault` is there. */
  async function installAgent(): Promise<void> {
    const read = async (name: string): Promise<unknown> =>
      JSON.parse(await readFile(join(swarm.stateDir, name), 'utf8'));
    const { enrolmentKey } = (await read('settings.json')) as { enrolmentKey: string };
    const { ports } = (await read('runtime.json')) as { ports: { nats: number } };
    const variables = {
      NATS_URL: `nats://127.0.0.1:${ports.nats}`,
      SWARM_ENROLMENT_KEY: enrolmentKey,
      SWARM_DRONE_NAME: NAME,
      SWARM_PROFILE: 'synthetic',
      SWARM_EXECUTOR: 'synthetic',
      SWARM_STATE_DIR: join(host.directory, 'state'),
      SWARM_SYNTHETIC_GRAPH: graphFile(),
      SWARM_SYNTHETIC_FAULT: join(host.directory, 'fault'),
      SWARM_ACK_WAIT_MS: '3000',
    };
    const exports = Object.entries(variables).map(([name, value]) => `export ${name}='${value}'`);
    const main = join(repositoryRoot(), 'dist/apps/drone/main.js');
    await host.behave({ agent: [...exports, `exec '${process.execPath}' '${main}'`].join('\n') });
  }

  function graphFile(): string {
    return join(dirname(swarm.stateDir), 'graph.json');
  }

  async function stateOfRunaway(): Promise<string | undefined> {
    const { drones } = (await swarm.get('/drones')) as { drones: { name: string; state: string }[] };
    return drones.find(({ name }) => name === NAME)?.state;
  }

  async function actions(): Promise<readonly { kind: string; state: string }[]> {
    const answer = (await swarm.get(`/drones/${NAME}/actions`)) as {
      actions: { kind: string; state: string }[];
    };
    return answer.actions.filter(({ kind }) => kind !== 'probe').toReversed();
  }

  async function whenActions(...expected: readonly string[]): Promise<void> {
    await waitFor(
      async () => {
        const done = (await actions()).map(({ kind, state }) => `${kind} ${state}`);
        return expected.every((line, index) => done[index] === line);
      },
      { timeoutMs: 120_000, what: expected.join(', '), everyMs: LOOK_EVERY_MS },
    );
  }

  async function attemptsOf(planId: string): Promise<JobDetail['attempts']> {
    const { jobs } = await swarm.planDetail(planId);
    const details = await Promise.all(jobs.map(({ id }) => swarm.job(id)));
    return details.flatMap(({ attempts }) => attempts.filter(({ drone }) => drone === NAME));
  }

  it(
    'costs five attempts and what is in its slot, is restarted over SSH, shows itself by a canary and returns (S2, S21, S29)',
    async () => {
      await writeFile(join(host.directory, 'fault'), '');
      await host.behave({ 'on-restart': 'rm -f "$HOST_DIR/fault"; stop_agent; start_agent' });
      await host.does('start_agent');
      await waitFor(async () => (await stateOfRunaway()) === 'online', {
        timeoutMs: 30_000,
        what: 'its enrolment',
      });
      const begun = performance.now();
      const planId = await swarm.plan();
      await waitFor(async () => (await stateOfRunaway()) === 'grounded', {
        ...{ timeoutMs: 30_000, what: 'its grounding', everyMs: LOOK_EVERY_MS },
      });
      await whenActions('restart done', 'recovered done');
      console.log(`runaway drone: back after ${((performance.now() - begun) / 1_000).toFixed(0)} s`);
      const { jobs } = await swarm.over(planId);
      expect(jobs.map(({ state }) => state).filter((state) => state !== 'published')).toEqual([]);
      const attempts = await attemptsOf(planId);
      const failed = attempts.filter(({ summary }) => summary?.includes('broken on purpose'));
      expect(failed.length).toBeLessThanOrEqual(STRIKES + SLOTS);
      expect(attempts.some(({ state }) => state === 'succeeded')).toBe(true);
      expect((await host.calls()).filter((call) => call.endsWith('restart'))).toEqual([
        'rc-service build-drone restart',
      ]);
      expect(pages).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'and stays bad climbs to a reboot, waits for its confirmation, is rebooted, and reaches a person (S2, S29, S30)',
    async () => {
      await writeFile(join(host.directory, 'fault'), '');
      await host.behave({ 'on-restart': 'stop_agent; start_agent' });
      await writeFile(graphFile(), JSON.stringify(documentOf(world(90), '2.0')));
      const planId = await swarm.plan();
      await whenActions('restart done', 'recovered done', 'restart done', 'restart done');
      const request = await waitFor(async () => ((await swarm.get('/status')) as Status).rebootRequests[0], {
        timeoutMs: 60_000,
        what: 'the question',
        everyMs: LOOK_EVERY_MS,
      });
      expect(request).toMatchObject({ drone: NAME, confirm: `swarm drone confirm-reboot ${NAME}` });
      expect(await swarm.command('status')).toContain(`CONFIRM: may ${NAME} be rebooted?`);
      expect(await host.calls()).not.toContain('reboot');
      await swarm.command('drone', 'confirm-reboot', NAME, '--for=5m', '--author=anna');
      await whenActions(
        ...['restart done', 'recovered done', 'restart done', 'restart done', 'reboot done', 'page done'],
      );
      expect((await host.calls()).filter((call) => call === 'reboot')).toEqual(['reboot']);
      expect(pages).toMatchObject([{ drone: NAME, cause: 'still-sick' }]);
      expect(await swarm.command('status')).toContain(
        `ALARM: ${NAME} is grounded after 2 restarts and a reboot`,
      );
      expect(await swarm.command('drone', 'actions', NAME)).toContain('the host is up with another boot');

      // Whatever it did, no package is blamed for it.
      await rm(join(host.directory, 'fault'));
      const { jobs } = await swarm.over(planId);
      expect(jobs.filter(({ state }) => state !== 'published')).toEqual([]);
    },
    LIMIT_MS,
  );
});
