import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WorkAssigned } from '@swarm/contracts';
import { startTestNats, waitFor, type TestNats } from '@swarm/testing';

import { quietBus, work } from './bus.fixture.js';
import type { NatsMessageBus } from './nats-message-bus.js';

describe('what a stream holds', () => {
  let nats: TestNats;
  let bus: NatsMessageBus;
  beforeAll(async () => {
    nats = await startTestNats();
    bus = await quietBus(nats.url);
  });
  afterAll(async () => {
    await bus.close();
    await nats[Symbol.asyncDispose]();
  });

  it('is counted, with the time of the latest: so dead letters are seen by who reads no log', async () => {
    expect(await bus.holding('DEAD', 5_000)).toEqual({ count: 0, latestAt: null });
    const began = Date.now();
    await bus.publish(WorkAssigned, work('drone-1'));
    await bus.consume(WorkAssigned, 'drone-1', () =>
      Promise.resolve({ kind: 'dead-letter', reason: 'nobody can build this' }),
    );
    const { count, latestAt } = await waitFor(async () => {
      const found = await bus.holding('DEAD', 5_000);
      return found.count > 0 && found;
    });
    expect(count).toBe(1);
    expect(Math.abs((latestAt?.getTime() ?? 0) - began)).toBeLessThan(30_000);
  });
});
