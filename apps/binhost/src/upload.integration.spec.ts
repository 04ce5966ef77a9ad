import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ArtifactAbi, compareAbi } from '@swarm/domain-binpkg';
import type { RunningService } from '@swarm/platform';
import { waitFor } from '@swarm/testing';

import {
  eventsOf,
  gpkg,
  MAX_BYTES,
  Planner,
  sha256Of,
  textAt,
  upload,
  type Work,
} from './binhost.fixture.js';
import { Ground } from './ground.contract.js';

const IDLE_MS = 300;

let ground: Ground;
let service: RunningService;

beforeAll(async () => {
  ground = await Ground.lay();
  service = await ground.start({
    upload: { maxBytes: MAX_BYTES, idleMs: IDLE_MS, totalMs: 60_000, atOnce: 16 },
  });
});
afterAll(() => ground[Symbol.asyncDispose]());

async function oneJob(
  cpv: string,
  kind: 'portage' | 'synthetic' = 'portage',
): Promise<Work & { readonly profile: string }> {
  const planner = new Planner(ground.db, undefined, kind);
  const [work] = await planner.plan([cpv]);
  if (work === undefined) throw new Error('no job');
  return { ...work, profile: planner.profile };
}

const stagingIndex = (profile: string): Promise<string | undefined> =>
  textAt(`${service.url}/staging/${profile}/Packages`);

/** libgreet.so.1 of this source. */
async function libraryOf(source: string): Promise<Uint8Array> {
  const directory = await mkdtemp(join(tmpdir(), 'libgreet-'));
  try {
    const out = join(directory, 'libgreet.so.1');
    const flags = ['-shared', '-fPIC', '-nostdlib', '-Wl,-soname,libgreet.so.1', '-x', 'c', '-o', out, '-'];
    execFileSync('gcc', flags, { input: source });
    return await readFile(out);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** The ledger has no artifact, the index no entry, the disk nothing half. */
async function expectUntouched({ jobId, profile }: Awaited<ReturnType<typeof oneJob>>): Promise<void> {
  expect(await ground.db.artifacts.ofJob(jobId)).toBeUndefined();
  expect((await stagingIndex(profile)) ?? '').not.toContain('CPV:');
  await waitFor(async () => (await readdir(join(ground.directory, 'incoming'))).length === 0, {
    what: 'no part files',
  });
}

describe('a drone that offers a wrong artifact', () => {
  const cpv = 'lab-apps/greet-1.0';
  const good = gpkg(cpv);
  const flipped = Uint8Array.from(good);
  const middle = Math.floor(good.length / 2);
  flipped[middle] = (flipped[middle] ?? 0) ^ 1;
  const noise = new Uint8Array(1024);

  const refusals: readonly (readonly [what: string, bytes: Uint8Array, status: number, reason: RegExp])[] = [
    ['another version', gpkg('lab-apps/greet-1.1'), 422, /^wrong-cpv$/],
    ['another package', gpkg('lab-libs/greet-1.0'), 422, /^wrong-cpv$/],
    ['S27: another revision', gpkg('lab-apps/greet-1.0-r1'), 422, /^wrong-cpv$/],
    ['another slot', gpkg(cpv, { slot: '2' }), 422, /^wrong-slot$/],
    ['other USE flags', gpkg(cpv, { use: 'amd64 debug' }), 422, /^wrong-use$/],
    ['a package of another repository', gpkg(cpv, { repository: 'other' }), 422, /^wrong-repository$/],
    ['a synthetic package for a real job', gpkg(cpv, { synthetic: true }), 422, /^wrong-origin$/],
    [
      'a truncated package',
      good.subarray(0, good.length - 6 * 1024),
      422,
      /^(?:truncated|malformed-container|bad-manifest|digest-mismatch)$/,
    ],
    [
      'a package with a flipped byte',
      flipped,
      422,
      /^(?:digest-mismatch|malformed-container|bad-manifest|bad-metadata)$/,
    ],
    ['S27: a kilobyte of zeros', noise, 422, /^not-a-binpkg$/],
    ['more bytes than are taken', new Uint8Array(MAX_BYTES + 1), 413, /^too-large$/],
  ];

  it.each(refusals)(
    'is refused for %s, and told why; the index never shows it',
    async (_what, bytes, status, reason) => {
      const work = await oneJob(cpv);
      const answer = await upload(service.url, work, bytes);
      expect(answer).toEqual({
        status,
        body: { reason: expect.stringMatching(reason), message: expect.any(String) },
      });
      expect(await eventsOf(ground.db, 'ArtifactRefused', work.attemptId)).toEqual([
        expect.objectContaining({ attemptId: work.attemptId, cpv, drone: 'drone-1', ...answer.body }),
      ]);
      await expectUntouched(work);
      // Refused is the file, not the attempt.
      expect((await upload(service.url, work, good)).status).toBe(201);
    },
  );

  it('is refused for a body that is not what its sha256 says', async () => {
    const work = await oneJob(cpv);
    const answer = await upload(service.url, work, good, { 'x-swarm-sha256': sha256Of('other') });
    expect(answer).toMatchObject({ status: 422, body: { reason: 'wrong-sha256' } });
    expect(await eventsOf(ground.db, 'ArtifactRefused', work.attemptId)).toMatchObject([
      { reason: 'wrong-sha256' },
    ]);
    await expectUntouched(work);
  });

  it('makes one event of one refusal, however often it tries', async () => {
    const work = await oneJob(cpv);
    for (let i = 0; i < 3; i++) await upload(service.url, work, noise);
    expect(await eventsOf(ground.db, 'ArtifactRefused', work.attemptId)).toHaveLength(1);
  });

  it('is refused for a real package in a synthetic profile', async () => {
    const work = await oneJob(cpv, 'synthetic');
    expect(await upload(service.url, work, good)).toMatchObject({
      status: 422,
      body: { reason: 'wrong-origin' },
    });
    await expectUntouched(work);
    expect((await upload(service.url, work, gpkg(cpv, { synthetic: true }))).status).toBe(201);
  });
});

describe('an upload', () => {
  const cpv = 'lab-libs/libgreet-2.0-r1';
  const good = gpkg(cpv);

  it('S27: of a package with a revision is accepted', async () => {
    const work = await oneJob(cpv);
    expect(await upload(service.url, work, good)).toEqual({ status: 201, body: { sha256: sha256Of(good) } });
    expect(await ground.db.artifacts.ofJob(work.jobId)).toMatchObject({
      cpv,
      sha256: sha256Of(good),
      attemptId: work.attemptId,
    });
    expect(await eventsOf(ground.db, 'ArtifactReceived', work.jobId)).toMatchObject([
      { sha256: sha256Of(good), cpv },
    ]);
  });

  it('Q15: is kept with what it exports, so that its rebuild can be compared with it', async () => {
    const abiOf = async (content: string | Uint8Array): Promise<ArtifactAbi | null> => {
      const work = await oneJob(cpv);
      expect((await upload(service.url, work, gpkg(cpv, { content }))).status).toBe(201);
      const artifact = await ground.db.artifacts.ofJob(work.jobId);
      return artifact === undefined ? null : artifact.abi;
    };
    const before = await abiOf(await libraryOf('int greet; int part;'));
    expect(Object.values(before ?? {})).toMatchObject([{ symbols: ['greet', 'part'] }]);
    expect(
      compareAbi(before, await abiOf(await libraryOf('int greet = 2; int part; int wave;'))).compatible,
    ).toBe(true);
    expect(compareAbi(before, await abiOf(await libraryOf('int greet;'))).changes).toEqual([
      'libgreet.so.1 lost 1 symbol: part',
    ]);
    expect(await abiOf('hello')).toEqual({});
  });

  it('Q20: without the token of its attempt finishes nothing, whoever sends it', async () => {
    const [work, other] = [await oneJob(cpv), await oneJob(cpv)];
    const asOther = await upload(service.url, { ...work, token: other.token }, good);
    expect(asOther).toMatchObject({ status: 403, body: { reason: 'wrong-token' } });
    const asNobody = await upload(service.url, work, good, { authorization: undefined });
    expect(asNobody).toMatchObject({ status: 401, body: { reason: 'token-required' } });
    expect(await eventsOf(ground.db, 'ArtifactRefused', work.attemptId)).toMatchObject([
      { reason: 'wrong-token' },
    ]);
    await expectUntouched(work);
  });

  it('says which header is missing', async () => {
    const work = await oneJob(cpv);
    expect(await upload(service.url, work, good, { 'content-length': undefined })).toMatchObject({
      status: 411,
    });
    const answer = await upload(service.url, work, good, { 'x-swarm-sha256': undefined });
    expect(answer).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('x-swarm-sha256') },
    });
    await expectUntouched(work);
  });

  it.each(['00000000-0000-4000-8000-000000000000', 'nonsense'])(
    'for an attempt that never was (%s) is not found',
    async (attemptId) => {
      expect(await upload(service.url, { attemptId, token: 'x' }, good)).toMatchObject({
        status: 404,
        body: { reason: 'unknown-attempt' },
      });
    },
  );

  it('S16: of which nothing arrives any more is ended, and may be tried again', async () => {
    const work = await oneJob(cpv);
    const answer = await upload(service.url, work, good.subarray(0, 100), {
      'content-length': String(good.length),
    });
    expect(answer).toMatchObject({
      status: 408,
      body: { reason: 'interrupted', message: `no byte arrived for ${IDLE_MS} ms` },
    });
    expect(await eventsOf(ground.db, 'ArtifactRefused', work.attemptId)).toMatchObject([
      { reason: 'interrupted' },
    ]);
    await expectUntouched(work);
    expect((await upload(service.url, work, good)).status).toBe(201);
  });

  it('of the same file again is told that all is well, with its own token only', async () => {
    const work = await oneJob(cpv);
    expect((await upload(service.url, work, good)).status).toBe(201);
    expect(await upload(service.url, work, good)).toEqual({ status: 200, body: { sha256: sha256Of(good) } });
    expect((await upload(service.url, { ...work, token: 'other' }, good)).status).toBe(403);
  });

  it('of a second, different artifact of a job is told that the first one stays', async () => {
    const work = await oneJob(cpv);
    expect((await upload(service.url, work, good)).status).toBe(201);
    const other = gpkg(cpv, { content: 'another build' });
    expect(await upload(service.url, work, other)).toMatchObject({ status: 409, body: { reason: 'taken' } });
    expect(await ground.db.artifacts.ofJob(work.jobId)).toMatchObject({ sha256: sha256Of(good) });
  });
});

describe('a job that ran on two drones', () => {
  const cpv = 'lab-libs/twice-1';
  const builds = ['one', 'two'].map((content) => gpkg(cpv, { content }));

  it('takes the valid artifact of the late attempt when it has none', async () => {
    const planner = new Planner(ground.db);
    const [late] = await planner.plan([cpv]);
    if (late === undefined || builds[0] === undefined) throw new Error('no job');
    await planner.redelegate(late);
    expect((await upload(service.url, late, builds[0])).status).toBe(201);
    expect(await ground.db.artifacts.ofJob(late.jobId)).toMatchObject({ attemptId: late.attemptId });
  });

  it('Q19: has exactly one artifact, however its two uploads race', async () => {
    for (let round = 0; round < 10; round++) {
      const planner = new Planner(ground.db);
      const [late] = await planner.plan([cpv]);
      if (late === undefined) throw new Error('no job');
      const attempts = [late, await planner.redelegate(late)];
      const answers = await Promise.all(
        builds.map((build, i) => upload(service.url, attempts[i] ?? late, build)),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
      const winner = answers.findIndex(({ status }) => status === 201);
      expect(await ground.db.artifacts.ofJob(late.jobId)).toMatchObject({
        attemptId: attempts[winner]?.attemptId,
        sha256: sha256Of(builds[winner] ?? ''),
      });
      expect(await eventsOf(ground.db, 'ArtifactReceived', late.jobId)).toHaveLength(1);
      const index = await waitFor(async () => {
        const text = (await stagingIndex(planner.profile)) ?? '';
        return text.includes('CPV:') && text;
      });
      expect(index.match(/^CPV: /gm)).toHaveLength(1);
    }
  });
});
