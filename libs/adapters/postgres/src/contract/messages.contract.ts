import { randomUUID } from 'node:crypto';

import { expect, it } from '@jest/globals';

import type { Database } from '../database.js';
import type { TestLedger } from './ledgers.contract.js';
import { aPlan, AT, planMoved } from './samples.contract.js';

/** What every Outbox, EventLog and leader's lock does. */
export function messagesContract(ledger: () => TestLedger): void {
  const opened = async (): Promise<{ db: Database; say: () => Promise<string> }> => {
    const db = ledger().open();
    const profile = `p-${randomUUID()}`;
    await db.profiles.put({ name: profile, kind: 'portage', targets: [], createdAt: AT });
    const say = async (): Promise<string> => {
      const plan = aPlan(profile);
      const message = planMoved(plan);
      await db.plans.create(plan, [message]);
      return message.id;
    };
    return { db, say };
  };

  it('gives unsent rows of its own service in order of storing, until they are marked', async () => {
    const { db, say } = await opened();
    const { db: stranger, say: strangerSays } = await opened();
    const ids = [await say(), await say(), await say()];
    await strangerSays();
    const rows = await db.outbox.unsent(10);
    expect(rows.map(({ id }) => id)).toEqual(ids);
    expect((await db.outbox.unsent(2)).map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect((await db.outbox.unsent(10, rows[0]?.sequence)).map(({ id }) => id)).toEqual(ids.slice(1));

    await db.outbox.markSent([rows[1]?.sequence ?? 0n]);
    expect((await db.outbox.unsent(10)).map(({ id }) => id)).toEqual([ids[0], ids[2]]);
    await db.outbox.markSent(rows.map(({ sequence }) => sequence));
    expect(await db.outbox.unsent(10)).toEqual([]);
    expect(await stranger.outbox.unsent(10)).toHaveLength(1);
  });

  it('sets a row aside for ever when it is parked', async () => {
    const { db, say } = await opened();
    await say();
    const [row] = await db.outbox.unsent(1);
    await db.outbox.park(row?.sequence ?? 0n, 'nobody knows it');
    expect(await db.outbox.unsent(10)).toEqual([]);
    expect(await db.outbox.prune(-60_000, 10)).toBe(0);
  });

  it('prunes what was sent long enough ago, a bounded number at a time, and never what was not sent', async () => {
    const { db, say } = await opened();
    for (let i = 0; i < 4; i++) await say();
    const rows = await db.outbox.unsent(10);
    await db.outbox.markSent(rows.slice(0, 3).map(({ sequence }) => sequence));
    expect(await db.outbox.prune(60_000, 10)).toBe(0);
    expect(await db.outbox.prune(-60_000, 2)).toBe(2);
    expect(await db.outbox.prune(-60_000, 2)).toBe(1);
    expect(await db.outbox.unsent(10)).toHaveLength(1);
  });

  it('wakes who waits for new rows, and lets nobody sleep through news that came before', async () => {
    const { db, say } = await opened();
    const long = 60_000;
    await db.outbox.wait(2_000);
    const waiting = db.outbox.wait(long);
    await say();
    await waiting;
    await say();
    await db.outbox.wait(long);
  });

  it('keeps events in order, and gives them from any point on', async () => {
    const { db, say } = await opened();
    const before = (await db.events.latest(1))[0]?.sequence ?? 0n;
    const ids = [await say(), await say(), await say()];
    const all = await db.events.after(before, 10);
    expect(all.map(({ id }) => id)).toEqual(ids);
    expect(all[0]).toMatchObject({ message: 'PlanMoved', at: AT, payload: { id: ids[0] } });
    expect((await db.events.after(all[0]?.sequence ?? 0n, 1)).map(({ id }) => id)).toEqual([ids[1]]);
    expect((await db.events.latest(2)).map(({ id }) => id)).toEqual(ids.slice(1));
  });

  it('Q21: who follows the events from number to number misses none, however many write at once', async () => {
    const { db, say } = await opened();
    const before = (await db.events.latest(1))[0]?.sequence ?? 0n;
    const state = { isWriting: true };
    const writing = Promise.all(Array.from({ length: 200 }, say)).finally(() => {
      state.isWriting = false;
    });
    const seen: string[] = [];
    for (let last = before; ;) {
      const wasWriting = state.isWriting;
      const next = await db.events.after(last, 50);
      seen.push(...next.map(({ id }) => id));
      last = next.at(-1)?.sequence ?? last;
      if (next.length === 0 && !wasWriting) break;
    }
    expect(seen.toSorted()).toEqual((await writing).toSorted());
  });

  it('has one leader at a time; the next one leads when it is released, with a greater epoch', async () => {
    const [first, second] = [ledger().open().leader('lock'), ledger().open().leader('lock')];
    const leading = await first.acquire();
    const waiting = second.acquire();
    const aborted = second.acquire(AbortSignal.timeout(50));
    await expect(aborted).rejects.toThrow();
    expect(await Promise.race([waiting, Promise.resolve('still waiting')])).toBe('still waiting');
    await leading.release();
    const next = await waiting;
    expect(next.epoch).toBeGreaterThan(leading.epoch);
    expect(leading.lost.aborted).toBe(false);
    expect(next.fence).toEqual({ lock: 'lock', epoch: next.epoch });
    next.abandon(new Error('fenced'));
    expect(next.lost.reason).toEqual(new Error('fenced'));
    await next.release();
  });
}
