import { readFile } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { API_BASE } from '@swarm/contracts';
import { createTestDatabase, waitFor, type TestDatabase } from '@swarm/testing';

import { CuttableProxy, deaf, silent, unheard } from './cuttable-proxy.js';
import { attemptsOf, fleetOf, inState, jobOf, jobWhen } from './fleet-watch.js';
import { OwnDrones, portsOf, type OwnDrone } from './own-drone.js';
import { documentOf } from './synthetic-world.js';
import { startTestSwarm, type TestSwarm } from './test-swarm.js';

const LIMIT_MS = 240_000;
const LOOK_EVERY_MS = 100;

/** A minute of the default configuration is some seconds here: suspect 15 → 2 s, offline 30 → 5 s, reclaim 60 → 7.5 s. */
const scaled = {
  SWARM_SUSPECT_AFTER_MS: '2000',
  SWARM_OFFLINE_AFTER_MS: '5000',
  SWARM_RECLAIM_AFTER_MS: '7500',
  SWARM_UNCLAIMED_AFTER_MS: '15000',
};

describe('a drone and NATS are cut from each other in the middle of a build', () => {
  let swarm: TestSwarm;
  let nats: CuttableProxy;
  let binhost: CuttableProxy;
  let drones: OwnDrones;
  /** The one behind the proxies. */
  let far: OwnDrone;
  let version = 0;

  beforeAll(async () => {
    swarm = await startTestSwarm({ drones: 0, env: scaled });
    const ports = await portsOf(swarm);
    const before = (port = 0): Promise<CuttableProxy> => CuttableProxy.before({ host: '127.0.0.1', port });
    nats = await before(ports['nats']);
    binhost = await before(ports['binhost']);
    drones = new OwnDrones(swarm);
    const env = { SWARM_ACK_WAIT_MS: '3000' };
    far = await drones.start({ name: 'far', natsPort: nats.port, binhostPort: binhost.port, env });
    await inState(swarm, ['far'], 'online');
  }, LIMIT_MS);

  afterAll(async () => {
    nats.heal();
    binhost.heal();
    await drones[Symbol.asyncDispose]();
    await nats[Symbol.asyncDispose]();
    await binhost[Symbol.asyncDispose]();
    await swarm[Symbol.asyncDispose]();
  }, LIMIT_MS);

  /** A plan of one package, which the far drone is building when this resolves. */
  async function building(durationMs: number): Promise<{ planId: string; name: string; what: string }> {
    version += 1;
    await swarm.useDocument(documentOf([{ name: 'gcc', durationMs }], `${version}.0`));
    const planId = await swarm.plan();
    const gcc = { planId, name: 'gcc', what: 'to be in work on the far drone' };
    await jobWhen(swarm, gcc, (job) => job.drone === 'far' && job.attempts[0]?.state === 'running');
    return gcc;
  }

  /** What the far drone has really begun to build of the latest plan: its log has a line for each. */
  async function begun(): Promise<number> {
    const lines = (await readFile(far.log, 'utf8')).split('\n');
    return lines.filter((line) => line.includes('"build started"') && line.includes(`gcc-${version}.0`))
      .length;
  }

  /** The far drone is there again, idle, and blamed for nothing. */
  async function atPeace(): Promise<void> {
    await waitFor(
      async () => {
        const drone = (await fleetOf(swarm)).get('far');
        return drone?.state === 'online' && drone.working.length === 0;
      },
      { timeoutMs: 60_000, what: 'the far drone to be online and idle', everyMs: LOOK_EVERY_MS },
    );
    expect((await fleetOf(swarm)).get('far')).toMatchObject({ strikes: 0, uploadPath: 'good' });
  }

  async function order(drone: string, what: 'drain' | 'resume'): Promise<void> {
    const { gateway } = await portsOf(swarm);
    const answer = await fetch(`http://127.0.0.1:${gateway}${API_BASE}/drones/${drone}/${what}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ author: 'test', reason: 'it is the turn of the other one' }),
    });
    expect(answer.ok).toBe(true);
    await inState(swarm, [drone], what === 'drain' ? 'draining' : 'online');
  }

  it.each([
    ['ended with a reset', () => nats.refuse()],
    ['held without a word', () => nats.set(silent)],
  ])(
    'for 20 s, %s: the attempt goes on and finishes, nothing is built twice (S24)',
    async (_how, cut) => {
      const { planId } = await building(6_000);
      cut();
      await inState(swarm, ['far'], 'suspect');
      nats.heal();
      await inState(swarm, ['far'], 'online');
      await swarm.over(planId);
      const job = await jobOf(swarm, planId, 'gcc');
      expect(job).toMatchObject({ state: 'published', reclaims: 0 });
      expect(attemptsOf(job)).toEqual(['1 far succeeded']);
      expect(await begun()).toBe(1);
      await atPeace();
    },
    LIMIT_MS,
  );

  it.each([
    ['both ways', () => nats.refuse()],
    ['one way: it hears and is not heard', () => nats.set(unheard)],
  ])(
    'for 61 s, %s, and nobody else can build it: taken back, and kept by the drone that returns (S3, S24, Q5)',
    async (_how, cut) => {
      const gcc = await building(14_000);
      cut();
      await jobWhen(swarm, { ...gcc, what: 'to be taken back' }, ({ state }) => state === 'needed');
      nats.heal();
      const kept = await jobWhen(
        swarm,
        { ...gcc, what: 'to be with its drone again' },
        ({ state }) => state === 'delegated',
      );
      expect(kept).toMatchObject({ attempt: 1, drone: 'far' });
      await swarm.over(gcc.planId);
      const job = await jobOf(swarm, gcc.planId, 'gcc');
      expect(job).toMatchObject({ state: 'published', reclaims: 1 });
      expect(attemptsOf(job)).toEqual(['1 far succeeded']);
      expect(await begun()).toBe(1);
      await atPeace();
    },
    LIMIT_MS,
  );

  it(
    'one way, it is heard and does not hear: the build is its own and is used (S24, Q5)',
    async () => {
      const { planId } = await building(4_000);
      nats.set(deaf);
      await swarm.over(planId);
      nats.heal();
      await atPeace();
      const job = await jobOf(swarm, planId, 'gcc');
      expect(job).toMatchObject({ state: 'published', reclaims: 0 });
      expect(attemptsOf(job)).toEqual(['1 far succeeded']);
      expect(await begun()).toBe(1);
    },
    LIMIT_MS,
  );

  describe('while another drone can build it', () => {
    beforeAll(async () => {
      await drones.start({ name: 'near' });
      await inState(swarm, ['near'], 'online');
    }, LIMIT_MS);

    it(
      'for 61 s: taken back and given to the other; the artifact that comes late is used, and the successor is cancelled (S3, S18)',
      async () => {
        await order('near', 'drain');
        const gcc = await building(12_000);
        await order('near', 'resume');
        nats.set(silent);
        await jobWhen(
          swarm,
          { ...gcc, what: 'to be in work on the near drone' },
          ({ drone, attempts }) => drone === 'near' && attempts[1]?.state === 'running',
        );
        // The way to the binhost is another one, and is open.
        await swarm.over(gcc.planId);
        nats.heal();
        await atPeace();
        const job = await jobOf(swarm, gcc.planId, 'gcc');
        expect(job).toMatchObject({ state: 'published', failures: 0 });
        expect(attemptsOf(job)).toEqual(['1 far succeeded', '2 near cancelled']);
        expect((await swarm.indexed()).filter((cpv) => cpv === job.cpv)).toHaveLength(1);
      },
      LIMIT_MS,
    );

    it(
      'for 10 min, and the binhost as well: built elsewhere; what the drone brings late is no failure, and it gets work again (S18, Q2, Q5)',
      async () => {
        await order('near', 'drain');
        const gcc = await building(8_000);
        await order('near', 'resume');
        nats.refuse();
        binhost.refuse();
        await swarm.over(gcc.planId);
        nats.heal();
        binhost.heal();
        await atPeace();
        const job = await jobOf(swarm, gcc.planId, 'gcc');
        expect(job).toMatchObject({ state: 'published', attempt: 2, failures: 0 });
        expect(attemptsOf(job)[1]).toBe('2 near succeeded');
        expect((await swarm.indexed()).filter((cpv) => cpv === job.cpv)).toHaveLength(1);

        await order('near', 'drain');
        const next = await building(500);
        await swarm.over(next.planId);
        expect(attemptsOf(await jobOf(swarm, next.planId, 'gcc'))).toEqual(['1 far succeeded']);
      },
      LIMIT_MS,
    );
  });
});

describe('the services and Postgres are cut from each other while a plan is built', () => {
  let swarm: TestSwarm;
  let proxy: CuttableProxy;
  let database: TestDatabase;
  const services = ['scheduler', 'monitor', 'healer', 'binhost', 'gateway'];

  beforeAll(async () => {
    database = await createTestDatabase(() => Promise.resolve(), 'swarm_empty');
    const url = new URL(database.url);
    proxy = await CuttableProxy.before({ host: url.hostname, port: Number(url.port) });
    url.port = String(proxy.port);
    swarm = await startTestSwarm({ env: { ...scaled, DATABASE_URL: url.href } });
  }, LIMIT_MS);

  afterAll(async () => {
    proxy.heal();
    await swarm[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  }, LIMIT_MS);

  /** What `/readyz` of a service says: its status, and why. */
  async function readiness(service: string): Promise<{ readonly status: number; readonly text: string }> {
    const port = (await portsOf(swarm))[service];
    const response = await fetch(`http://127.0.0.1:${port}/readyz`);
    return { status: response.status, text: await response.text() };
  }

  async function eachReads(status: number): Promise<void> {
    await waitFor(
      async () => {
        const answers = await Promise.all(services.map((service) => readiness(service)));
        if (status === 503) for (const { text } of answers) expect(text).toContain('postgres');
        return answers.every((answer) => answer.status === status);
      },
      { timeoutMs: 60_000, what: `every service to answer ${status}`, everyMs: LOOK_EVERY_MS },
    );
  }

  it.each([
    ['ended with resets', '1.0', () => proxy.refuse()],
    ['held without a word', '2.0', () => proxy.set(silent)],
  ])(
    '%s: readiness says so, builds go on, no drone is taken for lost, and all of it goes on by itself (S3, S31, Q2, Q5)',
    async (_how, version, cut) => {
      const chain = Array.from({ length: 6 }, (_none, i) => ({
        name: `link${i}`,
        durationMs: 1_500,
        ...(i > 0 && { needs: [`link${i - 1}`] }),
      }));
      const long = { name: 'long', durationMs: 15_000 };
      await swarm.useDocument(documentOf([...chain, long], version));
      const planId = await swarm.plan();
      await waitFor(async () => (await swarm.planDetail(planId)).numbers.jobs.published >= 1, {
        timeoutMs: 60_000,
        what: 'the first package',
        everyMs: LOOK_EVERY_MS,
      });
      const cutAt = performance.now();
      cut();
      await eachReads(503);
      // Longer than a drone may be silent: nothing that was said meanwhile was stored.
      await waitFor(() => performance.now() - cutAt > Number(scaled.SWARM_RECLAIM_AFTER_MS), {
        timeoutMs: 30_000,
        what: 'the cut to last',
      });
      proxy.heal();
      await eachReads(200);

      const { plan, jobs } = await swarm.over(planId);
      expect(plan.state).toBe('complete');
      for (const { id, state } of jobs) {
        const job = await swarm.job(id);
        expect([job.cpv, state, attemptsOf(job).map((attempt) => attempt.split(' ').at(-1))]).toEqual([
          job.cpv,
          'published',
          ['succeeded'],
        ]);
      }
      const planned = jobs.map(({ cpv }) => cpv);
      const indexed = (await swarm.indexed()).filter((cpv) => planned.includes(cpv));
      expect(indexed.sort()).toEqual(planned.sort());
    },
    LIMIT_MS,
  );
});
