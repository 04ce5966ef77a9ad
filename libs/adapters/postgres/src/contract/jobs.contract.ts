import { randomUUID } from 'node:crypto';

import { beforeAll, expect, it } from '@jest/globals';
import { cpvOf } from '@swarm/domain-ebuild';
import type { DroneName, Job, JobChange, JobChanges, JobId, PlanId } from '@swarm/domain-job';

import type { Database } from '../database.js';
import type { TestLedger } from './ledgers.contract.js';
import {
  after,
  aNeededJob,
  anAttempt,
  aPlanWithJobs,
  AT,
  delegation,
  jobMoved,
  later,
  sha256Of,
  unknownMessage,
} from './samples.contract.js';

/** Changes that have nothing to do with each other. */
const apart = (changes: readonly JobChange[]): readonly JobChanges[] => changes.map((change) => [change]);

/** What every JobRepository does. */
export function jobRepositoryContract(ledger: () => TestLedger): void {
  let db: Database;
  beforeAll(() => {
    db = ledger().open();
  });

  it('gives back each state of a job as it was stored', async () => {
    const job = await aNeededJob(db, { synthetic: { durationMs: 5, fails: 'never', sizeBytes: 9 } });
    const attempt = anAttempt(job);
    const { notBefore: _notBefore, ...core } = job;
    const drone = 'drone-a' as DroneName;
    const states: Job[] = [
      { ...job, failures: 1, failedOn: [drone], notBefore: later(60_000) },
      { ...core, state: 'delegated', attempt: 1, attemptId: attempt.id, drone },
      { ...core, state: 'received', artifact: sha256Of(1) },
      { ...core, state: 'published', artifact: sha256Of(1) },
      { ...core, state: 'blocked', blockedBy: cpvOf('dev-libs/broken-1') },
      { ...core, state: 'quarantined', reason: 'three times' },
      { ...core, state: 'superseded' },
      { ...core, state: 'cancelled' },
      { ...core, state: 'waiting' },
    ];
    for (const [i, state] of states.entries()) {
      const change = { job: state, expected: i + 1, at: AT, reason: state.state, outgoing: [] };
      expect(await db.jobs.save(change)).toBe('saved');
      expect(await db.jobs.find(job.id)).toEqual({ value: state, revision: i + 2 });
    }
    const history = await db.jobs.historyOf(job.id);
    expect(history.map(({ state }) => state)).toEqual(['needed', ...states.map(({ state }) => state)]);
  });

  it('S8: a transition is one row update under a revision; a second writer with the same one changes nothing', async () => {
    const job = await aNeededJob(db);
    const first = delegation(job, 1, { drone: 'drone-a' as DroneName });
    const second = delegation(job, 1, { drone: 'drone-b' as DroneName });
    expect(await db.jobs.save(first)).toBe('saved');
    expect(await db.jobs.save(second)).toBe('conflict');

    expect(await db.jobs.find(job.id)).toEqual({ value: first.job, revision: 2 });
    expect(await db.jobs.attemptsOf(job.id)).toEqual([first.attempt]);
    expect(await db.jobs.historyOf(job.id)).toHaveLength(2);
    const events = await db.events.after(0n, 10_000);
    expect(events.filter(({ id }) => id === second.outgoing[0]?.id)).toEqual([]);
  });

  it('calls it a conflict when the job is not there', async () => {
    const job = { ...(await aNeededJob(db)), id: randomUUID() as JobId };
    expect(await db.jobs.save({ job, expected: 1, at: AT, reason: '', outgoing: [] })).toBe('conflict');
  });

  it('stores state, attempt, history, outbox and event together', async () => {
    const own = ledger().open();
    const job = await aNeededJob(own);
    const change = delegation(job, 1);
    await own.jobs.save(change);
    expect(await own.jobs.historyOf(job.id)).toContainEqual({
      jobId: job.id,
      at: change.at,
      state: 'delegated',
      attempt: 1,
      reason: 'given to drone-a',
    });
    expect(await own.outbox.unsent(10)).toMatchObject([{ id: change.outgoing[0]?.id, message: 'JobMoved' }]);
    const events = await own.events.after(0n, 10_000);
    expect(events).toContainEqual(expect.objectContaining({ ...change.outgoing[0], at: AT }));
  });

  it('stores nothing at all when a change fails in the middle', async () => {
    const own = ledger().open();
    const job = await aNeededJob(own);
    const change = delegation(job, 1);
    const failing = { ...change, outgoing: [...change.outgoing, unknownMessage] };
    await expect(own.jobs.save(failing)).rejects.toThrow('NobodyKnows');

    expect(await own.jobs.find(job.id)).toEqual({ value: job, revision: 1 });
    expect(await own.jobs.attemptsOf(job.id)).toEqual([]);
    expect(await own.jobs.historyOf(job.id)).toHaveLength(1);
    expect(await own.outbox.unsent(10)).toEqual([]);
    expect(await own.jobs.save(change)).toBe('saved');
  });

  it('Q19: refuses a second delegation while an attempt is open, even under the right revision', async () => {
    const job = await aNeededJob(db);
    const change = delegation(job, 1);
    await db.jobs.save(change);
    // A service that believes the job to be needed again, but has not ended the attempt.
    await db.jobs.save({ job, expected: 2, at: AT, reason: 'a mistake', outgoing: [] });
    const again = delegation({ ...job, attempt: 1 }, 3, { drone: 'drone-b' as DroneName });
    expect(await db.jobs.save(again)).toBe('conflict');
    expect(await db.jobs.openAttempts()).toContainEqual(change.attempt);

    await db.jobs.saveAttempt({ ...change.attempt, state: 'reclaimed', endedAt: AT });
    expect(await db.jobs.save(again)).toBe('saved');
  });

  it('S4: of many racing claims, one wins', async () => {
    const job = await aNeededJob(db);
    const claims = Array.from({ length: 50 }, (_, i) =>
      delegation(job, 1, { drone: `drone-${i}` as DroneName }),
    );
    const results = await Promise.all(claims.map((claim) => db.jobs.save(claim)));
    expect(results.filter((result) => result === 'saved')).toHaveLength(1);
    expect(await db.jobs.attemptsOf(job.id)).toHaveLength(1);
  });

  it('ends an attempt with what it cost, and never reopens it on late news', async () => {
    const job = await aNeededJob(db);
    const { attempt, ...change } = delegation(job, 1);
    await db.jobs.save({ ...change, attempt });
    await db.jobs.saveAttempt({ ...attempt, state: 'running', startedAt: later(1) });
    const measured = { wallMs: 4, dependenciesMs: 1, buildMs: 2, uploadMs: 1 };
    const ended = {
      ...attempt,
      state: 'failed' as const,
      startedAt: later(1),
      endedAt: later(2),
      failureClass: 'compile',
      summary: 'error: expected ;',
      logTail: '…',
      measured,
    };
    await db.jobs.saveAttempt(ended);
    await db.jobs.saveAttempt({ ...attempt, state: 'running', startedAt: later(3) });
    expect(await db.jobs.findAttempt(attempt.id)).toEqual(ended);
    expect((await db.jobs.openAttempts()).map(({ id }) => id)).not.toContain(attempt.id);
    await expect(db.jobs.saveAttempt(anAttempt(job))).rejects.toThrow('no attempt');
  });

  it('gives the jobs of a plan in the order of the plan', async () => {
    const { plan, jobs } = await aPlanWithJobs(db, 20);
    const found = await db.jobs.ofPlan(plan.id as PlanId);
    expect(found.map(({ value }) => value)).toEqual(jobs);
  });

  it('names the newest quarantined job for each build key of a profile', async () => {
    const first = await aPlanWithJobs(db, 1, { buildKey: 'same' });
    const second = await aPlanWithJobs(db, 1, { buildKey: 'same', profile: first.profile });
    const other = await aPlanWithJobs(db, 1, { buildKey: 'other', profile: first.profile });
    const jobs = [first, other, second].flatMap((plan) => plan.jobs);
    for (const [i, job] of jobs.entries()) {
      const { notBefore: _notBefore, ...core } = job;
      const quarantined = { ...core, state: 'quarantined' as const, reason: `no ${i}` };
      await db.jobs.save({ job: quarantined, expected: 1, at: later(i), reason: '', outgoing: [] });
    }
    const found = await db.jobs.quarantined(first.profile);
    expect(found.map(({ id }) => id).sort()).toEqual([other.jobs[0]?.id, second.jobs[0]?.id].sort());
    expect(await db.jobs.quarantined('another')).toEqual([]);
  });

  it('knows nothing of ids that never were, whatever they look like', async () => {
    for (const id of [randomUUID(), 'no-uuid']) {
      expect(await db.jobs.find(id as JobId)).toBeUndefined();
      expect(await db.jobs.findAttempt(id as never)).toBeUndefined();
      expect(await db.jobs.ofPlan(id as PlanId)).toEqual([]);
      expect(await db.jobs.attemptsOf(id as JobId)).toEqual([]);
      expect(await db.jobs.historyOf(id as JobId)).toEqual([]);
    }
  });

  it('keeps a message once however often the same fact is stored', async () => {
    const own = ledger().open();
    const job = await aNeededJob(own);
    const moved = after(job, { type: 'cancelled' });
    const fact = jobMoved(job, moved);
    await own.jobs.save({ job: moved, expected: 1, at: AT, reason: '', outgoing: [fact] });
    await own.jobs.save({ job: moved, expected: 2, at: AT, reason: '', outgoing: [fact] });
    expect(await own.outbox.unsent(10)).toHaveLength(1);
  });

  it('stores many changes at once, says which one lost, and keeps nothing of that one (S8)', async () => {
    const own = ledger().open();
    const { jobs } = await aPlanWithJobs(own, 5);
    const changes = jobs.map((job) => delegation(job, 1));
    const [, second] = changes;
    const stale = changes.map((change, i) => (i === 1 ? { ...change, expected: 7 } : change));
    expect(await own.jobs.saveAll(apart(stale))).toEqual(['saved', 'conflict', 'saved', 'saved', 'saved']);
    for (const [i, { job, attempt, at, reason }] of changes.entries()) {
      const isStored = i !== 1;
      expect(await own.jobs.find(job.id)).toEqual({
        value: isStored ? job : jobs[i],
        revision: isStored ? 2 : 1,
      });
      expect(await own.jobs.attemptsOf(job.id)).toEqual(isStored ? [attempt] : []);
      expect((await own.jobs.historyOf(job.id)).slice(1)).toEqual(
        isStored ? [{ jobId: job.id, at, state: 'delegated', attempt: 1, reason }] : [],
      );
    }
    const ids = changes.filter((_change, i) => i !== 1).map(({ outgoing }) => outgoing[0]?.id);
    expect((await own.outbox.unsent(10)).map(({ id }) => id)).toEqual(ids);
    const events = (await own.events.after(0n, 10_000)).map(({ id }) => id);
    expect(events.filter((id) => ids.includes(id))).toEqual(ids);
    expect(events).not.toContain(second?.outgoing[0]?.id);
    expect(await own.jobs.saveAll([])).toEqual([]);
  });

  it('stores changes of one job in their order, in one batch', async () => {
    const job = await aNeededJob(db);
    const given = delegation(job, 1);
    const back = after(given.job, { type: 'attempt-reclaimed', attempt: 1, reason: 'lost' });
    const ended = { ...given.attempt, state: 'reclaimed' as const, endedAt: AT, summary: 'lost' };
    const again = delegation(back, 3, { drone: 'drone-b' as DroneName });
    const late = delegation(back, 2);
    const batch = [
      given,
      {
        job: back,
        expected: 2,
        at: AT,
        reason: 'lost',
        attempt: ended,
        outgoing: [jobMoved(given.job, back)],
      },
      again,
      late,
    ];
    expect(await db.jobs.saveAll(apart(batch))).toEqual(['saved', 'saved', 'saved', 'conflict']);
    expect(await db.jobs.find(job.id)).toEqual({ value: again.job, revision: 4 });
    expect(await db.jobs.attemptsOf(job.id)).toEqual([ended, again.attempt]);
  });

  it('stores nothing of a batch when one of its changes cannot be stored', async () => {
    const own = ledger().open();
    const { jobs } = await aPlanWithJobs(own, 3);
    const changes = jobs.map((job) => delegation(job, 1));
    const failing = changes.map((change, i) =>
      i === 2 ? { ...change, outgoing: [...change.outgoing, unknownMessage] } : change,
    );
    await expect(own.jobs.saveAll(apart(failing))).rejects.toThrow('NobodyKnows');
    for (const job of jobs) expect(await own.jobs.find(job.id)).toEqual({ value: job, revision: 1 });
    expect(await own.outbox.unsent(10)).toEqual([]);
    expect(await own.jobs.saveAll(apart(changes))).toEqual(['saved', 'saved', 'saved']);
  });

  it('Q19: in a batch, an attempt that is open already is a conflict of its own job only', async () => {
    const { jobs } = await aPlanWithJobs(db, 3);
    const [first, , third] = jobs;
    if (!first || !third) throw new Error('no jobs');
    await db.jobs.save(delegation(first, 1));
    // The ledger's row says needed again, but the attempt was never ended.
    await db.jobs.save({ job: first, expected: 2, at: AT, reason: 'a mistake', outgoing: [] });
    const again = delegation({ ...first, attempt: 1 }, 3);
    const sameNumber = delegation(first, 3);
    expect(await db.jobs.saveAll([[again], [delegation(third, 1)]])).toEqual(['conflict', 'saved']);
    expect(await db.jobs.saveAll([[sameNumber]])).toEqual(['conflict']);
    expect(await db.jobs.attemptsOf(first.id)).toHaveLength(1);
  });

  it('stores what one event changed whole or not at all, be a job in it twice (Q22)', async () => {
    const own = ledger().open();
    const { jobs } = await aPlanWithJobs(own, 4);
    const [a, b, c, d] = jobs.map((job) => delegation(job, 1));
    if (!a || !b || !c || !d) throw new Error('no changes');
    const onTop = (change: JobChange): JobChange => ({
      ...{ job: after(change.job as Job, { type: 'cancelled' }), expected: 2, at: later(1), reason: 'then' },
      ...(change.attempt && { attempt: { ...change.attempt, state: 'cancelled', endedAt: later(1) } }),
      outgoing: [],
    });
    const stale = { ...onTop(c), expected: 7 };
    const asked: readonly JobChanges[] = [[a, b], [c, stale], [d]];
    expect(await own.jobs.saveAll(asked)).toEqual(['saved', 'conflict', 'saved']);
    expect(await own.jobs.find(c.job.id)).toMatchObject({ revision: 1 });
    expect(await own.jobs.attemptsOf(c.job.id)).toEqual([]);
    expect(await own.jobs.historyOf(c.job.id)).toHaveLength(1);

    // The first one of the second is stored twice over by then, and its other one never can be.
    expect(
      await own.jobs.saveAll([
        [onTop(a), { ...c, reason: 'with a' }],
        [onTop(b), { ...onTop(c), expected: 9 }],
      ]),
    ).toEqual(['saved', 'conflict']);
    expect((await own.jobs.historyOf(a.job.id)).at(-1)).toMatchObject({ state: 'cancelled', reason: 'then' });
    expect((await own.jobs.find(b.job.id))?.revision).toBe(2);
    expect(await own.jobs.save(onTop(b), { ...onTop(d), expected: 1 })).toBe('conflict');
    expect((await own.jobs.attemptsOf(b.job.id)).map(({ state }) => state)).toEqual(['offered']);
    const sent = (await own.outbox.unsent(1_000)).map(({ id }) => id);
    for (const { outgoing } of [a, b, c, d])
      expect(sent).toEqual(expect.arrayContaining(outgoing.map(({ id }) => id)));
  });

  it('Q19: stores nothing for a leader that leads no more, and says that it is fenced', async () => {
    const own = ledger().open();
    const { jobs } = await aPlanWithJobs(own, 2);
    const changes = jobs.map((job) => delegation(job, 1));
    const lock = `scheduler-${randomUUID()}`;
    const never = { lock, epoch: 1n };
    expect(await own.jobs.saveAll(apart(changes), never)).toBe('fenced');
    const first = await own.leader(lock).acquire();
    const [one, two] = changes;
    if (!one || !two) throw new Error('no changes');
    expect(await own.jobs.saveAll([[one]], first.fence)).toEqual(['saved']);
    await first.release();
    const second = await ledger().open().leader(lock).acquire();
    expect(await own.jobs.saveAll([[two]], first.fence)).toBe('fenced');
    // Also when there is nothing that could be stored, and when a job is in the batch twice.
    expect(await own.jobs.saveAll([[one]], first.fence)).toBe('fenced');
    expect(await own.jobs.saveAll([[two], [{ ...two, expected: 2 }]], first.fence)).toBe('fenced');
    expect(await own.jobs.find(two.job.id)).toEqual({ value: jobs[1], revision: 1 });
    expect(await own.jobs.attemptsOf(two.job.id)).toEqual([]);
    expect(await own.jobs.saveAll([[two]], second.fence)).toEqual(['saved']);
    await second.release();
  });

  it('gives every job of every plan that is being built, with what it waits for and since when (Q12)', async () => {
    const own = ledger().open();
    const first = await aPlanWithJobs(own, 1);
    const second = await aPlanWithJobs(own, 3);
    const over = await aPlanWithJobs(own, 1);
    const waiting = await aPlanWithJobs(own, 1, { waits: [4, 2, 0] });
    await own.plans.save({
      ...{ plan: { ...over.plan, state: 'complete' as const, endedAt: AT }, expected: 2, newJobs: [] },
      ...{ at: AT, outgoing: [] },
    });
    const [job] = second.jobs;
    if (!job) throw new Error('no job');
    const change = delegation(job, 1);
    await own.jobs.save(change);
    const mine = new Set([first, second, over, waiting].map(({ plan }) => plan.id));
    const found = (await own.jobs.openJobs()).filter(({ value }) => mine.has(value.spec.planId));
    const stored = [first, second, waiting]
      .toSorted((a, b) => (a.plan.id < b.plan.id ? -1 : 1))
      .flatMap(({ jobs }) => jobs);
    const expected = stored.map((each) => {
      const { inputs: _inputs, needs: _needs, synthetic: _synthetic, ...spec } = each.spec;
      return each.id === job.id
        ? { value: { ...change.job, spec }, revision: 2, since: change.at }
        : { value: { ...each, spec }, revision: 1, since: AT };
    });
    const byPlan = found.toSorted((a, b) => (a.value.spec.planId < b.value.spec.planId ? -1 : 1));
    expect(byPlan).toEqual(expected);
    expect((await own.jobs.find(job.id))?.value.spec).toEqual(job.spec);

    const ofSecond = expected.filter(({ value }) => value.spec.planId === second.plan.id);
    expect(await own.jobs.openJobs(second.plan.id as PlanId)).toEqual(ofSecond);
    expect(await own.jobs.openJobs(over.plan.id as PlanId)).toEqual([]);
    const revisions = await own.jobs.openRevisions();
    expect(expected.map(({ value }) => revisions.get(value.id))).toEqual(expected.map((e) => e.revision));
    expect(over.jobs.filter(({ id }) => revisions.has(id))).toEqual([]);
  });

  it('finds many jobs at once, and leaves out those that are not there', async () => {
    const { jobs } = await aPlanWithJobs(db, 3);
    const ids = [...jobs.map(({ id }) => id), randomUUID() as JobId];
    const found = await db.jobs.findAll(ids.slice(1));
    expect(found.toSorted((a, b) => ids.indexOf(a.value.id) - ids.indexOf(b.value.id))).toEqual(
      jobs.slice(1).map((value) => ({ value, revision: 1 })),
    );
    expect(await db.jobs.findAll([])).toEqual([]);
  });

  it('keeps the specification of a job as it is, whatever a change says of it', async () => {
    const job = await aNeededJob(db);
    const { inputs: _inputs, needs: _needs, synthetic: _synthetic, ...spec } = job.spec;
    const moved = after(job, { type: 'cancelled' });
    const change = { job: { ...moved, spec }, expected: 1, at: AT, reason: '', outgoing: [] };
    expect(await db.jobs.save(change)).toBe('saved');
    expect((await db.jobs.find(job.id))?.value).toEqual(moved);
  });
}
