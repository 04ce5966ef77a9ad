import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { freePort, startProcess, type ManagedProcess } from '@swarm/platform';
import { repositoryRoot, waitFor } from '@swarm/testing';

import { expectSameOutcome } from './outcome.js';
import { startTestSwarm, type TestSwarm } from './test-swarm.js';

const LIMIT_MS = 240_000;
const STOP_GRACE_MS = 20_000;

/** A second scheduler beside the one that `swarm up` runs; its log says when it leads. */
async function secondScheduler(swarm: TestSwarm): Promise<{ process: ManagedProcess; log: string }> {
  const { ports, binhost } = JSON.parse(await readFile(join(swarm.stateDir, 'runtime.json'), 'utf8')) as {
    ports: Record<string, number>;
    binhost: string;
  };
  const log = join(swarm.stateDir, 'logs', 'scheduler-b.log');
  const output = openSync(log, 'a');
  const process_ = await startProcess({
    command: process.execPath,
    args: [join(repositoryRoot(), 'dist/apps/scheduler/main.js')],
    cwd: swarm.stateDir,
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      DATABASE_URL: `postgresql://swarm@127.0.0.1:${ports['postgres']}/swarm`,
      NATS_URL: `nats://127.0.0.1:${ports['nats']}`,
      SWARM_BINHOST_URL: binhost,
      SWARM_SCHEDULER_PORT: String(await freePort()),
      SWARM_SCAN_MS: '500',
    },
    output,
    stopSignal: 'SIGTERM',
  });
  closeSync(output);
  return { process: process_, log };
}

describe('two schedulers', () => {
  it(
    'never give one job to two drones: one leads, the other waits and takes over when it is gone (S4, Q19)',
    async () => {
      await using swarm = await startTestSwarm({ drones: 3 });
      const second = await secondScheduler(swarm);
      try {
        await waitFor(async () => (await readFile(second.log, 'utf8')).includes('"ready"'), {
          timeoutMs: 60_000,
        });
        const id = await swarm.plan();
        await waitFor(async () => (await swarm.planDetail(id)).numbers.jobs.published >= 1, {
          timeoutMs: 60_000,
        });
        expect(await readFile(second.log, 'utf8')).not.toContain('"leading"');

        await swarm.kill('scheduler');
        await waitFor(async () => (await readFile(second.log, 'utf8')).includes('"leading"'), {
          timeoutMs: 10_000,
          what: 'the second scheduler to lead',
        });

        const detail = await swarm.over(id);
        await expectSameOutcome(swarm, detail);
        for (const { id: jobId, state } of detail.jobs) {
          if (state !== 'published') continue;
          const { attempts } = await swarm.job(jobId);
          expect(attempts.filter((attempt) => attempt.state === 'succeeded')).toHaveLength(1);
        }
      } finally {
        await second.process.stop(STOP_GRACE_MS);
      }
    },
    LIMIT_MS,
  );
});
