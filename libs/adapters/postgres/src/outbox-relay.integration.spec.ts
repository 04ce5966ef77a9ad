import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectBus } from '@swarm/adapter-nats';
import {
  JobMoved,
  PlanMoved,
  type Message,
  type MessageBus,
  type Payload,
  type Publication,
} from '@swarm/contracts';
import { silentLogger } from '@swarm/platform';
import { startTestNats, waitFor, type TestNats } from '@swarm/testing';
import pg from 'pg';

import { createPostgresLedger, type PostgresTestLedger } from './contract/ledgers.contract.js';
import {
  after,
  aPlan,
  aPlanWithJobs,
  AT,
  delegation,
  jobMoved,
  planMoved,
} from './contract/samples.contract.js';
import type { Database } from './database.js';
import { OutboxRelay, type OutboxRelayOptions } from './outbox-relay.js';

/** A bus over a server that takes no batches. */
function oneByOne(publish: MessageBus['publish']): Pick<MessageBus, 'publish' | 'publishBatch'> {
  return { publish, publishBatch: () => Promise.resolve(false) };
}

describe('the outbox relay, between a real Postgres and a real nats-server', () => {
  let ledger: PostgresTestLedger;
  let nats: TestNats;
  let bus: MessageBus;
  let sql: pg.Client;
  const heard: string[] = [];

  beforeAll(async () => {
    ledger = await createPostgresLedger();
    nats = await startTestNats();
    bus = await connectBus({ url: nats.url, name: 'relay-test', logger: silentLogger() });
    await bus.watch(PlanMoved, ({ id }) => heard.push(id), { from: 'all' });
    sql = new pg.Client({ connectionString: ledger.url });
    await sql.connect();
  });
  afterAll(async () => {
    await sql.end();
    await bus.close();
    await nats[Symbol.asyncDispose]();
    await ledger[Symbol.asyncDispose]();
  });

  /** A service that can say things, and its relay. */
  async function service(options: Partial<OutboxRelayOptions> = {}) {
    const db: Database = ledger.open();
    const profile = `p-${randomUUID()}`;
    await db.profiles.put({ name: profile, kind: 'portage', targets: [], createdAt: AT });
    const say = async (): Promise<string> => {
      const plan = aPlan(profile);
      const message = planMoved(plan);
      await db.plans.create(plan, [message]);
      return message.id;
    };
    const relay = new OutboxRelay({ outbox: db.outbox, bus, idleMs: 60_000, ...options });
    return { db, say, relay };
  }

  const heardOf = (ids: readonly string[]): readonly string[] => heard.filter((id) => ids.includes(id));
  const said = async (count: number, say: () => Promise<string>): Promise<readonly string[]> => {
    const ids: string[] = [];
    for (let i = 0; i < count; i++) ids.push(await say());
    return ids;
  };

  it('sends what was there before it, and what comes at once though it looks only once a minute', async () => {
    const { say, relay, db } = await service();
    const ids = [...(await said(5, say))];
    relay.start();
    await waitFor(() => heardOf(ids).length === 5);
    // Its listener is there now; from here on it is woken.
    await waitFor(async () => (await db.outbox.unsent(1)).length === 0);
    const more = await said(3, say);
    await waitFor(() => heardOf(more).length === 3);
    await relay.stop();
    expect(heardOf([...ids, ...more])).toEqual([...ids, ...more]);
    expect(await db.outbox.unsent(1)).toEqual([]);
  });

  it('parks what can never be sent, with the reason, and sends the rest', async () => {
    const parked: string[] = [];
    const { say, relay, db } = await service({ onParked: (_row, reason) => parked.push(reason) });
    const first = await say();
    const [{ source }] = (
      await sql.query<{ source: string }>('select source from outbox where id = $1', [first])
    ).rows as [{ source: string }];
    const insert = `insert into outbox (id, source, message, payload) values ($1, $2, $3, $4)`;
    await sql.query(insert, ['1', source, 'FromTheFuture', {}]);
    await sql.query(insert, ['2', source, 'PlanMoved', { id: 'no-uuid' }]);
    await sql.query(insert, ['3', source, 'LogWritten', { job: 'x' }]);
    const last = await say();
    relay.start();
    await waitFor(() => heardOf([first, last]).length === 2);
    await relay.stop();
    expect(parked).toHaveLength(3);
    expect(await db.outbox.unsent(10)).toEqual([]);
    const { rows } = await sql.query<{ id: string; parked_reason: string }>(
      `select id, parked_reason from outbox where source = $1 and parked_reason is not null order by sequence`,
      [source],
    );
    expect(rows.map(({ id }) => id)).toEqual(['1', '2', '3']);
    expect(rows[0]?.parked_reason).toContain('FromTheFuture');
  });

  it('sends in order and stores once, though two relays of one service run', async () => {
    const { say, relay, db } = await service();
    const second = new OutboxRelay({ outbox: db.outbox, bus, idleMs: 60_000 });
    const ids = await said(60, say);
    relay.start();
    second.start();
    await waitFor(() => heardOf(ids).length >= 60);
    await Promise.all([relay.stop(), second.stop()]);
    expect(heardOf(ids)).toEqual(ids);
  });

  it('has many messages on their way at once, those about one thing one after the other', async () => {
    const { db } = await service();
    const { jobs } = await aPlanWithJobs(db, 40);
    const given = jobs.map((job) => delegation(job, 1));
    const back = given.map(({ job }) => {
      const moved = after(job, { type: 'cancelled' });
      return { job: moved, expected: 2, at: AT, reason: 'over', outgoing: [jobMoved(job, moved)] };
    });
    await db.jobs.saveAll([...given, ...back].map((change) => [change]));
    const onTheirWay = new Map<string, number>();
    const order: string[] = [];
    let most = 0;
    const publish = async (message: Message, payload: Payload<Message>, id = ''): Promise<void> => {
      const { jobId } = JobMoved.schema.parse(payload);
      expect(onTheirWay.get(jobId) ?? 0).toBe(0);
      onTheirWay.set(jobId, 1);
      most = Math.max(most, [...onTheirWay.values()].filter((n) => n > 0).length);
      await bus.publish(message, payload, id);
      order.push(id);
      onTheirWay.set(jobId, 0);
    };
    const relay = new OutboxRelay({
      outbox: db.outbox,
      bus: oneByOne(publish),
      idleMs: 60_000,
      inFlight: 16,
    });
    relay.start();
    await waitFor(() => order.length === 80);
    await relay.stop();
    expect(most).toBe(16);
    for (const [i, change] of given.entries()) {
      const [first, then] = [change, back[i]].map((each) => order.indexOf(each?.outgoing[0]?.id ?? ''));
      expect(first).toBeLessThan(then ?? -1);
    }
    expect(await db.outbox.unsent(1)).toEqual([]);
  });

  it.each([
    [500, 3],
    [2, 3],
    [1_000, 520],
  ])(
    'sends what comes after a message that the bus refuses, but for what must come after it, in rounds of %d rows of %d jobs',
    async (batch, count) => {
      const { db } = await service();
      const { jobs } = await aPlanWithJobs(db, count);
      const given = jobs.map((job) => delegation(job, 1));
      const [first] = given;
      if (!first) throw new Error('no change');
      const moved = after(first.job, { type: 'cancelled' });
      const then = { job: moved, expected: 2, at: AT, reason: '', outgoing: [jobMoved(first.job, moved)] };
      await db.jobs.saveAll([...given, then].map((change) => [change]));
      const refused = first.outgoing[0]?.id;
      let isRefusing = true;
      const sent: string[] = [];
      const failures: unknown[] = [];
      const publish = (_message: Message, _payload: unknown, id = ''): Promise<void> => {
        if (id === refused && isRefusing) return Promise.reject(new Error('not now'));
        sent.push(id);
        return Promise.resolve();
      };
      const relay = new OutboxRelay({
        ...{ outbox: db.outbox, bus: oneByOne(publish), idleMs: 60_000, batch },
        onFailure: ({ error }) => failures.push(error),
      });
      relay.start();
      await waitFor(async () => failures.length > 1 && (await db.outbox.unsent(9)).length === 2);
      expect(sent).toEqual(given.slice(1).map(({ outgoing }) => outgoing[0]?.id));
      isRefusing = false;
      await waitFor(async () => (await db.outbox.unsent(1)).length === 0);
      await relay.stop();
      expect(sent.slice(count - 1)).toEqual([refused, then.outgoing[0]?.id]);
    },
  );

  it('stop sends what is there and begins nothing new; it ends in time though the bus does not answer', async () => {
    const { say, relay, db } = await service();
    const ids = await said(20, say);
    relay.start();
    await relay.stop();
    expect(await db.outbox.unsent(1)).toEqual([]);
    await waitFor(() => heardOf(ids).length === 20);

    const forever = new Promise<void>(() => undefined);
    for (const publish of [() => Promise.reject(new Error('no answer')), () => forever]) {
      const mute = await service({ bus: oneByOne(publish) });
      await mute.say();
      mute.relay.start();
      await mute.relay.stop(200);
      expect(await mute.db.outbox.unsent(1)).toHaveLength(1);
    }
  });

  describe('in batches', () => {
    /** The real bus; what each batch held, and whether the bus took it, is noted. */
    function noting(): { readonly bus: OutboxRelayOptions['bus']; readonly batches: [number, boolean][] } {
      const batches: [number, boolean][] = [];
      const publishBatch = async (publications: readonly Publication[]): Promise<boolean> => {
        const isStored = await bus.publishBatch(publications);
        batches.push([publications.length, isStored]);
        return isStored;
      };
      return { bus: { publish: bus.publish.bind(bus), publishBatch }, batches };
    }

    it('sends many messages of one stream at once, in order', async () => {
      const noted = noting();
      const { say, relay, db } = await service({ bus: noted.bus });
      const ids = await said(60, say);
      relay.start();
      await waitFor(async () => (await db.outbox.unsent(1)).length === 0);
      await relay.stop();
      expect(noted.batches).toEqual([[60, true]]);
      await waitFor(() => heardOf(ids).length === 60);
      expect(heardOf(ids)).toEqual(ids);
    });

    it('neither loses nor doubles a batch when it dies before it could note that it was sent', async () => {
      const { say, db } = await service();
      const ids = await said(40, say);
      const died = new Promise<void>((resolve) => {
        const outbox = { ...db.outbox, markSent: () => (resolve(), new Promise<never>(() => undefined)) };
        new OutboxRelay({ outbox, bus, idleMs: 60_000 }).start();
      });
      await died;
      // Its successor finds the same rows, and newer ones in one batch with them.
      const more = await said(20, say);
      const noted = noting();
      const next = new OutboxRelay({ outbox: db.outbox, bus: noted.bus, idleMs: 60_000 });
      next.start();
      await waitFor(async () => (await db.outbox.unsent(1)).length === 0);
      await next.stop();
      expect(noted.batches).toEqual([[60, false]]);
      await waitFor(() => heardOf(more).length === 20);
      expect(heardOf([...ids, ...more])).toEqual([...ids, ...more]);
    });

    it('sends the rest of a batch when the server refuses one of it', async () => {
      const failures: unknown[] = [];
      const { db } = await service();
      const { jobs } = await aPlanWithJobs(db, 20);
      const given = jobs.map((job) => delegation(job, 1));
      const idOf = (place: number): string => given[place]?.outgoing[0]?.id ?? '';
      await db.jobs.saveAll(given.map((change) => [change]));
      const lengthen = `update outbox set payload = payload || jsonb_build_object('reason', repeat('x', 9000)) where id = $1`;
      await sql.query(lengthen, [idOf(7)]);
      await using smaller = await startTestNats({ maxPayloadBytes: 8_000 });
      const small = await connectBus({ url: smaller.url, name: 'relay-test', logger: silentLogger() });
      const relay = new OutboxRelay({
        ...{ outbox: db.outbox, bus: small, idleMs: 60_000 },
        onFailure: ({ error }) => failures.push(error),
      });
      relay.start();
      await waitFor(async () => failures.length > 0 && (await db.outbox.unsent(9)).length === 1);
      await relay.stop(200);
      await small.close();
      expect((await db.outbox.unsent(9)).map(({ id }) => id)).toEqual([idOf(7)]);
    });
  });

  it('Q26: nothing unsent is lost while NATS is down and loses its whole store; what was sent is not sent again', async () => {
    const { say, relay, db } = await service();
    const before = await said(3, say);
    relay.start();
    await waitFor(() => heardOf(before).length === 3);
    await waitFor(async () => (await db.outbox.unsent(1)).length === 0);

    await nats.kill();
    const meanwhile = await said(10, say);
    expect(await db.outbox.unsent(100)).toHaveLength(10);
    await nats.wipe();
    await nats.start();
    await waitFor(() => new Set(heardOf(meanwhile)).size === 10, { timeoutMs: 60_000 });
    await waitFor(async () => (await db.outbox.unsent(1)).length === 0);
    await relay.stop();
    expect(heardOf(before)).toHaveLength(3);
    expect([...new Set(heardOf(meanwhile))]).toEqual(meanwhile);
  });
});
