import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  JobMoved,
  MAX_BATCH_MESSAGES,
  PlanMoved,
  WorkAssigned,
  type Outcome,
  type Publication,
} from '@swarm/contracts';
import { startTestNats, waitFor, type TestNats } from '@swarm/testing';

import { jobMoved, operatorOf, quietBus, work, type Operator } from './bus.fixture.js';
import type { NatsMessageBus } from './nats-message-bus.js';

/** Events in their order, each under an identity of its own. */
function events(count: number, from = 0): Publication[] {
  return Array.from({ length: count }, (_none, i) => {
    return { message: JobMoved, payload: jobMoved(`a/p-${from + i}`), messageId: `row-${from + i}` };
  });
}

/** Events that are too large for one batch. */
function largeEvents(count: number): Publication[] {
  const payload = { ...jobMoved('a/large-1'), reason: 'x'.repeat(1_000_000) };
  return Array.from({ length: count }, (_none, i) => ({
    message: JobMoved,
    payload,
    messageId: `large-${i}`,
  }));
}

describe('a batch of messages', () => {
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

  const storedIds = async (): Promise<string[]> => {
    const { state } = await operator.manager.streams.info('EVENTS');
    const ids: string[] = [];
    for (let seq = state.first_seq; state.messages > 0 && seq <= state.last_seq; seq++) {
      const stored = await operator.manager.streams.getMessage('EVENTS', { seq });
      ids.push(stored?.header.get('Nats-Msg-Id') ?? '');
    }
    return ids;
  };
  const idsOf = (publications: readonly Publication[]): string[] =>
    publications.map(({ messageId }) => messageId);
  const publishEach = async (publications: readonly Publication[]): Promise<void> => {
    for (const { message, payload, messageId } of publications)
      await bus.publish(message, payload, messageId);
  };

  it('is stored whole, in order, and delivered like any other', async () => {
    const seen: string[] = [];
    const batch = events(MAX_BATCH_MESSAGES);
    await bus.consume(JobMoved, 'healer', async ({ cpv }) => (seen.push(cpv), { kind: 'done' }));
    expect(await bus.publishBatch(batch)).toBe(true);
    expect(await storedIds()).toEqual(idsOf(batch));
    await waitFor(() => seen.length === batch.length);
    expect(seen).toEqual(batch.map(({ payload }) => JobMoved.schema.parse(payload).cpv));
  });

  it('fills a work queue, too', async () => {
    const done: Outcome = { kind: 'done' };
    const assigned = [work('a'), work('b'), work('a')];
    const batch = assigned.map((payload) => {
      return { message: WorkAssigned, payload, messageId: payload.attemptId };
    });
    expect(await bus.publishBatch(batch)).toBe(true);
    expect(await operator.countOf('BUILDS')).toBe(3);
    const seen: string[] = [];
    const where = { drone: 'a' };
    await bus.consume(WorkAssigned, 'drone-a', async (given) => (seen.push(given.attemptId), done), {
      where,
    });
    await waitFor(() => seen.length === 2);
    expect(seen).toEqual([assigned[0]?.attemptId, assigned[2]?.attemptId]);
  });

  it('is refused whole when one of it is known, and stores nothing; each by itself is then stored once', async () => {
    const batch = events(20);
    await publishEach(batch.slice(3, 4));
    expect(await bus.publishBatch(batch)).toBe(false);
    expect(await operator.countOf('EVENTS')).toBe(1);
    await publishEach(batch);
    expect((await storedIds()).sort()).toEqual(idsOf(batch).sort());
    expect(await bus.publishBatch(batch)).toBe(false);
    expect(await operator.countOf('EVENTS')).toBe(20);
  });

  it('makes its identities known: none is stored again by itself', async () => {
    const batch = events(10);
    expect(await bus.publishBatch(batch)).toBe(true);
    await publishEach(batch);
    expect(await storedIds()).toEqual(idsOf(batch));
  });

  it('is none where its stream takes no batches, and halves nothing there', async () => {
    const { config } = await operator.manager.streams.info('EVENTS');
    await operator.manager.streams.update('EVENTS', { ...config, allow_atomic: false });
    expect(await bus.publishBatch(events(10))).toBe(false);
    expect(await operator.countOf('EVENTS')).toBe(0);
    await publishEach(events(10));
    expect(await operator.countOf('EVENTS')).toBe(10);
  });

  it('is none for a server that stores each message and knows nothing of batches', async () => {
    await operator.manager.streams.delete('EVENTS');
    let answers = 0;
    const old = operator.connection.subscribe('swarm.v1.event.>', {
      callback: (_error, received) => {
        if (received.respond(JSON.stringify({ stream: 'EVENTS', seq: 10 }))) answers++;
      },
    });
    await operator.connection.flush();
    expect(await bus.publishBatch(events(10))).toBe(false);
    expect(answers).toBe(1);
    old.unsubscribe();
  });

  it('is none where it is too long, too large, or has a message that the stream does not take', async () => {
    expect(await bus.publishBatch(events(MAX_BATCH_MESSAGES + 1))).toBe(false);
    expect(await bus.publishBatch(largeEvents(5))).toBe(false);
    const { config } = await operator.manager.streams.info('EVENTS');
    await operator.manager.streams.update('EVENTS', { ...config, max_msg_size: 10_000 });
    expect(await bus.publishBatch([...events(5), ...largeEvents(1), ...events(5, 5)])).toBe(false);
    expect(await operator.countOf('EVENTS')).toBe(0);
  });

  it('is of one stream, and of messages that are stored', async () => {
    const assigned = { message: WorkAssigned, payload: work('a'), messageId: 'w' };
    await expect(bus.publishBatch([...events(1), assigned])).rejects.toThrow('one stream');
    const broken = { message: PlanMoved, payload: {}, messageId: 'p' };
    await expect(bus.publishBatch([broken])).rejects.toThrow();
    expect(await bus.publishBatch([])).toBe(true);
  });

  it('is whole or not there when the server is killed in the middle of it; nothing of it is doubled after', async () => {
    for (let round = 0; round < 6; round++) {
      const batch = events(MAX_BATCH_MESSAGES, round * 1_000);
      const stored = bus.publishBatch(batch);
      // Each round is killed a little later: before the batch is there, while it is written, after it.
      for (let turn = 0; turn < round; turn++) await operator.connection.flush();
      await nats.kill();
      await nats.start();
      const isStored = await stored;
      const isThere = async (): Promise<readonly string[]> =>
        (await storedIds()).filter((id) => idsOf(batch).includes(id));
      const found = await waitFor(() => isThere().catch(() => undefined));
      if (isStored) expect(found).toEqual(idsOf(batch));
      await Promise.all(batch.slice(0, 50).map((one) => publishEach([one])));
      await publishEach(batch.slice(50, 60));
      const after = await isThere();
      expect(new Set(after).size).toBe(after.length);
      expect(after).toEqual(expect.arrayContaining(idsOf(batch.slice(0, 60))));
    }
  });
});
