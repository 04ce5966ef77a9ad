import { beforeEach, describe, expect, it } from '@jest/globals';

import {
  PLAN_SCHEMA,
  PlanDocument,
  type FailureClass,
  type WorkAssigned,
  type WorkOutcome,
} from '@swarm/contracts';
import type { Drone } from '@swarm/domain-drone';
import { transition, type Job } from '@swarm/domain-job';

import { Ground, measured, policy } from './scheduler.contract.js';

const failed = (failure: FailureClass): WorkOutcome => ({
  kind: 'failed',
  class: failure,
  summary: 'it went wrong',
  logTail: 'the end of the log',
  measured,
});

/** Packages that need nothing: p0, p1, … */
function wide(count: number): PlanDocument {
  return PlanDocument.parse({
    schema: PLAN_SCHEMA.name,
    schemaVersion: PLAN_SCHEMA.version,
    portage: '3.0.82',
    ok: true,
    packages: Array.from({ length: count }, (_, n) => ({
      cpv: `app-small/p${n}-1`,
      slot: '0',
      subslot: '0',
      repository: 'small',
      root: 'target',
      use: [],
      dependencies: {},
    })),
    edges: [],
  });
}

let ground: Ground;
beforeEach(() => {
  ground = new Ground();
});

async function drone(name: string): Promise<Drone> {
  const found = await ground.db.drones.find(name);
  if (!found) throw new Error(`no ${name}`);
  return found.value;
}

async function change(name: string, over: Partial<Drone>): Promise<void> {
  const found = await ground.db.drones.find(name);
  if (found) await ground.db.drones.save({ ...found.value, ...over }, found.revision, []);
}

async function enrol(name: string, capabilities: Partial<Drone['capabilities']> = {}): Promise<void> {
  await ground.hear(name);
  await change(name, { capabilities: { ...(await drone(name)).capabilities, ...capabilities } });
}

/** Assignments whose attempts are open. */
async function open(): Promise<WorkAssigned[]> {
  const ids = new Set<string>((await ground.db.jobs.openAttempts()).map(({ id }) => id));
  return (await ground.assigned()).filter(({ attemptId }) => ids.has(attemptId));
}

/** Rounds and reports until nothing is in hand any more; `null` is a build that ends well. Resolves to the attempts. */
async function drive(outcomeOf: (work: WorkAssigned) => WorkOutcome | null): Promise<number> {
  let attempts = 0;
  for (let rounds = 0; rounds < 400; rounds += 1) {
    await ground.round.execute();
    const works = await open();
    if (works.length === 0) return attempts;
    for (const work of works) {
      attempts += 1;
      const outcome = outcomeOf(work);
      if (outcome === null) await build(work);
      else await ground.report(work, outcome);
    }
  }
  throw new Error('it goes on for ever');
}

async function build(work: WorkAssigned): Promise<void> {
  const jobId = work.work.kind === 'build' ? work.work.jobId : '';
  const job = (await ground.jobs()).find(({ id }) => id === jobId);
  if (!job) throw new Error(`no job ${jobId}`);
  await ground.store(work, job, null);
  await ground.report(work, { kind: 'built', sha256: '0'.repeat(64), sizeBytes: 1, measured });
}

async function wait(ms: number): Promise<void> {
  ground.clock.advance(ms);
  for (const { value } of await ground.db.drones.all()) await ground.hear(value.name);
  await ground.round.execute();
}

const states = async (): Promise<readonly string[]> => (await ground.jobs()).map(({ state }) => state);
const attemptsOf = async (name: string): Promise<number> => {
  const all = await Promise.all((await ground.jobs()).map(({ id }) => ground.db.jobs.attemptsOf(id)));
  return all.flat().filter((attempt) => attempt.drone === name).length;
};

describe('a drone that fails everything at once', () => {
  beforeEach(async () => {
    await enrol('drone-2');
    await ground.start(wide(12));
  });

  it('is grounded after five, blames no package, and the others build all of it (S2, Q1, Q25)', async () => {
    await drive(({ drone: name }) => (name === 'drone-1' ? failed('compile') : null));
    expect(await states()).toEqual(Array.from({ length: 12 }, () => 'published'));
    expect(await attemptsOf('drone-1')).toBeLessThanOrEqual(5);
    expect(await drone('drone-1')).toMatchObject({
      state: 'grounded',
      reason: '5 failures in a row, last: compile on drone-1: it went wrong',
    });
    const plan = (await ground.db.plans.find(ground.planId))?.value;
    expect(plan?.detail).toBe('12 of 12 built, 0 quarantined, 0 blocked');
    expect(await drone('drone-2')).toMatchObject({ state: 'online', grounding: null });
  });

  it('has five strikes in a row, and not five in all: a success between wipes them out (Q25)', async () => {
    let n = 0;
    await drive(({ drone: name }) => (name === 'drone-1' && ++n % 5 !== 0 ? failed('disk-full') : null));
    expect(n).toBeGreaterThan(5);
    expect(await drone('drone-1')).toMatchObject({ state: 'online', grounding: null });
  });

  it('is counted on by a scheduler that starts again, from the ledger (S2)', async () => {
    const give = async (): Promise<WorkAssigned | undefined> => {
      await ground.round.execute();
      return (await open()).find((work) => work.drone === 'drone-1');
    };
    for (let n = 0; n < 4; n += 1) await ground.report(await give(), failed('killed'));
    const work = await give();
    const { planId, clock } = ground;
    ground = new Ground(ground.db);
    Object.assign(ground, { planId });
    ground.clock.advance(clock.now().getTime() - ground.clock.now().getTime());
    expect((await drone('drone-1')).state).toBe('online');
    await ground.report(work, failed('killed'));
    expect((await drone('drone-1')).state).toBe('grounded');
  });

  it('is not grounded by one failure that is reported five times (S4)', async () => {
    const work = (await open()).find((each) => each.drone === 'drone-1');
    for (let n = 0; n < 9; n += 1) await ground.report(work, failed('compile'));
    expect(await ground.db.strikes.standing()).toHaveLength(1);
    expect((await drone('drone-1')).state).toBe('online');
  });
});

describe('a grounded drone', () => {
  beforeEach(async () => {
    await enrol('drone-1', { slots: 3 });
    await ground.start(wide(9));
    for (let n = 0; n < 5; n += 1) {
      await ground.report((await open())[0], failed('killed'));
      await ground.round.execute();
      ground.clock.advance(60_000);
      await ground.hear('drone-1');
      await ground.round.execute();
    }
  });

  it('gives its work back at once, which costs those jobs nothing (S2)', async () => {
    expect((await drone('drone-1')).state).toBe('grounded');
    expect(await open()).toEqual([]);
    const jobs = await ground.jobs();
    expect(jobs.filter(({ attempt, reclaims }) => attempt > reclaims).length).toBeGreaterThan(0);
    for (const { state, failures } of jobs) expect([state, failures]).toEqual(['needed', 0]);
  });

  it('gets one job when the time is over, and all its slots when that is built', async () => {
    const { grounding } = await drone('drone-1');
    const leftMs = (grounding?.until?.getTime() ?? 0) - ground.clock.now().getTime();
    await wait(leftMs - 1);
    expect(await open()).toEqual([]);
    await wait(1);
    await ground.round.execute();
    expect(await drone('drone-1')).toMatchObject({ state: 'probation' });
    const [canary, ...others] = await open();
    expect(others).toEqual([]);
    // Best one with the least trouble so far.
    const jobs = await ground.jobs();
    const job = jobs.find(({ id }) => canary?.work.kind === 'build' && id === canary.work.jobId);
    expect(job?.failedOn).toEqual([]);
    expect(job?.reclaims).toBe(Math.min(...jobs.map(({ reclaims }) => reclaims)));
    if (canary) await build(canary);
    await ground.round.execute();
    expect(await drone('drone-1')).toMatchObject({ state: 'online', grounding: null });
    expect(await open()).toHaveLength(3);
  });

  it('is grounded for twice as long when its canary fails', async () => {
    await wait(300_000);
    await ground.round.execute();
    const [canary] = await open();
    await ground.report(canary, failed('compile'));
    const { state, grounding } = await drone('drone-1');
    expect(state).toBe('grounded');
    expect(grounding).toEqual({ times: 2, until: new Date(ground.clock.now().getTime() + 600_000) });
  });

  it('stays on probation when its canary fails for a passing cause (Q6)', async () => {
    await wait(300_000);
    await ground.round.execute();
    await ground.report((await open())[0], failed('fetch'));
    expect((await drone('drone-1')).state).toBe('probation');
  });
});

describe('a package', () => {
  it('that two drones cannot build is to blame, and neither drone is struck for it (S2)', async () => {
    await enrol('drone-2');
    await ground.start(wide(1));
    expect(await drive(() => failed('compile'))).toBe(2);
    const [job] = await ground.jobs();
    expect(job).toMatchObject({
      state: 'quarantined',
      failures: 2,
      reason: expect.stringMatching(/^compile on drone-\d and drone-\d: it went wrong$/),
    });
    expect(await ground.db.strikes.standing()).toEqual([]);
    expect(await ground.db.strikes.ofJob(job?.id ?? '')).toMatchObject([{ ended: 'taken-back' }]);
  });

  it('that failed once on a lone drone is tried again there, and built (S26)', async () => {
    await ground.start(wide(1));
    expect(await drive(({ attempt }) => (attempt === 1 ? failed('compile') : null))).toBe(2);
    expect(await states()).toEqual(['published']);
  });

  it('that no drone can change is given up at once, and strikes nobody', async () => {
    await ground.start(wide(1));
    expect(await drive(() => failed('use-change'))).toBe(1);
    expect(await ground.jobs()).toMatchObject([{ state: 'quarantined', attempt: 1 }]);
    expect(await ground.db.strikes.standing()).toEqual([]);
  });

  it('whose sources cannot be had waits a minute each time, and neither it nor the drone is to blame (Q6)', async () => {
    await ground.start(wide(1));
    for (let n = 1; n <= 3; n += 1) {
      await ground.report((await open())[0], failed('fetch'));
      await wait(59_999);
      expect(await ground.jobs()).toMatchObject([{ state: 'needed', failures: 0, reclaims: n }]);
      await wait(1);
    }
    expect(await drive(() => null)).toBe(1);
    expect(await states()).toEqual(['published']);
    expect(await ground.db.strikes.standing()).toEqual([]);
  });

  it('that runs out of memory is tried with fewer and fewer jobs, and not for ever (Q10)', async () => {
    await enrol('drone-1', { cores: 8 });
    await enrol('drone-2', { cores: 8 });
    await ground.start(wide(1));
    const jobs: number[] = [];
    await drive(({ work }) => {
      if (work.kind === 'build') jobs.push(work.makeJobs);
      return failed('out-of-memory');
    });
    expect(jobs).toEqual([8, 4, 2]);
    expect(await ground.jobs()).toMatchObject([{ state: 'quarantined', failures: 3 }]);
  });

  it('waits with a reason, and fails nobody, while there is no drone at all (Q4)', async () => {
    await ground.start(wide(3));
    await ground.report((await open())[0], { kind: 'returned', reason: 'the drone stops' });
    await change('drone-1', { state: 'offline' });
    for (let minutes = 0; minutes < 600; minutes += 60) {
      ground.clock.advance(3_600_000);
      await ground.round.execute();
    }
    for (const job of await ground.jobs()) expect(job).toMatchObject({ state: 'needed', failures: 0 });
    await change('drone-1', { state: 'online' });
    await ground.hear('drone-1');
    await drive(() => null);
    expect(await states()).toEqual(['published', 'published', 'published']);
  });

  it('that was cancelled did not fail, whatever its drone says later (Q7)', async () => {
    await ground.start(wide(1));
    const [work] = await open();
    const [found] = await ground.db.jobs.ofPlan(ground.planId as Job['spec']['planId']);
    const attempt = await ground.db.jobs.findAttempt(work?.attemptId as never);
    const after = found && transition(found.value, { type: 'cancelled' }, policy.retry);
    if (!after?.ok || !attempt) throw new Error('cannot be cancelled');
    await ground.db.jobs.save({
      job: after.value.job,
      expected: found?.revision ?? 0,
      at: ground.clock.now(),
      reason: 'cancelled',
      attempt: { ...attempt, state: 'cancelled', endedAt: ground.clock.now() },
      outgoing: [],
    });
    expect(await ground.report(work, failed('killed'))).toBe('done');
    expect(await ground.jobs()).toMatchObject([{ state: 'cancelled', failures: 0, failedOn: [] }]);
    expect(await ground.db.strikes.standing()).toEqual([]);
  });
});

describe('a way to the binhost that fails', () => {
  it('costs neither package nor drone a failure; one job tries it again after a minute (S22)', async () => {
    await enrol('drone-1', { slots: 2 });
    await ground.start(wide(4));
    const [first, second] = await open();
    await ground.report(first, failed('upload'));
    expect(await drone('drone-1')).toMatchObject({ state: 'online', badUpload: { times: 1 } });
    expect(await ground.db.strikes.standing()).toEqual([]);
    await ground.report(second, { kind: 'returned', reason: 'it stops' });
    await wait(59_999);
    expect(await open()).toEqual([]);
    for (const { failures, failedOn } of await ground.jobs()) expect([failures, failedOn]).toEqual([0, []]);

    await wait(1);
    const [canary, ...others] = await open();
    expect(others).toEqual([]);
    if (canary) await build(canary);
    expect((await drone('drone-1')).badUpload).toBeNull();
    await ground.round.execute();
    expect(await open()).toHaveLength(2);
  });
});

describe('whatever goes wrong', () => {
  it('every job comes to an end within its bounds, though all drones fail all of it (S5)', async () => {
    await enrol('drone-2');
    await ground.start(wide(6));
    const classes = [
      'compile',
      'killed',
      'fetch',
      'upload',
      'out-of-memory',
      'timeout',
      'disk-full',
    ] as const;
    let n = 0;
    for (let days = 0; days < 40; days += 1) {
      await drive(() => failed(classes[n++ % classes.length] ?? 'unknown'));
      await wait(3_600_000);
    }
    const { maxFailures, maxReclaims } = policy.retry;
    for (const job of await ground.jobs()) {
      expect(job.state).toBe('quarantined');
      expect(job.attempt).toBeLessThanOrEqual(maxFailures + maxReclaims);
    }
  });

  it('a lone drone that was at fault leaves no package behind in a plan that is over (S2, Q7)', async () => {
    await ground.start(wide(2));
    await drive(() => failed('compile'));
    expect(await states()).toEqual(['quarantined', 'quarantined']);
    const first = ground.planId;
    const plans = (): Promise<unknown> => ground.db.plans.find(first);
    expect(await plans()).toMatchObject({ value: { state: 'complete' } });

    await ground.plan(wide(3));
    await drive(() => failed('compile'));
    expect((await drone('drone-1')).state).toBe('grounded');
    await ground.round.execute();
    ground.planId = first;
    expect(await states()).toEqual(['superseded', 'superseded']);
  });
});
