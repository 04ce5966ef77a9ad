import { describe, expect, it } from '@jest/globals';
import type { DroneView, JobDetail, JobSummary } from '@swarm/contracts';
import { waitFor } from '@swarm/testing';

import { fleetOf, inState } from './fleet-watch.js';
import { OwnDrones, type OwnDrone } from './own-drone.js';
import { documentOf, type SmallPackage } from './synthetic-world.js';
import { startTestSwarm, type TestSwarm } from './test-swarm.js';

const LIMIT_MS = 300_000;
const LOOK_EVERY_MS = 200;
/** What is in work when the power goes: as many as in the story. */
const JOBS = 12;
const JOB_MS = 45_000;
/** What the twelve are needed for: work for whoever is there by then. */
const LATER_JOBS = 36;
const LATER_MS = 3_000;
const RECLAIM_LIMIT_MS = 60_000;

const lost = ['tarn', 'meridian', 'izar'];
const spared = ['capella', 'altair'];

const world: readonly SmallPackage[] = [
  ...Array.from({ length: JOBS }, (_none, i) => ({ name: `held${i}`, durationMs: JOB_MS })),
  ...Array.from({ length: LATER_JOBS }, (_none, i) => ({
    ...{ name: `later${i}`, durationMs: LATER_MS },
    needs: [`held${i % JOBS}`],
  })),
];

/** When the last of the lost drones was first seen in each state, in milliseconds since the epoch. */
type Seen = Map<DroneView['state'], number>;

/** Follows the lost drones through their states until `until` says so. */
async function follow(swarm: TestSwarm, until: () => Promise<boolean>): Promise<Seen> {
  const seen: Seen = new Map();
  await waitFor(
    async () => {
      const fleet = await fleetOf(swarm);
      const [state, ...others] = new Set(lost.map((name) => fleet.get(name)?.state));
      if (state && others.length === 0 && !seen.has(state)) seen.set(state, Date.now());
      return until();
    },
    { timeoutMs: 120_000, what: 'the work to be with other drones', everyMs: LOOK_EVERY_MS },
  );
  return seen;
}

async function detailsOf(swarm: TestSwarm, planId: string, prefix: string): Promise<readonly JobDetail[]> {
  const { jobs } = await swarm.planDetail(planId);
  return Promise.all(jobs.filter(({ cpv }) => cpv.includes(`/${prefix}`)).map(({ id }) => swarm.job(id)));
}

/** When the history of each job first says this, in milliseconds since the epoch; NaN where it does not. */
function timesOf(jobs: readonly JobDetail[], state: JobDetail['state'], attempt: number): readonly number[] {
  return jobs.map(({ history }) => {
    const moves = history.filter((move) => move.state === state && move.attempt === attempt);
    return Date.parse(moves[0]?.at ?? '');
  });
}

describe('a power event', () => {
  it(
    'takes three of five drones with 12 builds at once: within 60 s of their last sign the work is with the others, who finish it, and the three get work again when they are back (S3, S7, Q2, Q5)',
    async () => {
      await using swarm = await startTestSwarm({ drones: 0, times: 'default', document: documentOf(world) });
      await using drones = new OwnDrones(swarm);
      const start = (name: string, slots: number): Promise<OwnDrone> => drones.start({ name, slots });
      const [first, second, third] = await Promise.all(lost.map((name) => start(name, JOBS / lost.length)));
      await inState(swarm, lost, 'online');
      const planId = await swarm.plan();
      await waitFor(
        async () => {
          const fleet = await fleetOf(swarm);
          const inWork = lost.map((name) => fleet.get(name)?.working.length ?? 0);
          const { delegated } = (await swarm.planDetail(planId)).numbers.jobs;
          return delegated === JOBS && inWork.every((count) => count === JOBS / lost.length);
        },
        { timeoutMs: 60_000, what: '12 builds to be in work', everyMs: LOOK_EVERY_MS },
      );
      await Promise.all(spared.map((name) => start(name, JOBS / spared.length)));
      await inState(swarm, spared, 'online');

      const cutAt = Date.now();
      for (const drone of [first, second, third]) drone?.kill();
      expect(Date.now() - cutAt).toBeLessThan(1_000);
      const seen = await follow(swarm, async () => {
        const { jobs } = await swarm.planDetail(planId);
        const isElsewhere = ({ attempt, drone }: JobSummary): boolean =>
          attempt === 2 && spared.includes(drone ?? '');
        return jobs.filter(({ cpv }) => cpv.includes('/held')).every(isElsewhere);
      });
      const fleet = await fleetOf(swarm);
      const lastSignAt = (name: string | null | undefined): number =>
        Date.parse(fleet.get(name ?? '')?.lastSignAt ?? '');
      const returnAt = Date.now();
      for (const drone of [first, second, third]) await drone?.start();
      await inState(swarm, lost, 'online');
      const onlineAt = Date.now();
      const { plan, numbers } = await swarm.over(planId);

      const after = await detailsOf(swarm, planId, 'held');
      const later = await detailsOf(swarm, planId, 'later');
      const reclaimed = timesOf(after, 'needed', 1);
      const silences = after.map(({ attempts }, i) => (reclaimed[i] ?? NaN) - lastSignAt(attempts[0]?.drone));
      const again = later.flatMap(({ attempts }) =>
        attempts.filter(({ drone }) => lost.includes(drone)).map(({ offeredAt }) => Date.parse(offeredAt)),
      );
      report(cutAt, [
        ['last sign of life of the three', Math.max(...lost.map(lastSignAt))],
        ['all three suspect', seen.get('suspect')],
        ['all three offline', seen.get('offline')],
        ['first build taken back', Math.min(...reclaimed)],
        ['last build taken back', Math.max(...reclaimed)],
        ['last build given to another drone', Math.max(...timesOf(after, 'delegated', 2))],
        ['the three are started again', returnAt],
        ['all three online', onlineAt],
        ['last of the 12 builds published', Math.max(...timesOf(after, 'published', 2))],
        ['first new build given to one of the three', Math.min(...again)],
        ['plan complete', Date.parse(plan.endedAt ?? '')],
      ]);
      process.stdout.write(`longest silence when taken back: ${seconds(Math.max(...silences))}\n`);

      expect(plan.state).toBe('complete');
      expect(numbers.jobs.published).toBe(JOBS + LATER_JOBS);
      expect(Math.max(...silences)).toBeLessThanOrEqual(RECLAIM_LIMIT_MS);
      for (const { attempts } of after) {
        expect(attempts.map(({ drone, state }) => [spared.includes(drone), state])).toEqual([
          [false, 'reclaimed'],
          [true, 'succeeded'],
        ]);
      }
      const builders = later.map(({ attempts }) => attempts.at(-1)?.drone);
      expect(builders).toEqual(expect.arrayContaining(lost));
    },
    LIMIT_MS,
  );
});

/** The table of docs/operations/power-event.md, from this run. */
function report(cutAt: number, steps: readonly (readonly [string, number | undefined])[]): void {
  const lines = steps.map(([what, at]) => `| ${what} | ${at === undefined ? '-' : seconds(at - cutAt)} |`);
  process.stdout.write(`\n| after kill -9 of three drones | |\n|---|--:|\n${lines.join('\n')}\n`);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
