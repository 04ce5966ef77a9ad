import type { Artifact, ArtifactRepository, StagedArtifact } from '@swarm/domain-release';
import { z } from 'zod';

import { type Artifact as ArtifactRow, Prisma } from './generated/prisma/client.js';
import { Abi } from './artifact-abi.js';
import type { Ledger } from './ledger.js';
import { storeMessages } from './messages.js';
import { storedBuilds } from './stored-builds.js';
import { isUuid, parsed } from './row.js';
import { storableJson } from './storable.js';

const State = z.enum(['received', 'published']);
const Metadata = z.record(z.string(), z.string());

/** Artifacts over Postgres. */
export function postgresArtifacts(ledger: Ledger): ArtifactRepository {
  const { prisma, source } = ledger;
  const list = async (query: Prisma.ArtifactFindManyArgs): Promise<Artifact[]> =>
    (await prisma.artifact.findMany(query)).map(artifactOfRow);
  const newestFirst = { receivedAt: 'desc' } as const;
  return {
    expectation: async (attemptId) => {
      if (!isUuid(attemptId)) return undefined;
      const select = { id: true, drone: true, tokenSha256: true, job: true } as const;
      const row = await prisma.attempt.findUnique({ where: { id: attemptId }, select });
      if (!row) return undefined;
      const { id: jobId, profile, cpv, slot, use, repository, buildKey, synthetic } = row.job;
      const job = { jobId, profile, cpv, slot, use, repository, buildKey, synthetic: synthetic !== null };
      return { attemptId: row.id, drone: row.drone, tokenSha256: row.tokenSha256, ...job };
    },
    ofJob: async (jobId) => {
      if (!isUuid(jobId)) return undefined;
      const row = await prisma.artifact.findUnique({ where: { jobId } });
      return row ? artifactOfRow(row) : undefined;
    },
    receive: (artifact, outgoing) =>
      prisma.$transaction(async (tx) => {
        const { count } = await tx.artifact.createMany({
          data: [rowOfArtifact(artifact)],
          skipDuplicates: true,
        });
        if (count === 0) return 'taken';
        await storeMessages(tx, source, outgoing);
        return 'stored';
      }),
    refuse: (outgoing) => prisma.$transaction((tx) => storeMessages(tx, source, outgoing)),
    unpublished: () =>
      list({ where: { state: 'received' }, orderBy: [{ receivedAt: 'asc' }, { jobId: 'asc' }] }),
    publish: (paths, outgoing) =>
      prisma.$transaction(async (tx) => {
        const jobIds = paths.map(({ jobId }) => jobId);
        const count = await tx.$executeRaw`
          update artifact set state = 'published', path = given.path
          from unnest(${jobIds}::uuid[], ${paths.map(({ path }) => path)}::text[]) as given (job_id, path)
          where artifact.job_id = given.job_id`;
        if (count !== new Set(jobIds).size) throw new Error('a published artifact was never received');
        await storeMessages(tx, source, outgoing);
      }),
    published: async (profile) => byPath(await list({ where: { profile, state: 'published' } })),
    byBuildKeys: (profile, buildKeys) =>
      list({
        where: { profile, state: 'published', buildKey: { in: [...buildKeys] } },
        distinct: ['buildKey'],
        orderBy: [{ buildKey: 'asc' }, newestFirst],
      }),
    staged: (profile, buildKeys) => stagedArtifacts(ledger, profile, buildKeys),
    builds: (profile, packages) => storedBuilds(ledger, profile, packages),
    bySha256s: async (profile, sha256s) =>
      byPath(
        await list({
          where: { profile, state: 'published', sha256: { in: [...sha256s] } },
          distinct: ['sha256'],
          orderBy: [{ sha256: 'asc' }, newestFirst],
        }),
      ),
  };
}

/** See `ArtifactRepository.staged`. The keys are one parameter: there may be more than a statement has room for. */
async function stagedArtifacts(
  { pool }: Ledger,
  profile: string,
  buildKeys: readonly string[],
): Promise<readonly StagedArtifact[]> {
  if (buildKeys.length === 0) return [];
  const { rows } = await pool.query<StagedArtifact>({
    name: 'staged-artifacts',
    text: `select distinct on (build_key) build_key as "buildKey", job_id as "jobId", attempt_id as "attemptId",
             sha256, cpv, path, received_at as "receivedAt"
           from artifact where profile = $1 and state = 'published' and build_key = any($2)
           order by build_key, received_at desc`,
    values: [profile, [...new Set(buildKeys)]],
  });
  return rows;
}

/** In the order of the index, whatever the collation of the database is. */
function byPath(artifacts: readonly Artifact[]): readonly Artifact[] {
  return artifacts.toSorted((a, b) => compare(a.path ?? '', b.path ?? ''));
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function rowOfArtifact({ sizeBytes, metadata, abi, ...rest }: Artifact): Prisma.ArtifactCreateManyInput {
  return {
    ...rest,
    sizeBytes: BigInt(sizeBytes),
    metadata: storableJson(metadata),
    abi: abi === null ? Prisma.DbNull : storableJson(abi),
  };
}

function artifactOfRow({ sizeBytes, ...row }: ArtifactRow): Artifact {
  const name = { table: 'artifact', id: row.jobId };
  return {
    ...row,
    state: parsed(name, State, row.state),
    sizeBytes: Number(sizeBytes),
    metadata: parsed(name, Metadata, row.metadata),
    abi: parsed(name, Abi, row.abi),
  };
}
