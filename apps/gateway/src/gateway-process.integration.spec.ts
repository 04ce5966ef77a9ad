import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectBus } from '@swarm/adapter-nats';
import { migrate } from '@swarm/adapter-postgres';
import { api, ProfilePushed } from '@swarm/contracts';
import { freePort, silentLogger } from '@swarm/platform';
import {
  createTestDatabase,
  repositoryRoot,
  startTestNats,
  waitFor,
  type TestDatabase,
  type TestNats,
} from '@swarm/testing';

const SLOW = { timeoutMs: 30_000 };
const root = repositoryRoot();

let nats: TestNats;
let database: TestDatabase;
let gateway: ChildProcess;
let url: string;

/** The gateway as `swarm up` runs it: bundled, over real servers. */
beforeAll(async () => {
  const built = spawn(process.execPath, ['tools/bundle.mjs', 'apps/gateway'], {
    cwd: root,
    stdio: 'inherit',
  });
  expect(await once(built, 'exit')).toEqual([0, null]);
  nats = await startTestNats();
  database = await createTestDatabase(async (template) => {
    await migrate(template);
  });
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  gateway = spawn(process.execPath, [join(root, 'dist/apps/gateway/main.js')], {
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: database.url,
      NATS_URL: nats.url,
      SWARM_GATEWAY_PORT: String(port),
      SWARM_DASHBOARD_DIR: join(root, 'apps/dashboard/assets'),
      SWARM_LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  await waitFor(() => readiness(200), { ...SLOW, what: 'the gateway' });
});
afterAll(async () => {
  gateway.kill('SIGKILL');
  await nats[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

async function readiness(status: number): Promise<boolean> {
  return (await fetch(`${url}/readyz`)).status === status;
}

describe('the gateway as a process over real servers', () => {
  it('keeps profiles in Postgres and answers every list that is empty', async () => {
    const profile = { name: 'lab', kind: 'portage', targets: ['@world'] };
    const made = await fetch(`${url}/api/v1/profiles`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(profile),
    });
    expect(made.status).toBe(200);
    for (const name of ['status', 'plans', 'jobs', 'drones', 'releases', 'profiles', 'events'] as const) {
      const response = await fetch(`${url}/api/v1${api[name].path}`);
      expect([name, response.status]).toEqual([name, 200]);
      api[name].response.parse(await response.json());
    }
    const status = api.status.response.parse(await (await fetch(`${url}/api/v1/status`)).json());
    expect(status.profiles).toMatchObject([{ profile: 'lab', synthetic: false, plan: null }]);
    expect(await (await fetch(url)).text()).toContain('<title>Build swarm</title>');
  });

  it('keeps the versions of a profile in Postgres, and tells the bus of each', async () => {
    const bus = await connectBus({ url: nats.url, name: 'listener', logger: silentLogger() });
    const heard: ProfilePushed[] = [];
    try {
      await bus.watch(ProfilePushed, (event) => void heard.push(event), { from: 'new' });
      const configuration = {
        files: { 'package.use': 'a/b c\n' },
        makeProfile: 'gentoo:default',
        world: ['a/b'],
        repositories: [
          { name: 'gentoo', source: { kind: 'git', url: '/srv/gentoo' }, revision: 'a'.repeat(40) },
        ],
      };
      for (const body of [{ configuration }, { configuration }]) {
        const pushed = await fetch(`${url}/api/v1/profiles/lab/versions`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify(body),
        });
        expect(pushed.status).toBe(200);
      }
      await waitFor(() => heard.length > 0, SLOW);
      expect(heard).toMatchObject([{ profile: 'lab', number: 1, author: 'operator' }]);
      const read = await fetch(`${url}/api/v1/profiles/lab/versions/current`);
      expect(api.profileVersion.response.parse(await read.json())).toMatchObject({
        number: 1,
        configuration,
      });
    } finally {
      await bus.close();
    }
  });

  it('S31: is not ready without NATS, says so by a real round trip, and is ready again by itself', async () => {
    await nats.stop();
    await waitFor(() => readiness(503), SLOW);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    // Reading needs the ledger alone.
    expect((await fetch(`${url}/api/v1/status`)).status).toBe(200);
    await nats.start();
    await waitFor(() => readiness(200), SLOW);
  });

  it('ends with 0 on SIGTERM, with listeners still there', async () => {
    const listener = (await fetch(`${url}/events`)).text();
    const ended = once(gateway, 'exit');
    gateway.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(await listener).toContain('retry:');
  });
});
