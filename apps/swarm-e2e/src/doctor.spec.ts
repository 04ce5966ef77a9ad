import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DoctorView } from '@swarm/contracts';
import { waitFor } from '@swarm/testing';

import { startTestSwarm, type TestSwarm } from './test-swarm.js';

const LIMIT_MS = 300_000;
/** An alarm comes so soon after the time that passed (S1). */
const ALARM_LIMIT_MS = 120_000;
const MINUTE_MS = 60_000;

let swarm: TestSwarm;
let stopped: number | undefined;
beforeAll(async () => {
  swarm = await startTestSwarm({ drones: 1, env: { SWARM_SWEEP_MS: '2000' } });
}, LIMIT_MS);
afterAll(async () => {
  if (stopped !== undefined) process.kill(stopped, 'SIGCONT');
  await swarm[Symbol.asyncDispose]();
}, LIMIT_MS);

const doctor = (): Promise<DoctorView> => swarm.get('/doctor') as Promise<DoctorView>;
const alarms = async (): Promise<readonly string[]> =>
  (await doctor()).checks.filter(({ result }) => result === 'alarm').map(({ name }) => name);

describe('swarm doctor', () => {
  it(
    'finds a running swarm well, and ends with 0',
    async () => {
      await waitFor(async () => (await doctor()).isWell && (await alarms()).length === 0, {
        timeoutMs: 60_000,
        what: 'a sweep that finds everything well',
      });
      expect((await doctor()).checks).toHaveLength(12);
      expect(await swarm.command('doctor')).toContain('scheduler is led, healer is led, binhost is led');
    },
    LIMIT_MS,
  );

  it(
    'tells of a schedule that a scheduler which hangs does not fire, within 2 min, and when it is made up for (S1)',
    async () => {
      await swarm.command('schedule', 'add', 'minutely', '--cron', '* * * * *');
      const { scheduler } = await swarm.pids();
      if (scheduler === undefined) throw new Error('there is no scheduler');
      process.kill(scheduler, 'SIGSTOP');
      stopped = scheduler;
      const dueMs = Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS;
      await waitFor(async () => (await alarms()).includes('schedules'), {
        timeoutMs: MINUTE_MS + ALARM_LIMIT_MS,
        what: 'the alarm',
        everyMs: 500,
      });
      expect(Date.now() - dueMs).toBeLessThanOrEqual(ALARM_LIMIT_MS);
      await expect(swarm.command('doctor')).rejects.toThrow('schedules');

      process.kill(scheduler, 'SIGCONT');
      stopped = undefined;
      await waitFor(async () => !(await alarms()).includes('schedules'), {
        timeoutMs: 60_000,
        what: 'the end of the alarm',
        everyMs: 500,
      });
      const events = await swarm.command('events');
      expect(events.match(/ALARM: schedules: schedule minutely should have fired/g)).toHaveLength(1);
      expect(events).toContain('the alarm schedules is over');
    },
    LIMIT_MS,
  );
});
