import { describe, it } from '@jest/globals';
import { startTestNats, waitFor } from '@swarm/testing';

import { expectSameOutcome } from './outcome.js';
import { startTestSwarm } from './test-swarm.js';

const LIMIT_MS = 240_000;

describe('the store of NATS', () => {
  it(
    'may be lost whole while a plan is built: the swarm goes on from the ledger (Q26)',
    async () => {
      await using nats = await startTestNats();
      await using swarm = await startTestSwarm({ env: { NATS_URL: nats.url } });
      const id = await swarm.plan();
      await waitFor(async () => (await swarm.planDetail(id)).numbers.jobs.published >= 2, {
        timeoutMs: 60_000,
        what: 'the swarm to be in full work',
      });

      await nats.kill();
      await nats.wipe();
      await nats.start();

      await expectSameOutcome(swarm, await swarm.over(id));
    },
    LIMIT_MS,
  );
});
