import { randomUUID } from 'node:crypto';

import { beforeAll, expect, it } from '@jest/globals';
import { outgoing } from '@swarm/contracts';
import type { Artifact } from '@swarm/domain-release';
import type { Outgoing } from '@swarm/kernel';

import type { Database } from '../database.js';
import type { TestLedger } from './ledgers.contract.js';
import {
  anArtifact,
  aNeededJob,
  aPlanWithJobs,
  AT,
  delegation,
  later,
  sha256Of,
  unknownMessage,
} from './samples.contract.js';

function received({ attemptId, jobId, cpv, sha256 }: Artifact): Outgoing {
  const id = randomUUID();
  return outgoing('ArtifactReceived', id, { id, at: AT.toISOString(), attemptId, jobId, cpv, sha256 });
}

/** What every ArtifactRepository and GenerationRepository does. */
export function artifactRepositoryContract(ledger: () => TestLedger): void {
  let db: Database;
  beforeAll(() => {
    db = ledger().open();
  });

  it('says what an upload must be, for each attempt that ever was', async () => {
    const job = await aNeededJob(db);
    const { attempt, ...change } = delegation(job, 1);
    await db.jobs.save({ ...change, attempt });
    const { profile, cpv, slot, use, repository, buildKey } = job.spec;
    const expected = { profile, cpv, slot, use, repository, buildKey, synthetic: false };
    expect(await db.artifacts.expectation(attempt.id)).toEqual({
      attemptId: attempt.id,
      jobId: job.id,
      drone: attempt.drone,
      tokenSha256: attempt.tokenSha256,
      ...expected,
    });
    expect(await db.artifacts.expectation(randomUUID())).toBeUndefined();
    expect(await db.artifacts.expectation('../../etc/passwd')).toBeUndefined();
  });

  it('takes the first artifact of a job, whatever races', async () => {
    const own = ledger().open();
    const first = await anArtifact(own, await aNeededJob(own));
    const rivals = Array.from({ length: 20 }, (_, i) => ({ ...first, sha256: sha256Of(i) }));
    const results = await Promise.all(rivals.map((rival) => own.artifacts.receive(rival, [received(rival)])));
    const winners = rivals.filter((_, i) => results[i] === 'stored');
    expect(winners).toHaveLength(1);
    expect(await own.artifacts.ofJob(first.jobId)).toEqual(winners[0]);
    const told = (await own.outbox.unsent(100)).filter(({ message }) => message === 'ArtifactReceived');
    expect(told).toHaveLength(1);
    expect(await own.artifacts.ofJob('no-uuid')).toBeUndefined();
  });

  it.each<[string, Artifact['abi']]>([
    ['is not known', null],
    ['is empty', {}],
    [
      'has names and digests',
      {
        'x86_64:libfoo.so.6': { digest: 'd', symbols: ['_ZN1a1bEv', 'foo@FOO_1.0'] },
        'x86_32:libLLVM.so.18': { digest: 'e', symbols: null },
      },
    ],
  ])('keeps what an artifact exports, when that %s (Q15)', async (_what, abi) => {
    const artifact = await anArtifact(db, await aNeededJob(db), { abi });
    await db.artifacts.receive(artifact, []);
    expect(await db.artifacts.ofJob(artifact.jobId)).toEqual(artifact);
    await db.artifacts.publish([{ jobId: artifact.jobId, path: 'a/a-1.gpkg.tar' }], []);
    const [published] = await db.artifacts.byBuildKeys(artifact.profile, [artifact.buildKey]);
    expect(published?.abi).toEqual(abi);
  });

  it('refuses an artifact of a job that never was, and stores no half of one', async () => {
    const artifact = await anArtifact(db, await aNeededJob(db));
    await expect(db.artifacts.receive({ ...artifact, jobId: randomUUID() }, [])).rejects.toThrow();
    await expect(db.artifacts.receive(artifact, [unknownMessage])).rejects.toThrow('NobodyKnows');
    expect(await db.artifacts.ofJob(artifact.jobId)).toBeUndefined();
    expect(await db.artifacts.receive(artifact, [])).toBe('stored');
  });

  it('tells of a refused upload once', async () => {
    const own = ledger().open();
    const id = randomUUID();
    const told = {
      id,
      at: AT.toISOString(),
      attemptId: randomUUID(),
      cpv: 'a/b-1',
      drone: 'd',
      reason: 'r',
      message: 'm',
    };
    await own.artifacts.refuse([outgoing('ArtifactRefused', id, told)]);
    await own.artifacts.refuse([outgoing('ArtifactRefused', id, told)]);
    expect(await own.outbox.unsent(10)).toMatchObject([{ id }]);
  });

  it('moves artifacts from received to published, and finds them by path, build key and digest', async () => {
    const { profile, jobs } = await aPlanWithJobs(db, 3, { buildKey: 'same' });
    const artifacts: Artifact[] = [];
    for (const [i, job] of jobs.entries()) {
      artifacts.push(await anArtifact(db, job, { sha256: sha256Of(100 + i), receivedAt: later(i) }));
    }
    for (const artifact of artifacts) await db.artifacts.receive(artifact, []);
    const own = (found: readonly Artifact[]): readonly Artifact[] =>
      found.filter((a) => a.profile === profile);
    expect(own(await db.artifacts.unpublished())).toEqual(artifacts);
    expect(await db.artifacts.published(profile)).toEqual([]);
    expect(await db.artifacts.byBuildKeys(profile, ['same'])).toEqual([]);
    expect(await db.artifacts.staged(profile, ['same'])).toEqual([]);

    const paths = ['a/Z-1.gpkg.tar', 'a/a-1.gpkg.tar', 'a/B-1.gpkg.tar'];
    const published = artifacts.map((a, i): Artifact => ({ ...a, state: 'published', path: paths[i] ?? '' }));
    const request = published.map(({ jobId, path }) => ({ jobId, path: path ?? '' }));
    await expect(
      db.artifacts.publish([...request, { jobId: randomUUID(), path: 'x' }], []),
    ).rejects.toThrow();
    expect(own(await db.artifacts.unpublished())).toHaveLength(3);
    await db.artifacts.publish(request, []);
    await db.artifacts.publish(request, []);

    const [z, a, b] = published;
    expect(await db.artifacts.published(profile)).toEqual([b, z, a]);
    expect(own(await db.artifacts.unpublished())).toEqual([]);
    expect(await db.artifacts.byBuildKeys(profile, ['same', 'none'])).toEqual([b]);
    if (!b) throw new Error('no artifact');
    const { buildKey, jobId, attemptId, sha256, cpv, path, receivedAt } = b;
    expect(await db.artifacts.staged(profile, ['none', 'same', 'same'])).toEqual([
      { buildKey, jobId, attemptId, sha256, cpv, path, receivedAt },
    ]);
    expect(await db.artifacts.staged(profile, [])).toEqual([]);
    expect(await db.artifacts.bySha256s(profile, [sha256Of(100), sha256Of(101), 'none'])).toEqual([z, a]);
  });

  it('lists the published builds of packages, newest first, with what they were built from (S33)', async () => {
    const { profile, jobs } = await aPlanWithJobs(db, 2, { bootstrap: true });
    const other = await aPlanWithJobs(db, 1, { profile, inputs: null });
    for (const [i, job] of [...jobs, ...other.jobs].entries()) {
      const artifact = await anArtifact(db, job, { sha256: sha256Of(200 + i), receivedAt: later(i) });
      await db.artifacts.receive(artifact, []);
      if (i === 0) expect(await db.artifacts.builds(profile, ['dev-libs/icu'])).toEqual([]);
      await db.artifacts.publish([{ jobId: job.id, path: `icu/icu-${i}.gpkg.tar` }], []);
    }
    const builds = await db.artifacts.builds(profile, ['dev-libs/icu', 'dev-libs/none']);
    expect(builds.map(({ buildKey }) => buildKey)).toEqual([1, 0].map((i) => jobs[i]?.spec.buildKey));
    expect(builds[0]).toMatchObject({
      inputs: jobs[1]?.spec.inputs,
      needs: ['k1', 'k2'],
      bootstrap: true,
      abi: { 'x86_64:libicuuc.so.74': { digest: 'd1' } },
    });
    expect(await db.artifacts.builds(profile, ['dev-libs/none'])).toEqual([]);
    expect(await db.artifacts.builds(profile, [])).toEqual([]);
  });

  it('has one current generation of a profile: promoting one makes the other past, either way', async () => {
    const { profile, plan } = await aPlanWithJobs(db, 0);
    const generation = (number: number) => {
      const made = { profile, planId: plan.id, createdAt: later(number), artifacts: [sha256Of(number)] };
      return { ...made, number, state: 'preparing' as const };
    };
    expect(await db.generations.prepare(generation(1))).toBe('stored');
    expect(await db.generations.prepare(generation(1))).toBe('taken');
    expect(await db.generations.prepare(generation(2))).toBe('stored');
    expect(await db.generations.ofPlan(plan.id)).toEqual(generation(2));
    const states = async () => (await db.generations.of(profile)).map(({ state }) => state);

    await db.generations.promote(profile, 1, []);
    expect(await states()).toEqual(['current', 'preparing']);
    await expect(db.generations.promote(profile, 2, [unknownMessage])).rejects.toThrow('NobodyKnows');
    expect(await states()).toEqual(['current', 'preparing']);
    await Promise.all([db.generations.promote(profile, 2, []), db.generations.promote(profile, 2, [])]);
    expect(await states()).toEqual(['past', 'current']);
    await db.generations.promote(profile, 1, []);
    expect(await states()).toEqual(['current', 'past']);
    await expect(db.generations.promote(profile, 3, [])).rejects.toThrow();
    expect(await states()).toEqual(['current', 'past']);
    expect(await db.generations.ofPlan('no-uuid')).toBeUndefined();
  });
}
