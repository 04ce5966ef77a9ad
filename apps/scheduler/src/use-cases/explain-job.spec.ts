import { randomUUID } from 'node:crypto';

import { beforeEach, describe, expect, it } from '@jest/globals';
import { openMemoryDatabase, type MemoryDatabase } from '@swarm/adapter-memory';
import { WhyAnswered, type WhyAnswer } from '@swarm/contracts';
import { cpvOf } from '@swarm/domain-ebuild';
import type { AttemptId, DroneName, Job, JobEvent, JobId, PlanId, Sha256 } from '@swarm/domain-job';
import type { Plan } from '@swarm/domain-plan';
import { nothingKnown, WorkBoard, type FleetDrone, type Pause, type WhyView } from '@swarm/domain-scheduling';
import { ManualClock } from '@swarm/testing';

import { ExplainJob } from './explain-job.js';

const SHA256 = 'a'.repeat(64) as Sha256;

let clock: ManualClock;
let db: MemoryDatabase;
let board: WorkBoard;
let fleet: FleetDrone[];
let pauseOf: WhyView['pauseOf'];

beforeEach(async () => {
  clock = new ManualClock();
  db = openMemoryDatabase({ source: 'scheduler' });
  for (const name of ['lab', 'arm']) {
    await db.profiles.put({ name, kind: 'portage', targets: [], createdAt: clock.now() });
  }
  board = new WorkBoard({ maxFailures: 3, maxReclaims: 10 }, () => ({ medianMs: 240_000, sigma: 0.3 }));
  fleet = [drone('d1')];
  pauseOf = () => undefined;
});

function drone(name: string): FleetDrone {
  const [at, incarnation] = [clock.now(), 'i'];
  const vitals = { draining: false, load1: 0, freeDiskBytes: 1e11, freeMemoryBytes: 8e9 };
  const about = { executor: 'portage' as const, slots: 1, cores: 4, memoryBytes: 8e9, portageVersion: '3' };
  return {
    drone: {
      ...{ name, state: 'online', reason: '', incarnation, enrolledAt: at },
      ...{ grounding: null, badUpload: null, drain: null },
      capabilities: { profile: 'lab', ...about },
      lastSign: { incarnation, sequence: 1, at, attempts: [], ...vitals },
    },
    ...{ speed: 1, overheadMs: 0, otherWork: 0 },
  };
}

/** A pause of the profile, from now on. */
function aPause(forMs: number): Pause {
  const [since, until] = [clock.now(), new Date(clock.now().getTime() + forMs)];
  const scope = { kind: 'profile', profile: 'lab' } as const;
  return { id: 'p', scope, author: 'anna', reason: 'the mirror moves', since, until };
}

async function ask(atom: string, profile?: string): Promise<WhyAnswered> {
  const facts = {
    kindOf: () => 'portage' as const,
    refusalOf: () => undefined,
    needOf: () => nothingKnown,
    isKnownToBuild: () => false,
    builtOn: () => new Set<string>(),
  };
  const explain = new ExplainJob({ ...db, clock }, () => ({
    ...{ board, fleet, facts },
    ...(pauseOf && { pauseOf }),
  }));
  const question = { requestId: randomUUID(), atom, ...(profile !== undefined && { profile }) };
  return WhyAnswered.schema.parse(await explain.execute(question));
}

async function only(atom: string): Promise<WhyAnswer> {
  const { answers } = await ask(atom);
  const [answer] = answers;
  if (!answer || answers.length > 1) throw new Error(`${answers.length} answers for ${atom}`);
  return answer;
}

/** A plan whose jobs each need the one before, in the ledger and, unless it is over, on the board. */
async function plan(
  cpvs: readonly string[],
  over: Partial<Plan> = {},
  onBoard = true,
): Promise<readonly Job[]> {
  const id = randomUUID();
  const at = clock.now();
  const jobs = cpvs.map((cpv, index): Job => ({
    ...{ id: randomUUID() as JobId, state: 'waiting', attempt: 0, failures: 0, reclaims: 0, failedOn: [] },
    spec: {
      ...{ planId: id as PlanId, profile: over.profile ?? 'lab', cpv: cpvOf(cpv), slot: '0/0', use: [] },
      ...{ repository: 'lab', buildKey: `key-${cpv}`, inputs: null, bootstrap: false, why: 'new' },
      needs: cpvs.slice(0, index).map((need) => ({ buildKey: `key-${need}`, root: 'target' as const })),
      ...{ criticalPath: 1, synthetic: null, waits: index === 0 ? [] : [index - 1] },
    },
  }));
  const made: Plan = {
    ...{ id, profile: 'lab', targets: ['@world'], configuration: null, origin: 'operator' },
    ...{ state: 'building', createdAt: at, endedAt: null, resolveAttempt: 1, resolving: null },
    ...{ findings: [], members: [], detail: '' },
    ...over,
  };
  await db.plans.create({ ...made, state: 'resolving' }, []);
  if (made.state === 'resolving') return [];
  await db.plans.save({ plan: made, expected: 1, newJobs: jobs, at, outgoing: [] });
  if (onBoard) {
    const entries = jobs.map((job, index) => ({
      ...{ job, revision: 1, since: at },
      waits: index === 0 ? [] : [index - 1],
    }));
    board.addPlan(id, entries, at);
  }
  return jobs;
}

/** As the ledger has it after this. */
async function store(job: Job | undefined, over: Partial<Job>, reason: string): Promise<void> {
  const found = job && (await db.jobs.find(job.id));
  if (!found) throw new Error('no job');
  const changed = { ...found.value, ...over } as Job;
  const change = { job: changed, expected: found.revision, at: clock.now(), reason, outgoing: [] };
  expect(await db.jobs.save(change)).toBe('saved');
}

function move(job: Job | undefined, event: JobEvent): void {
  const moved = job && board.apply(job.id, event, '', clock.now());
  if (!moved?.ok) throw new Error('not moved');
}

function give(job: Job | undefined): void {
  move(job, { type: 'delegated', attemptId: randomUUID() as AttemptId, drone: 'd1' as DroneName });
}

describe('what is in an open plan', () => {
  it('is answered from the board, with what unblocks it and an ETA (Q11)', async () => {
    const [first] = await plan(['a/one-1', 'a/two-1', 'b/two-2']);
    give(first);
    const two = await only('a/two');
    expect(two).toMatchObject({
      ...{
        cpv: 'a/two-1',
        profile: 'lab',
        state: 'waiting',
        kind: 'waiting',
        unblocks: 'a/one-1, once published',
      },
      sentence: 'waits for a/one-1 (is being built on d1, about 4 min more)',
      ...{ since: clock.now().toISOString(), noEta: '' },
    });
    const { at, earliest, latest } = two.eta ?? { at: '', earliest: '', latest: '' };
    expect([earliest < at, at < latest]).toEqual([true, true]);
    const minutes = (Date.parse(at) - clock.now().getTime()) / 60_000;
    expect([minutes > 6, minutes < 12]).toEqual([true, true]);
    expect((await ask('two')).answers.map(({ cpv }) => cpv)).toEqual(['a/two-1', 'b/two-2']);
  });

  it('is asked about as it is at that moment (Q2)', async () => {
    const [first] = await plan(['a/one-1']);
    expect((await only('a/one')).sentence).toBe('is given to d1 next');
    fleet = [];
    expect(await only('a/one')).toMatchObject({
      kind: 'no-drone',
      eta: null,
      noEta: expect.stringMatching(/./),
    });
    fleet = [drone('d1')];
    give(first);
    expect((await only('a/one')).kind).toBe('building');
    clock.advance(3_600_000);
    expect((await only('a/one')).sentence).toContain('longer than 99 of 100');
  });

  it('names the pause that holds it, until that ends (S19)', async () => {
    await plan(['a/one-1']);
    const pause = aPause(60_000);
    pauseOf = () => pause;
    expect(await only('a/one')).toMatchObject({
      kind: 'paused',
      sentence: expect.stringContaining('anna'),
      unblocks: expect.stringContaining('`swarm resume --profile lab`'),
    });
    clock.advance(60_000);
    expect((await only('a/one')).kind).toBe('next');
  });

  it('says why a job of it was cancelled, from its history', async () => {
    const [first] = await plan(['a/one-1']);
    move(first, { type: 'cancelled' });
    await store(first, { state: 'cancelled' }, 'a newer run replaced it');
    expect((await only('a/one')).sentence).toBe('was cancelled: a newer run replaced it');
  });
});

describe('what the board does not hold', () => {
  it('is published, and says in which release (Q11)', async () => {
    const [first] = await plan(['a/one-1'], { state: 'complete' }, false);
    clock.advance(1_000);
    await store(first, { state: 'published', artifact: SHA256 }, 'in the index');
    const published = { state: 'published', kind: 'published', unblocks: '', eta: null };
    expect(await only('a/one')).toMatchObject({ ...published, since: clock.now().toISOString() });
    expect((await only('a/one')).sentence).toBe('is published, and not in a release yet');
    const planId = first?.spec.planId ?? '';
    const generation = { profile: 'lab', number: 1, planId, artifacts: [SHA256], createdAt: clock.now() };
    await db.generations.prepare({ ...generation, state: 'preparing' });
    expect((await only('a/one')).sentence).toBe('is published, and not in a release yet');
    await db.generations.promote('lab', 1, []);
    expect((await only('a/one')).sentence).toBe('is published, in release 1');
  });

  it('is quarantined, or blocked by that, with the reason (Q11)', async () => {
    const [first, second] = await plan(['a/one-1', 'a/two-1'], { state: 'complete' }, false);
    await store(first, { state: 'quarantined', reason: 'gcc: no' }, 'gcc: no');
    await store(second, { state: 'blocked', blockedBy: cpvOf('a/one-1') }, 'needs a/one-1');
    expect(await only('a/one')).toMatchObject({
      ...{ sentence: 'is quarantined: gcc: no', eta: null, noEta: 'it is quarantined' },
      unblocks: expect.stringContaining('swarm quarantine release a/one-1'),
    });
    expect((await only('a/two')).sentence).toBe('is blocked: needs a/one-1, which is quarantined: gcc: no');
  });

  it('may be in a plan that is paused before it is resolved, until that ends (S19, Q11)', async () => {
    await plan([], { state: 'resolving' });
    const pause = aPause(60_000);
    pauseOf = () => pause;
    const until = pause.until.toISOString();
    expect(await only('a/none')).toMatchObject({
      sentence: expect.stringContaining(` of lab is paused by anna until ${until}: the mirror moves, since `),
      unblocks: `\`swarm resume --profile lab\`, or the end of the pause at ${until}`,
    });
    clock.advance(60_000);
    expect((await only('a/none')).sentence).toContain('is being resolved and waits for a drone');
  });

  it('is not planned, with the line that would settle it', async () => {
    const remedies = [{ file: 'package.use', line: 'a/tail -x' }];
    const finding = { id: 'x', kind: 'circular', text: 'they need each other', parents: [], remedies };
    await plan([], { findings: [{ ...finding, packages: ['a/head-1'] }] });
    expect(await only('a/head')).toMatchObject({
      ...{ kind: 'not-planned', state: null, sentence: 'is not planned: they need each other' },
      unblocks: 'the line "a/tail -x" in package.use',
    });
  });

  it('is in no plan, or may be in one that is being resolved (Q11)', async () => {
    expect(await only('a/none')).toMatchObject({
      ...{ cpv: 'a/none', plan: null, kind: 'not-asked', unblocks: '`swarm build a/none`' },
      sentence: 'is in no plan: nobody asked for it',
    });
    await plan([], { state: 'resolving' });
    expect((await only('a/none')).sentence).toMatch(
      /plan [0-9a-f-]{36} of lab is being resolved and waits for a drone/,
    );
  });

  it('gives way to the newest plan that has it', async () => {
    const [old] = await plan(['a/one-1'], { state: 'complete' }, false);
    await store(old, { state: 'quarantined', reason: 'gcc: no' }, 'gcc: no');
    clock.advance(1_000);
    await plan(['a/one-1']);
    expect((await only('a/one')).state).toBe('needed');
    await plan(['a/one-1'], { profile: 'arm' });
    expect((await ask('a/one')).answers.map(({ profile }) => profile)).toEqual(['lab', 'arm']);
    expect((await ask('a/one', 'arm')).answers.map(({ kind }) => kind)).toEqual(['no-drone']);
  });
});

it('says what is wrong with an atom, and answers for no more than it may', async () => {
  expect(await ask('>=a/one')).toMatchObject({
    answers: [],
    mistake: expect.stringContaining('atom: ">=a/one"'),
  });
  await plan(Array.from({ length: 201 }, (_, at) => `a/one-${at + 1}`));
  const { answers, leftOut } = await ask('a/one');
  expect([answers.length, leftOut]).toEqual([200, 1]);
});
