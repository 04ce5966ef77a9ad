import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { openMemoryDatabase, type MemoryDatabase } from '@swarm/adapter-memory';
import { PLAN_SCHEMA, PlanDocument, type WorkAssigned, type WorkOutcome } from '@swarm/contracts';
import { JobWriter } from '@swarm/control-plane';
import type { JobChanges, JobId, JobRepository } from '@swarm/domain-job';
import { overlooked } from '@swarm/domain-scheduling';
import type { Saved } from '@swarm/kernel';

import { Ground, measured } from '../scheduler.contract.js';
import { SCAN_EVERY_MS } from './scan-ledger.js';

/** p0 … pn, where each needs those that `edges` name for it. */
function documentOf(packages: number, edges: readonly (readonly [number, number])[]): PlanDocument {
  return PlanDocument.parse({
    ...{ schema: PLAN_SCHEMA.name, schemaVersion: PLAN_SCHEMA.version, portage: '3.0.82', ok: true },
    packages: Array.from({ length: packages }, (_, n) => ({
      cpv: `app-small/p${n}-1`,
      ...{ slot: '0', subslot: '0', repository: 'small', root: 'target', use: [], dependencies: {} },
    })),
    edges: edges.map(([parent, child]) => ({ parent, child, kinds: ['buildtime'] })),
  });
}

const chain = documentOf(3, [
  [1, 0],
  [2, 1],
]);

type Store = Pick<JobRepository, 'save'>;

/** What becomes of a write: it is made, it is not, it is lost to another writer, or nobody hears that it was made. */
type Fate = 'stored' | 'away' | 'conflict' | 'unheard';

/** A ledger whose next writes have these fates; all later ones are made. */
class Fickle implements Store {
  fates: Fate[] = [];

  constructor(private readonly db: MemoryDatabase) {}

  async save(...changes: JobChanges): Promise<Saved> {
    const fate = this.fates.shift() ?? 'stored';
    // A ledger takes its time, and others go on meanwhile.
    await new Promise(setImmediate);
    if (fate === 'away') throw new Error('the ledger is away');
    if (fate === 'conflict') return 'conflict';
    const saved = await this.db.jobs.save(...changes);
    if (fate === 'unheard') throw new Error('the connection broke');
    return saved;
  }
}

/** The same as the jobs of a ledger, with the names of all calls. */
function watched(db: MemoryDatabase): { readonly db: MemoryDatabase; readonly calls: string[] } {
  const calls: string[] = [];
  const jobs = new Proxy(db.jobs, {
    get: (target, key, receiver) => {
      calls.push(String(key));
      return Reflect.get(target, key, receiver) as unknown;
    },
  });
  return { db: { ...db, jobs }, calls };
}

/** Every job on the board stands in the ledger as it stands on the board, and in line with what it waits for. */
async function expectOneTruth(ground: Ground): Promise<void> {
  const { keeper } = ground.scheduler;
  const board = await keeper.current();
  await keeper.whenStored();
  if (!keeper.isCurrent(board)) return;
  for (const { jobs } of board.plans.values()) {
    for (const entry of jobs) {
      const stored = await ground.db.jobs.find(entry.job.id);
      const { state, attempt, failures, reclaims, failedOn } = entry.job;
      expect({ revision: stored?.revision, ...stored?.value }).toMatchObject({
        ...{ revision: entry.revision, state, attempt, failures, reclaims, failedOn },
      });
    }
  }
  expect(overlooked(board)).toEqual([]);
}

const broken: WorkOutcome = { kind: 'failed', class: 'masked', summary: 'no', logTail: '', measured };
const returned: WorkOutcome = { kind: 'returned', reason: 'the drone stops' };

let ground: Ground;
beforeEach(() => {
  ground = new Ground();
});

describe('the board of a scheduler that leads', () => {
  it('is read once: what follows costs what it moves, however many jobs stand beside (Q12)', async () => {
    const { db, calls } = watched(openMemoryDatabase({ source: 'scheduler' }));
    ground = new Ground(db);
    await ground.start(documentOf(50, []));
    const [first] = await ground.jobs();
    calls.length = 0;
    const by = { type: 'quarantined-by-hand', reason: 'a person said so' } as const;
    const job = (await ground.jobs()).find(({ state }) => state === 'needed') ?? first;
    calls.length = 0;
    if (job) await ground.scheduler.move.execute(job.id, by, { reason: 'a person said so' });
    expect(calls).toEqual(['save']);
    await ground.round.execute();
    expect(calls).not.toContain('openJobs');
    expect(calls).not.toContain('ofPlan');
  });

  it('stores what was decided in one turn in the order of the decisions', async () => {
    const db = openMemoryDatabase({ source: 'scheduler' });
    ground = new Ground(db, new JobWriter(db.jobs));
    await ground.start(chain);
    const { keeper, move } = ground.scheduler;
    const [, second] = await ground.jobs();
    if (!second) throw new Error('no job');
    const step = { reason: 'a test' };
    const moves = await Promise.all([
      move.execute(second.id, { type: 'quarantined-by-hand', reason: 'r' }, step),
      move.execute(second.id, { type: 'quarantine-released' }, step),
      move.execute(second.id, { type: 'quarantined-by-hand', reason: 'again' }, step),
    ]);
    expect(moves.map(({ kind }) => kind)).toEqual(['moved', 'moved', 'moved']);
    const history = (await db.jobs.historyOf(second.id)).map(({ state }) => state);
    expect(history).toEqual(['waiting', 'quarantined', 'waiting', 'quarantined']);
    expect((await keeper.current()).find(second.id)?.job.state).toBe('quarantined');
    await expectOneTruth(ground);
  });

  it('is read anew when the ledger knows better, and the decision is made again on what it says (S4)', async () => {
    await ground.start(chain);
    const { keeper, move } = ground.scheduler;
    const before = await keeper.current();
    const [first] = await ground.jobs();
    const found = first && (await ground.db.jobs.find(first.id));
    if (!found) throw new Error('no job');
    const { id, spec, attempt, failures, reclaims, failedOn } = found.value;
    const gone = { ...{ id, spec, attempt, failures, reclaims, failedOn }, state: 'cancelled' as const };
    const change = { job: gone, expected: found.revision, at: ground.clock.now(), reason: '', outgoing: [] };
    expect(await ground.db.jobs.save(change)).toBe('saved');

    const event = { type: 'quarantined-by-hand', reason: 'r' } as const;
    expect(await move.execute(id, event, { reason: 'r' })).toMatchObject({
      kind: 'refused',
      why: { kind: 'illegal', state: 'cancelled' },
    });
    expect(keeper.isCurrent(before)).toBe(false);
    await expectOneTruth(ground);
    expect((await ground.jobs()).map(({ state }) => state)).toEqual(['cancelled', 'blocked', 'blocked']);
  });

  it.each<Fate>(['away', 'unheard'])(
    'says that nobody knows when a write is %s, and goes on from what the ledger has (S7)',
    async (fate) => {
      const db = openMemoryDatabase({ source: 'scheduler' });
      const ledger = new Fickle(db);
      ground = new Ground(db, ledger);
      await ground.start(chain);
      const [first] = await ground.jobs();
      ledger.fates = [fate];
      const event = { type: 'quarantined-by-hand', reason: 'r' } as const;
      await expect(
        ground.scheduler.move.execute(first?.id as never, event, { reason: 'r' }),
      ).rejects.toThrow();
      await ground.round.execute();
      await expectOneTruth(ground);
      const expected = fate === 'away' ? ['delegated', 'waiting'] : ['quarantined', 'blocked'];
      expect((await ground.jobs()).slice(0, 2).map(({ state }) => state)).toEqual(expected);
    },
  );

  it('lets go of a plan that is cancelled: its jobs are cancelled, and none is blocked on the way', async () => {
    await ground.start(chain);
    const { keeper } = ground.scheduler;
    const found = await ground.db.plans.find(ground.planId);
    const run = (await ground.db.schedules.runs(1))[0];
    if (!found || !run) throw new Error('no plan');
    await ground.cancel();
    expect((await keeper.current()).plans.has(ground.planId)).toBe(false);
    for (const { id } of await ground.jobs()) {
      expect((await ground.db.jobs.historyOf(id)).map(({ state }) => state)).not.toContain('blocked');
    }
    expect(new Set((await ground.jobs()).map(({ state }) => state))).toEqual(new Set(['cancelled']));
    expect(await ground.db.jobs.openAttempts()).toEqual([]);
  });
});

describe('the scan', () => {
  it('finds the artifact that nobody told of, and wakes what waited for it; no sooner than it is due (Q21)', async () => {
    await ground.start(chain);
    const [, work] = await ground.assigned();
    await ground.publish(work, 'p0', { isTold: false });
    ground.clock.advance(SCAN_EVERY_MS - 1);
    await ground.round.execute();
    expect((await ground.job('p1')).state).toBe('waiting');
    ground.clock.advance(1);
    await ground.round.execute();
    expect((await ground.job('p0')).state).toBe('published');
    expect((await ground.job('p1')).state).toBe('delegated');
    await expectOneTruth(ground);
  });

  it('is not waited for where a build would be made again of what is there', async () => {
    await ground.start(chain);
    const [, work] = await ground.assigned();
    await ground.publish(work, 'p0', { isTold: false });
    await ground.report(work, returned);
    await ground.round.execute();
    expect(await ground.job('p0')).toMatchObject({ state: 'published', attempt: 1 });
  });

  it('finds what somebody moved behind its back', async () => {
    await ground.start(chain);
    const { keeper, scan } = ground.scheduler;
    const before = await keeper.current();
    const found = await ground.db.jobs.find((await ground.job('p2')).id);
    if (found?.value.state !== 'waiting') throw new Error('p2 should wait');
    const job = { ...found.value, state: 'cancelled' as const };
    const change = { job, expected: found.revision, at: ground.clock.now(), reason: '', outgoing: [] };
    await ground.db.jobs.save(change);
    ground.clock.advance(SCAN_EVERY_MS);
    expect(await scan.whenDue()).toEqual({ overlooked: 0, strange: 1, artifacts: 0 });
    expect(keeper.isCurrent(before)).toBe(false);
    expect(await scan.whenDue()).toEqual({ overlooked: 0, strange: 0, artifacts: 0 });
    expect(await scan.whenDue()).toBeUndefined();
    expect((await keeper.current()).find(job.id)?.job.state).toBe('cancelled');
  });
});

type Act = 'round' | 'build' | 'return' | 'break' | 'silent-build' | 'minute' | 'set-aside';
/** What happens at once, after the fates of the next writes were decided. */
interface Step {
  readonly acts: readonly Act[];
  readonly fates: readonly Fate[];
}

const acts = fc.constantFrom<Act>(
  ...(['round', 'build', 'return', 'break', 'silent-build', 'minute', 'set-aside'] as const),
);
const fates = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Fate[]>([]) },
  fc.array(fc.constantFrom<Fate>('stored', 'away', 'conflict', 'unheard'), { minLength: 1, maxLength: 4 }),
);
const steps = fc.array(fc.record({ acts: fc.array(acts, { minLength: 1, maxLength: 3 }), fates }), {
  minLength: 5,
  maxLength: 40,
});

const graphs = fc.integer({ min: 2, max: 8 }).chain((size) =>
  fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 2 * size }).map((pairs) =>
    documentOf(
      size,
      pairs.flatMap(([a, b]) => (a > b ? [[a, b] as const] : [])),
    ),
  ),
);

async function act(own: Ground, what: Act): Promise<void> {
  const works: WorkAssigned[] = await own.openBuilds();
  const [work] = works;
  if (what === 'round') return own.round.execute();
  if (what === 'minute') {
    own.clock.advance(SCAN_EVERY_MS);
    await own.hear(
      'drone-1',
      works.map(({ attemptId }) => attemptId),
    );
    return own.round.execute();
  }
  if (!work) return;
  if (what === 'return') await own.report(work, returned);
  else if (what === 'break') await own.report(work, broken);
  else if (what === 'set-aside') {
    const { jobId } = work.work.kind === 'build' ? work.work : { jobId: '' };
    const event = { type: 'quarantined-by-hand', reason: 'r' } as const;
    await own.scheduler.move.execute(jobId as JobId, event, { reason: 'r' });
  } else await own.storeBuild(work, { isTold: what === 'build' });
}

/** One step of a swarm in trouble; what the ledger does not take is news of that, and no more. */
async function take(own: Ground, ledger: Fickle, step: Step): Promise<void> {
  ledger.fates = [...step.fates];
  const done = await Promise.allSettled(step.acts.map((what) => act(own, what)));
  for (const result of done) {
    if (result.status === 'rejected' && !/away|broke|in a row/u.test(String(result.reason)))
      throw result.reason;
  }
}

describe('whatever becomes of its writes', () => {
  it('the board is what the ledger is, and every job comes to an end or has a reason (Q11, Q21)', async () => {
    const troubled = fc.asyncProperty(graphs, steps, async (document, script) => {
      const db = openMemoryDatabase({ source: 'scheduler' });
      const ledger = new Fickle(db);
      const own = new Ground(db, ledger);
      await own.start(document);
      for (const step of script) {
        await take(own, ledger, step);
        await expectOneTruth(own);
      }
      for (let rounds = 0; rounds < 40; rounds += 1) {
        await take(own, ledger, { acts: ['minute'], fates: [] });
        await take(own, ledger, { acts: [rounds % 2 === 0 ? 'build' : 'silent-build'], fates: [] });
      }
      await expectOneTruth(own);
      const states = new Set((await own.jobs()).map(({ state }) => state));
      for (const state of ['waiting', 'needed', 'delegated', 'received']) expect(states).not.toContain(state);
      expect((await own.db.plans.find(own.planId))?.value.state).toBe('complete');
    });
    await fc.assert(troubled, { numRuns: Number(process.env['SWARM_BOARD_RUNS'] ?? 60) });
  }, 600_000);
});
