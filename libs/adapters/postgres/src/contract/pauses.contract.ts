import { randomUUID } from 'node:crypto';

import { beforeAll, expect, it } from '@jest/globals';
import { outgoing } from '@swarm/contracts';
import type { EndedPause, Pause, PauseChange, PauseEnd } from '@swarm/domain-scheduling';
import type { Outgoing } from '@swarm/kernel';

import type { Database } from '../database.js';
import type { TestLedger } from './ledgers.contract.js';
import { AT, later, unknownMessage } from './samples.contract.js';

/** What every PauseRepository does. */
export function pauseRepositoryContract(ledger: () => TestLedger): void {
  let db: Database;
  beforeAll(() => {
    db = ledger().open();
  });

  const aPause = (over: Partial<Pause> = {}): Pause => ({
    id: randomUUID(),
    scope: { kind: 'profile', profile: `p-${randomUUID()}` },
    author: 'anna',
    reason: 'the mirror moves',
    since: AT,
    until: later(60_000),
    ...over,
  });
  const begins = (begun: Pause, ...ended: EndedPause[]): PauseChange => ({ begun, ended, outgoing: [] });
  const ends = (pause: Pause, end: Partial<PauseEnd> = {}): PauseChange => ({
    begun: null,
    ended: [ended(pause, end)],
    outgoing: [],
  });
  const ended = (pause: Pause, end: Partial<PauseEnd> = {}): EndedPause => ({
    pause,
    end: { how: 'resumed', at: later(1), by: 'bert', ...end },
  });
  const news = (pause: Pause, state: 'begun' | 'resumed'): Outgoing => {
    const [id, at] = [randomUUID(), AT.toISOString()];
    const fact = { ...pause, since: pause.since.toISOString(), until: pause.until.toISOString() };
    return outgoing('PauseMoved', id, { id, at, pause: fact, state, by: 'bert' });
  };
  const open = async (...of: readonly Pause[]): Promise<readonly Pause[]> =>
    (await db.pauses.open()).filter(({ id }) => of.some((pause) => pause.id === id));

  it('keeps a pause with its author, its reason and its end, of each scope (S19)', async () => {
    const pauses = [
      aPause(),
      aPause({ scope: { kind: 'plan', plan: randomUUID() }, author: '\u0000', reason: 'half \ud800' }),
      aPause({ scope: { kind: 'swarm' } }),
    ] as const;
    for (const pause of pauses) expect(await db.pauses.store(begins(pause))).toBe('saved');
    const [first, second, third] = pauses;
    const found = await open(...pauses);
    expect(found.map(({ scope }) => scope)).toEqual(pauses.map(({ scope }) => scope));
    expect([found[0], found[2]]).toEqual([first, third]);
    expect(await db.pauses.find(second.id)).toMatchObject({ pause: { since: AT }, end: null });
    expect(await db.pauses.store(ends(third, { how: 'over', at: later(60_000), by: null }))).toBe('saved');
    expect(await open(...pauses)).toHaveLength(2);
  });

  it('keeps how it ended, and ends it once (S19)', async () => {
    const pause = aPause();
    await db.pauses.store(begins(pause));
    expect(await db.pauses.store(ends(pause))).toBe('saved');
    expect(await db.pauses.store(ends(pause, { how: 'over', by: null }))).toBe('conflict');
    expect(await db.pauses.store(ends(aPause()))).toBe('conflict');
    expect(await db.pauses.find(pause.id)).toEqual({
      pause,
      end: { how: 'resumed', at: later(1), by: 'bert' },
    });
    expect([await db.pauses.find(randomUUID()), await db.pauses.find('no-uuid')]).toEqual([
      undefined,
      undefined,
    ]);
    expect(await open(pause)).toEqual([]);
  });

  it('has at most one open pause of each scope, however many ask at once', async () => {
    const scope = aPause().scope;
    const asked = Array.from({ length: 5 }, () => aPause({ scope }));
    const saved = await Promise.all(asked.map((pause) => db.pauses.store(begins(pause))));
    expect(saved.filter((each) => each === 'saved')).toHaveLength(1);
    const [winner] = await open(...asked);
    if (!winner) throw new Error('none is open');
    const next = aPause({ scope });
    expect(await db.pauses.store(begins(next, ended(winner, { how: 'replaced' })))).toBe('saved');
    expect(await db.pauses.store(begins(winner))).toBe('conflict');
    expect(await open(...asked, next)).toEqual([next]);
  });

  it('stores the change and its news together, or nothing', async () => {
    const own = ledger().open();
    const [old, next, other] = [aPause(), aPause(), aPause()];
    await own.pauses.store(begins(old));
    const change = { ...begins(next, ended(old)), outgoing: [news(old, 'resumed'), news(next, 'begun')] };
    await expect(own.pauses.store({ ...change, outgoing: [unknownMessage] })).rejects.toThrow();
    // One of the two that it would end is unknown: the other one stands.
    const outrun = { ...change, ended: [ended(old), ended(other)] };
    expect(await own.pauses.store(outrun)).toBe('conflict');
    expect(await own.pauses.store({ ...change, begun: { ...next, id: old.id } })).toBe('conflict');
    expect(await open(old, next)).toEqual([old]);
    expect(await own.outbox.unsent(10)).toEqual([]);
    expect(await own.pauses.store(change)).toBe('saved');
    expect(await open(old, next)).toEqual([next]);
    expect((await own.outbox.unsent(10)).map(({ message }) => message)).toEqual(['PauseMoved', 'PauseMoved']);
  });
}
