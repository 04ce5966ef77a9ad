import { describe, expect, it } from '@jest/globals';

import { readDroneConfig } from './config.js';

const given = {
  SWARM_DRONE_NAME: 'drone-1',
  NATS_URL: 'nats://127.0.0.1:4222',
  SWARM_ENROLMENT_KEY: 'sixteen characters at least',
  SWARM_PROFILE: 'lab',
  SWARM_STATE_DIR: '/var/lib/build-swarm/drone-1',
};

describe('the configuration of a drone', () => {
  it('needs five variables; the rest has defaults', () => {
    expect(readDroneConfig(given)).toMatchObject({
      drone: 'drone-1',
      slots: 1,
      executor: 'portage',
      cacheDir: '/var/lib/build-swarm/drone-1/cache',
      lab: undefined,
      drainLimitMs: 36_000_000,
      ackWaitMs: 30_000,
    });
  });

  it('passes the variables of the lab through, and no others', () => {
    const config = readDroneConfig({ ...given, SWARM_LAB_DIR: '/lab', LAB_SLOW_SECONDS: '2', HOME: '/root' });
    expect(config.labVariables).toEqual({ LAB_SLOW_SECONDS: '2' });
    expect(config.lab).toEqual({ dir: '/lab', stateDir: '/var/lib/build-swarm/drone-1/lab' });
  });

  it('never shows the enrolment key', () => {
    expect(JSON.stringify(readDroneConfig(given))).not.toContain('sixteen');
  });

  it.each([
    ['SWARM_DRONE_NAME', 'Drone 1'],
    ['NATS_URL', 'http://127.0.0.1'],
    ['SWARM_ENROLMENT_KEY', 'short'],
    ['SWARM_SLOTS', '0'],
    ['SWARM_EXECUTOR', 'magic'],
    ['SWARM_DRAIN_LIMIT_MS', 'soon'],
  ])('names %s when it is %s', (name, value) => {
    expect(() => readDroneConfig({ ...given, [name]: value })).toThrow(new RegExp(`${name}: `));
  });
});
