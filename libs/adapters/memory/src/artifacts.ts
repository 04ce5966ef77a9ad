/* eslint-disable @typescript-eslint/require-await -- the ports promise; async also turns a throw into a rejection */
import { packageOf } from '@swarm/domain-ebuild';
import type {
  Artifact,
  ArtifactRepository,
  Generation,
  GenerationRepository,
  StagedArtifact,
  StoredBuild,
} from '@swarm/domain-release';

import { mustExist, type MemoryStore } from './memory-store.js';
import { readyToStore } from './messages.js';

export function memoryArtifacts(store: MemoryStore, source: string): ArtifactRepository {
  const published = (profile: string): Artifact[] =>
    [...store.artifacts.values()].filter((a) => a.profile === profile && a.state === 'published');
  return {
    expectation: async (attemptId) => {
      const attempt = store.attempts.get(attemptId);
      const job = attempt && store.jobs.get(attempt.jobId)?.value;
      if (!job) return undefined;
      const { profile, cpv, slot, use, repository, buildKey, synthetic } = job.spec;
      const expected = { profile, cpv, slot, use, repository, buildKey, synthetic: synthetic !== null };
      return {
        attemptId,
        jobId: job.id,
        drone: attempt.drone,
        tokenSha256: attempt.tokenSha256,
        ...expected,
      };
    },
    ofJob: async (jobId) => store.artifacts.get(jobId),
    receive: async (artifact, outgoing) => {
      if (store.artifacts.has(artifact.jobId)) return 'taken';
      mustExist(store.jobs.has(artifact.jobId), `job ${artifact.jobId}`);
      mustExist(store.attempts.has(artifact.attemptId), `attempt ${artifact.attemptId}`);
      mustExist(store.profiles.has(artifact.profile), `profile ${artifact.profile}`);
      const storeMessages = readyToStore(store, source, outgoing);
      store.artifacts.set(artifact.jobId, artifact);
      storeMessages();
      return 'stored';
    },
    refuse: async (outgoing) => {
      readyToStore(store, source, outgoing)();
    },
    unpublished: async () =>
      [...store.artifacts.values()]
        .filter(({ state }) => state === 'received')
        .sort((a, b) => a.receivedAt.getTime() - b.receivedAt.getTime()),
    publish: async (paths, outgoing) => {
      const changed = paths.map(({ jobId, path }): Artifact => {
        const artifact = store.artifacts.get(jobId);
        if (!artifact) throw new Error('a published artifact was never received');
        return { ...artifact, state: 'published', path };
      });
      const storeMessages = readyToStore(store, source, outgoing);
      for (const artifact of changed) store.artifacts.set(artifact.jobId, artifact);
      storeMessages();
    },
    published: async (profile) => byPath(published(profile)),
    byBuildKeys: async (profile, buildKeys) => {
      const wanted = new Set(buildKeys);
      return newestOfEach(
        published(profile).filter(({ buildKey }) => wanted.has(buildKey)),
        ({ buildKey }) => buildKey,
      );
    },
    staged: async (profile, buildKeys) => staged(published(profile), new Set(buildKeys)),
    builds: async (profile, packages) => storedBuilds(store, published(profile), packages),
    bySha256s: async (profile, sha256s) => {
      const wanted = new Set(sha256s);
      const found = published(profile).filter(({ sha256 }) => wanted.has(sha256));
      return byPath(newestOfEach(found, ({ sha256 }) => sha256));
    },
  };
}

function storedBuilds(
  store: MemoryStore,
  artifacts: readonly Artifact[],
  packages: readonly string[],
): readonly StoredBuild[] {
  const wanted = new Set(packages);
  return artifacts
    .toSorted((a, b) => b.receivedAt.getTime() - a.receivedAt.getTime())
    .flatMap(({ jobId, abi }) => {
      const spec = store.jobs.get(jobId)?.value.spec;
      if (!spec?.inputs || !wanted.has(packageOf(spec.cpv))) return [];
      const { buildKey, inputs, bootstrap, needs } = spec;
      return [{ buildKey, inputs, bootstrap, needs: needs.map((need) => need.buildKey), abi }];
    });
}

function byPath(artifacts: readonly Artifact[]): readonly Artifact[] {
  return artifacts.toSorted((a, b) => ((a.path ?? '') < (b.path ?? '') ? -1 : 1));
}

function newestOfEach(
  artifacts: readonly Artifact[],
  keyOf: (artifact: Artifact) => string,
): readonly Artifact[] {
  const newest = new Map<string, Artifact>();
  for (const artifact of artifacts) {
    const other = newest.get(keyOf(artifact));
    if (!other || other.receivedAt < artifact.receivedAt) newest.set(keyOf(artifact), artifact);
  }
  return [...newest.values()];
}

export function memoryGenerations(store: MemoryStore, source: string): GenerationRepository {
  const ofProfile = (profile: string): readonly Generation[] => store.generations.get(profile) ?? [];
  return {
    of: async (profile) => ofProfile(profile),
    ofPlan: async (planId) =>
      [...store.generations.values()]
        .flat()
        .filter((generation) => generation.planId === planId)
        .toSorted((a, b) => b.number - a.number)[0],
    prepare: async (generation) => {
      const known = ofProfile(generation.profile);
      if (known.some(({ number }) => number === generation.number)) return 'taken';
      mustExist(store.profiles.has(generation.profile), `profile ${generation.profile}`);
      mustExist(store.plans.has(generation.planId), `plan ${generation.planId}`);
      const all = [...known, generation].sort((a, b) => a.number - b.number);
      store.generations.set(generation.profile, all);
      return 'stored';
    },
    promote: async (profile, number, outgoing) => {
      const known = ofProfile(profile);
      const exists = known.some((generation) => generation.number === number);
      if (!exists) throw new Error(`profile ${profile} has no generation ${number}`);
      const storeMessages = readyToStore(store, source, outgoing);
      store.generations.set(
        profile,
        known.map((generation) => promoted(generation, number)),
      );
      storeMessages();
    },
  };
}

function promoted(generation: Generation, number: number): Generation {
  if (generation.number === number) return { ...generation, state: 'current' };
  return generation.state === 'current' ? { ...generation, state: 'past' } : generation;
}

function staged(published: readonly Artifact[], wanted: ReadonlySet<string>): readonly StagedArtifact[] {
  const found = published.filter(({ buildKey }) => wanted.has(buildKey));
  return newestOfEach(found, ({ buildKey }) => buildKey).map(
    ({ buildKey, jobId, attemptId, sha256, cpv, path, receivedAt }) => ({
      ...{ buildKey, jobId, attemptId, sha256, cpv, receivedAt },
      path: path ?? '',
    }),
  );
}
