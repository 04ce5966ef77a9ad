import { readFile } from 'node:fs/promises';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { JobMoved, WorkAssigned, type Handler, type Outcome } from '@swarm/contracts';
import { startTestNats, waitFor, type TestNats } from '@swarm/testing';

import { jobMoved, operatorOf, quietBus, work, type Operator } from './bus.fixture.js';
import type { NatsMessageBus } from './nats-message-bus.js';

const done: Outcome = { kind: 'done' };

describe('a running bus', () => {
  let nats: TestNats;
  let operator: Operator;
  let bus: NatsMessageBus;

  beforeEach(async () => {
    nats = await startTestNats();
    operator = await operatorOf(nats.url);
    bus = await quietBus(nats.url);
  });
  afterEach(async () => {
    await bus.close(1_000);
    await operator[Symbol.asyncDispose]();
    await nats[Symbol.asyncDispose]();
  });

  it('makes its consumer again when somebody deletes it', async () => {
    const seen: string[] = [];
    await bus.consume(WorkAssigned, 'drone-a', async ({ attemptId }) => (seen.push(attemptId), done));
    await operator.manager.consumers.delete('BUILDS', 'drone-a');
    const assigned = work('a');
    await bus.publish(WorkAssigned, assigned);
    await waitFor(() => seen.length > 0);
    expect(seen).toEqual([assigned.attemptId]);
  });

  it('goes on where it was in a stream that keeps its messages', async () => {
    const seen: string[] = [];
    await bus.publish(JobMoved, jobMoved('a/before-1'));
    await bus.consume(JobMoved, 'healer', async ({ cpv }) => (seen.push(cpv), done));
    await waitFor(() => seen.length === 1);
    await operator.manager.consumers.delete('EVENTS', 'healer');
    await bus.publish(JobMoved, jobMoved('a/after-1'));
    await waitFor(() => seen.length > 1);
    expect(seen).toEqual(['a/before-1', 'a/after-1']);
  });

  it('begins a new durable after what is kept, when it is told so', async () => {
    const seen: string[] = [];
    await bus.publish(JobMoved, jobMoved('a/old-1'));
    await bus.consume(JobMoved, 'gateway', async ({ cpv }) => (seen.push(cpv), done), { from: 'new' });
    await operator.manager.consumers.delete('EVENTS', 'gateway');
    await bus.publish(JobMoved, jobMoved('a/new-1'));
    await waitFor(() => seen.length > 0);
    expect(seen).toEqual(['a/new-1']);
  });

  it('makes its stream again when somebody deletes it', async () => {
    const seen: string[] = [];
    await bus.consume(WorkAssigned, 'drone-a', async ({ attemptId }) => (seen.push(attemptId), done));
    await operator.manager.streams.delete('BUILDS');
    const assigned = work('a');
    await bus.publish(WorkAssigned, assigned);
    await waitFor(() => seen.length > 0);
    expect(seen).toEqual([assigned.attemptId]);
  });

  it('loses nothing that was acknowledged when the server is killed: sync_interval is always (Q26)', async () => {
    const MESSAGES = 200;
    expect(await readFile(nats.server.configFile, 'utf8')).toContain('sync_interval: always');
    const published = Array.from({ length: MESSAGES }, () => work('a'));
    await Promise.all(published.map((assigned) => bus.publish(WorkAssigned, assigned)));
    await nats.kill();
    await nats.start();
    expect(await waitFor(() => operator.countOf('BUILDS'))).toBe(MESSAGES);
    const seen = new Set<string>();
    await bus.consume(WorkAssigned, 'drone-a', async ({ attemptId }) => (seen.add(attemptId), done), {
      concurrency: 4,
    });
    await waitFor(() => seen.size === MESSAGES);
    expect(seen).toEqual(new Set(published.map(({ attemptId }) => attemptId)));
  });

  it('publishes and consumes on through restarts of the server', async () => {
    const handled = new Set<string>();
    const watched: string[] = [];
    await bus.consume(JobMoved, 'healer', async ({ cpv }) => (handled.add(cpv), done));
    await bus.watch(JobMoved, ({ cpv }) => watched.push(cpv), { from: 'new' });
    const expected: string[] = [];
    for (const end of ['stop', 'kill'] as const) {
      await nats[end]();
      const waiting = bus.publish(JobMoved, jobMoved(`a/while-down-${expected.length}`));
      await nats.start();
      await waiting;
      await bus.publish(JobMoved, jobMoved(`a/after-${expected.length}`));
      expected.push(`a/while-down-${expected.length}`, `a/after-${expected.length}`);
    }
    await waitFor(() => handled.size === expected.length && watched.length === expected.length);
    expect([...handled].sort()).toEqual([...expected].sort());
    expect(watched).toEqual(expected);
  });

  it('publishes and consumes on when the whole store is lost', async () => {
    const handled: string[] = [];
    const watched: string[] = [];
    const built: string[] = [];
    await bus.consume(JobMoved, 'healer', async ({ cpv }) => (handled.push(cpv), done));
    await bus.watch(JobMoved, ({ cpv }) => watched.push(cpv), { from: 'new' });
    await bus.consume(WorkAssigned, 'drone-a', async ({ attemptId }) => (built.push(attemptId), done));
    for (const cpv of ['a/one-1', 'a/two-1', 'a/three-1']) await bus.publish(JobMoved, jobMoved(cpv));
    await waitFor(() => handled.length === 3 && watched.length === 3);

    await nats.stop();
    await nats.wipe();
    await nats.start();

    const assigned = work('a');
    await Promise.all([bus.publish(JobMoved, jobMoved('a/four-1')), bus.publish(WorkAssigned, assigned)]);
    await waitFor(() => handled.length > 3 && watched.length > 3 && built.length > 0);
    expect(handled.slice(3)).toEqual(['a/four-1']);
    expect(watched.slice(3)).toEqual(['a/four-1']);
    expect(built).toEqual([assigned.attemptId]);
  });

  it('takes a message of a new store for no message in hand, though both are the first', async () => {
    const [old, fresh] = [work('a'), work('a')];
    const seen: string[] = [];
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    await bus.publish(WorkAssigned, old);
    await bus.consume(
      WorkAssigned,
      'drone-a',
      async ({ attemptId }) => {
        seen.push(attemptId);
        if (attemptId === old.attemptId) await released;
        return done;
      },
      { concurrency: 2 },
    );
    await waitFor(() => seen.length === 1);
    await nats.stop();
    await nats.wipe();
    await nats.start();
    await bus.publish(WorkAssigned, fresh);
    await waitFor(() => seen.length === 2);
    await waitFor(async () => (await operator.countOf('BUILDS')) === 0);
    expect(seen).toEqual([old.attemptId, fresh.attemptId]);
    release();
  });

  it('settles the message in hand after the server was restarted meanwhile', async () => {
    const counts: number[] = [];
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    await bus.publish(WorkAssigned, work('a'));
    await bus.consume(WorkAssigned, 'drone-a', async (_payload, { count }) => {
      counts.push(count);
      await released;
      return done;
    });
    await waitFor(() => counts.length === 1);
    await nats.kill();
    release();
    await nats.start();
    await waitFor(async () => (await operator.countOf('BUILDS')) === 0);
    expect(counts).toEqual([1]);
  });

  it('goes on with the work in hand after a restart, in full slots and with free ones, and handles none twice (Q5)', async () => {
    const given = Array.from({ length: 6 }, () => work('a'));
    const counts = new Map<string, number>();
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const ackWaitMs = 1_000;
    const handle: Handler<typeof WorkAssigned> = async ({ attemptId }) => {
      counts.set(attemptId, (counts.get(attemptId) ?? 0) + 1);
      await released;
      return done;
    };
    await Promise.all(given.map((assigned) => bus.publish(WorkAssigned, assigned)));
    // All of the first one's slots are taken, the second one has some left.
    await bus.consume(WorkAssigned, 'drone-a', handle, { concurrency: 6, ackWaitMs, where: { drone: 'a' } });
    const [other, more] = [work('b'), work('b')];
    await bus.publish(WorkAssigned, other);
    await bus.consume(WorkAssigned, 'drone-b', handle, { concurrency: 3, ackWaitMs, where: { drone: 'b' } });
    await waitFor(() => counts.size === 7);
    const pendingOf = async (drone: string): Promise<number> =>
      (await operator.manager.consumers.info('BUILDS', `drone-${drone}`)).num_ack_pending;
    for (const end of ['kill', 'stop'] as const) {
      await nats[end]();
      await nats.start();
      await waitFor(async () => (await pendingOf('a')) === 6 && (await pendingOf('b')) === 1);
    }
    await bus.publish(WorkAssigned, more);
    await waitFor(() => counts.size === 8);
    // Signs of work go out under the new delivery: it stays where it is for longer than its ack wait.
    const began = performance.now();
    await waitFor(() => performance.now() - began > 2 * ackWaitMs);
    release();
    await waitFor(async () => (await operator.countOf('BUILDS')) === 0);
    expect([...counts.values()]).toEqual(Array.from({ length: 8 }, () => 1));
  });

  it('says that it does not live while the server does not', async () => {
    await nats.stop();
    await expect(bus.ping(300)).rejects.toThrow();
    await nats.start();
    await waitFor(() =>
      bus.ping(300).then(
        () => true,
        () => false,
      ),
    );
  });
});

describe('connecting', () => {
  it('updates a stream that differs, and refuses one that cannot be changed, by name', async () => {
    await using nats = await startTestNats();
    await using operator = await operatorOf(nats.url);
    await operator.manager.streams.add({
      name: 'EVENTS',
      subjects: ['swarm.v1.event.*.*'],
      max_bytes: 1_000_000,
    });
    await (await quietBus(nats.url)).close();
    expect((await operator.manager.streams.info('EVENTS')).config.max_bytes).toBeGreaterThan(1_000_000);

    await operator.manager.streams.delete('BUILDS');
    await operator.manager.streams.add({ name: 'BUILDS', subjects: ['swarm.v1.build.*'] });
    await expect(quietBus(nats.url)).rejects.toMatchObject({
      code: 'SWARM_CONFIG',
      message: expect.stringContaining('retention') as unknown,
    });
  });

  it('is done by many processes at once', async () => {
    await using nats = await startTestNats();
    const buses = await Promise.all(
      Array.from({ length: 6 }, (_none, index) => quietBus(nats.url, `service-${index}`)),
    );
    await Promise.all(buses.map((bus) => bus.close()));
  });
});
