import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  DroneEnrolled,
  DroneEnrolling,
  DroneHeartbeat,
  JobMoved,
  WorkAssigned,
  type Delivery,
  type Handler,
  type Outcome,
} from '@swarm/contracts';
import { startTestNats, waitFor, type TestNats } from '@swarm/testing';

import { heartbeat, jobMoved, operatorOf, quietBus, work, type Operator } from './bus.fixture.js';
import type { NatsMessageBus } from './nats-message-bus.js';

const done: Outcome = { kind: 'done' };

describe('NatsMessageBus', () => {
  let nats: TestNats;
  let operator: Operator;
  let bus: NatsMessageBus;

  beforeAll(async () => {
    nats = await startTestNats();
    operator = await operatorOf(nats.url);
  });
  afterAll(async () => {
    await operator[Symbol.asyncDispose]();
    await nats[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    bus = await quietBus(nats.url);
  });
  afterEach(async () => {
    await bus.close();
    for await (const { config } of operator.manager.streams.list())
      await operator.manager.streams.delete(config.name);
  });

  const deadLetter = async (): Promise<{
    subject: string;
    body: string;
    field: (name: string) => string;
  }> => {
    const message = await operator.manager.streams.getMessage('DEAD', { last_by_subj: 'swarm.v1.dead.>' });
    if (message === null) throw new Error('no dead letter');
    return { subject: message.subject, body: message.string(), field: (name) => message.header.get(name) };
  };

  it('delivers what was published, typed and once, however often it was published', async () => {
    const assigned = work('drone-1');
    const handle = jest.fn<Handler<typeof WorkAssigned>>(async () => done);
    await bus.publish(WorkAssigned, assigned);
    await bus.publish(WorkAssigned, assigned);
    await bus.consume(WorkAssigned, 'drone-1', handle);
    await waitFor(async () => (await operator.countOf('BUILDS')) === 0);
    expect(handle.mock.calls.map(([payload, { count }]) => ({ payload, count }))).toEqual([
      { payload: assigned, count: 1 },
    ]);
  });

  it('takes the identity of an outbox row instead of the message own one', async () => {
    const [first, second] = [work('drone-1'), work('drone-1')];
    await bus.publish(WorkAssigned, first, 'row-1');
    await bus.publish(WorkAssigned, first, 'row-2');
    await bus.publish(WorkAssigned, second, 'row-1');
    expect(await operator.countOf('BUILDS')).toBe(2);
  });

  it('shows a consumer only what it asked for', async () => {
    const seen: string[] = [];
    await bus.consume(WorkAssigned, 'drone-a', async ({ drone }) => (seen.push(drone), done), {
      where: { drone: 'a' },
    });
    await bus.publish(WorkAssigned, work('b'));
    await bus.publish(WorkAssigned, work('a'));
    await waitFor(() => seen.length > 0);
    await waitFor(async () => (await operator.countOf('BUILDS')) === 1);
    expect(seen).toEqual(['a']);
  });

  it('refuses to send what its own schema or subject would refuse', async () => {
    await expect(bus.publish(WorkAssigned, { ...work('a'), attempt: 0 })).rejects.toThrow();
    await expect(bus.publish(WorkAssigned, work('a.>'))).rejects.toThrow('subject token');
    expect(await operator.countOf('BUILDS')).toBe(0);
  });

  it('delivers again after a retry, and after a throw', async () => {
    const counts: number[] = [];
    const outcomes: (() => Outcome)[] = [
      () => ({ kind: 'retry', afterMs: 10, reason: 'the database is down' }),
      () => {
        throw new Error('boom');
      },
    ];
    await bus.publish(WorkAssigned, work('a'));
    await bus.consume(WorkAssigned, 'drone-a', async (_payload, { count }) => {
      counts.push(count);
      return outcomes.shift()?.() ?? done;
    });
    await waitFor(async () => (await operator.countOf('BUILDS')) === 0);
    expect(counts).toEqual([1, 2, 3]);
    expect(await operator.countOf('DEAD')).toBe(0);
  });

  it('keeps work that lasts many times its ack wait with the one who has it', async () => {
    const ackWaitMs = 300;
    const counts: number[] = [];
    await bus.publish(WorkAssigned, work('a'));
    const began = performance.now();
    const handle: Handler<typeof WorkAssigned> = async (_payload, { count }) => {
      counts.push(count);
      await waitFor(() => performance.now() - began > 5 * ackWaitMs);
      return done;
    };
    await bus.consume(WorkAssigned, 'drone-a', handle, { ackWaitMs, concurrency: 3 });
    await waitFor(async () => (await operator.countOf('BUILDS')) === 0);
    expect(counts).toEqual([1]);
  });

  it('works on as many messages at once as it has slots, and fetches none ahead', async () => {
    const inHand = new Set<string>();
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    for (let count = 0; count < 5; count++) await bus.publish(WorkAssigned, work('a'));
    await bus.consume(
      WorkAssigned,
      'drone-a',
      async ({ attemptId }) => {
        inHand.add(attemptId);
        await released;
        return done;
      },
      { concurrency: 2 },
    );
    await waitFor(() => inHand.size === 2);
    const { num_pending, num_ack_pending } = await operator.manager.consumers.info('BUILDS', 'drone-a');
    expect({ num_pending, num_ack_pending }).toEqual({ num_pending: 3, num_ack_pending: 2 });
    release();
    await waitFor(async () => (await operator.countOf('BUILDS')) === 0);
  });

  describe('dead letters', () => {
    it('keep a message that cannot be parsed, whole, without showing it to the handler', async () => {
      const handle = jest.fn<Handler<typeof WorkAssigned>>(async () => done);
      operator.connection.publish('swarm.v1.build.a', '{"attempt": "none"');
      await bus.consume(WorkAssigned, 'drone-a', handle);
      await waitFor(async () => (await operator.countOf('BUILDS')) === 0);
      expect(handle).not.toHaveBeenCalled();
      const { subject, body, field } = await deadLetter();
      expect({ subject, body }).toEqual({ subject: 'swarm.v1.dead.BUILDS.1', body: '{"attempt": "none"' });
      expect(field('Swarm-Dead-Subject')).toBe('swarm.v1.build.a');
      expect(field('Swarm-Dead-Consumer')).toBe('drone-a');
      expect(field('Swarm-Dead-Reason')).toContain('does not parse');
    });

    it('are stored before the message leaves its queue', async () => {
      let leftUnkept = 0;
      const handle: Handler<typeof WorkAssigned> = async () => ({
        kind: 'dead-letter',
        reason: 'nobody can build this',
      });
      await bus.publish(WorkAssigned, work('a'));
      // Without its stream no copy can be made, and then the original must stay.
      await operator.manager.streams.delete('DEAD');
      await bus.consume(WorkAssigned, 'drone-a', handle);
      await waitFor(async () => {
        const waiting = await operator.countOf('BUILDS');
        const kept = await operator.countOf('DEAD').catch(() => 0);
        if (waiting + kept === 0) leftUnkept++;
        return waiting === 0;
      });
      expect(leftUnkept).toBe(0);
      expect((await deadLetter()).field('Swarm-Dead-Reason')).toBe('nobody can build this');
    });

    it('keep what fails on its last delivery', async () => {
      const counts: number[] = [];
      await bus.publish(WorkAssigned, work('a'));
      const handle: Handler<typeof WorkAssigned> = async (_payload, { count }) => {
        counts.push(count);
        return { kind: 'retry', afterMs: 1, reason: 'still no luck' };
      };
      await bus.consume(WorkAssigned, 'drone-a', handle, { maxDeliver: 3 });
      await waitFor(async () => (await operator.countOf('BUILDS')) === 0);
      expect(counts).toEqual([1, 2, 3]);
      expect((await deadLetter()).field('Swarm-Dead-Reason')).toBe(
        'gave up after 3 deliveries: still no luck',
      );
    });

    it('keep what its consumers never lived to settle', async () => {
      const handle = jest.fn<Handler<typeof WorkAssigned>>(async () => done);
      await bus.publish(WorkAssigned, work('a'));
      const killed = await quietBus(nats.url, 'killed');
      await killed.consume(WorkAssigned, 'drone-a', () => new Promise(() => undefined), { ackWaitMs: 300 });
      await waitFor(
        async () => (await operator.manager.consumers.info('BUILDS', 'drone-a')).num_ack_pending === 1,
      );
      await killed.close(0);
      await bus.consume(WorkAssigned, 'drone-a', handle, { ackWaitMs: 300, maxDeliver: 1 });
      await waitFor(async () => (await operator.countOf('BUILDS')) === 0);
      expect(handle).not.toHaveBeenCalled();
      expect((await deadLetter()).field('Swarm-Dead-Reason')).toBe('unsettled after 1 deliveries');
    });
  });

  describe('watching', () => {
    it('sees what is kept, then what comes, in order and without a durable', async () => {
      const seen: string[] = [];
      for (const cpv of ['a/a-1', 'a/b-1']) await bus.publish(JobMoved, jobMoved(cpv));
      await bus.watch(JobMoved, ({ cpv }) => seen.push(cpv), { from: 'all' });
      await bus.publish(JobMoved, jobMoved('a/c-1'));
      await waitFor(() => seen.length === 3);
      expect(seen).toEqual(['a/a-1', 'a/b-1', 'a/c-1']);
    });

    it('sees only what comes later when it is told so, and everything of that', async () => {
      const seen: string[] = [];
      await bus.publish(JobMoved, jobMoved('a/old-1'));
      await bus.watch(JobMoved, ({ cpv }) => seen.push(cpv), { from: 'new' });
      await bus.publish(JobMoved, jobMoved('a/new-1'));
      await waitFor(() => seen.length > 0);
      expect(seen).toEqual(['a/new-1']);
    });

    it('lets go of the server when it stops', async () => {
      const subscription = await bus.watch(JobMoved, () => undefined);
      subscription.stop();
      await subscription.finished;
      await waitFor(async () => (await operator.manager.streams.info('EVENTS')).state.consumer_count === 0);
    });
  });

  describe('core messages', () => {
    it('reach who listens', async () => {
      const seen: string[] = [];
      await bus.watch(DroneHeartbeat, ({ drone }) => seen.push(drone));
      operator.connection.publish('swarm.v1.heartbeat.x', 'nonsense');
      await bus.publish(DroneHeartbeat, heartbeat('drone-1'));
      await waitFor(() => seen.length > 0);
      expect(seen).toEqual(['drone-1']);
    });

    const enrolling: DroneEnrolling = {
      drone: 'drone-1',
      incarnation: '7f3c1c1e-6f0a-4c1b-9a59-0d6c2f0a1b11',
      proof: '0'.repeat(64),
      profile: 'lab',
      executor: 'portage',
      slots: 1,
      cores: 2,
      memoryBytes: 1,
      portageVersion: '3.0.66',
    };

    it('are questions that get one answer, from one of those who answer', async () => {
      let answered = 0;
      const reply = async ({ drone }: DroneEnrolling): Promise<DroneEnrolled> => {
        answered++;
        return { drone, accepted: true, reason: '', heartbeatMs: 5_000 };
      };
      await bus.answer(DroneEnrolling, DroneEnrolled, reply);
      await bus.answer(DroneEnrolling, DroneEnrolled, reply);
      await expect(bus.request(DroneEnrolling, enrolling, DroneEnrolled, 2_000)).resolves.toMatchObject({
        accepted: true,
      });
      expect(answered).toBe(1);
    });

    it('tell the asker at once when the answer fails, and when nobody answers', async () => {
      await expect(bus.request(DroneEnrolling, enrolling, DroneEnrolled, 60_000)).rejects.toThrow(
        'no responders',
      );
      await bus.answer(DroneEnrolling, DroneEnrolled, async () => {
        throw new Error('boom');
      });
      await expect(bus.request(DroneEnrolling, enrolling, DroneEnrolled, 60_000)).rejects.toThrow(
        'the answer failed',
      );
    });

    it('cannot be consumed, since nothing stores them', async () => {
      await expect(bus.consume(DroneHeartbeat, 'x', async () => done)).rejects.toThrow('core NATS');
    });
  });

  describe('closing', () => {
    it('finishes the message in hand and takes no other', async () => {
      const seen: string[] = [];
      let release = (): void => undefined;
      const released = new Promise<void>((resolve) => (release = resolve));
      const [first, second] = [work('a'), work('a')];
      await bus.publish(WorkAssigned, first);
      await bus.publish(WorkAssigned, second);
      await bus.consume(WorkAssigned, 'drone-a', async ({ attemptId }) => {
        seen.push(attemptId);
        await released;
        return done;
      });
      await waitFor(() => seen.length === 1);
      const closed = bus.close();
      release();
      await closed;
      expect(seen).toEqual([first.attemptId]);
      expect(await operator.countOf('BUILDS')).toBe(1);
      const { num_ack_pending } = await operator.manager.consumers.info('BUILDS', 'drone-a');
      expect(num_ack_pending).toBe(0);
    });

    it('tells work that outlasts the drain, and does not wait for ever', async () => {
      let delivery: Delivery | undefined;
      await bus.publish(WorkAssigned, work('a'));
      await bus.consume(WorkAssigned, 'drone-a', async (_payload, given) => {
        delivery = given;
        return new Promise<never>(() => undefined);
      });
      await waitFor(() => delivery !== undefined);
      const began = performance.now();
      await Promise.all([bus.close(50), bus.close(50)]);
      expect(delivery?.signal.aborted).toBe(true);
      expect(performance.now() - began).toBeLessThan(10_000);
    });

    it('is quick when nothing is in hand', async () => {
      await bus.consume(WorkAssigned, 'drone-a', async () => done, { concurrency: 4 });
      const began = performance.now();
      await bus.close();
      expect(performance.now() - began).toBeLessThan(2_000);
    });
  });

  it('makes a round trip through JetStream when it is asked whether it lives', async () => {
    await expect(bus.ping(2_000)).resolves.toBeUndefined();
  });

  it('shares one queue between many consumers, so that no message is handled twice: shown with 1,000 racing claims (S4)', async () => {
    const CLAIMS = 1_000;
    const claimed = new Map<string, number>();
    const buses = await Promise.all(
      Array.from({ length: 8 }, (_none, index) => quietBus(nats.url, `claimer-${index}`)),
    );
    const published = Array.from({ length: CLAIMS }, () => work('a'));
    const claim: Handler<typeof WorkAssigned> = async ({ attemptId }) => {
      claimed.set(attemptId, (claimed.get(attemptId) ?? 0) + 1);
      return done;
    };
    await Promise.all(
      buses.map((claimer) => claimer.consume(WorkAssigned, 'drone-a', claim, { concurrency: 4 })),
    );
    await Promise.all(published.map((assigned) => bus.publish(WorkAssigned, assigned)));
    await waitFor(async () => (await operator.countOf('BUILDS')) === 0, { timeoutMs: 60_000 });
    await Promise.all(buses.map((claimer) => claimer.close()));
    expect(claimed.size).toBe(CLAIMS);
    expect([...claimed.values()].filter((count) => count !== 1)).toEqual([]);
  });
});
