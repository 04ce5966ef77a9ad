import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitFor } from '@swarm/testing';

import { expectSameOutcome } from './outcome.js';
import { startTestSwarm, type TestSwarm } from './test-swarm.js';

const LIMIT_MS = 240_000;

let swarm: TestSwarm;
beforeAll(async () => {
  swarm = await startTestSwarm({ drones: 3 });
}, LIMIT_MS);
afterAll(async () => {
  await swarm[Symbol.asyncDispose]();
}, LIMIT_MS);

describe('kill -9 of one process while a plan is built changes nothing of its result', () => {
  it.each(
    ['scheduler', 'health-monitor', 'healer', 'binhost', 'gateway', 'nats', 'postgres'].map((name, i) => [
      name,
      `2.${i}`,
    ]),
  )(
    '%s',
    async (name, version) => {
      await swarm.bumpTo(version);
      const id = await swarm.plan();
      await waitFor(async () => (await swarm.planDetail(id)).numbers.jobs.published >= 2, {
        timeoutMs: 60_000,
        what: 'the swarm to be in full work',
      });

      const pid = await swarm.kill(name);
      await swarm.restarted(name, pid);

      await expectSameOutcome(swarm, await swarm.over(id));
    },
    LIMIT_MS,
  );
});

describe('a plan', () => {
  it(
    'that is made again finds nothing to build, and keeps what is quarantined where it is',
    async () => {
      const { plan, jobs, numbers } = await swarm.over(await swarm.plan());
      expect(plan.state).toBe('complete');
      expect(numbers.alreadyBuilt).toBe(11);
      expect(jobs.map(({ cpv, state, attempt }) => [cpv, state, attempt]).sort()).toEqual([
        ['app-small/needs-never-2.6', 'blocked', 0],
        ['app-small/never-2.6', 'quarantined', 0],
      ]);
    },
    LIMIT_MS,
  );
});

describe('a drone', () => {
  it(
    'that is killed in the middle of a build has its work finished by another (S3, S7)',
    async () => {
      await swarm.bumpTo('3.0');
      const id = await swarm.plan();
      const held = await waitFor(
        async () => {
          const { jobs } = await swarm.planDetail(id);
          return jobs.find(
            ({ cpv, state, drone }) => cpv === 'app-small/late-3.0' && state === 'delegated' && drone,
          );
        },
        { timeoutMs: 60_000, what: 'the long build to be in hand' },
      );
      const lost = held.drone ?? '';

      await swarm.kill(lost);

      await expectSameOutcome(swarm, await swarm.over(id));
      const { attempts } = await swarm.job(held.id);
      expect(attempts.map(({ drone, state }) => [drone === lost, state])).toEqual([
        [true, 'reclaimed'],
        [false, 'succeeded'],
      ]);
    },
    LIMIT_MS,
  );
});
