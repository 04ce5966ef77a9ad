import type { StoredBuild } from '@swarm/domain-release';
import { z } from 'zod';

import { Abi } from './artifact-abi.js';
import { inputsOfRow } from './job-row.js';
import type { Ledger } from './ledger.js';
import { parsed } from './row.js';

/** Builds of one package that a plan looks at: more versions than are ever of use at once. */
const MAX_BUILDS_PER_PACKAGE = 24;

const Keys = z.array(z.string());

interface Row {
  readonly id: string;
  readonly buildKey: string;
  readonly inputs: unknown;
  readonly bootstrap: boolean;
  readonly needs: unknown;
  readonly abi: unknown;
}

/** See `ArtifactRepository.builds`. */
export async function storedBuilds(
  { pool }: Ledger,
  profile: string,
  packages: readonly string[],
): Promise<readonly StoredBuild[]> {
  if (packages.length === 0) return [];
  const { rows } = await pool.query<Row>(
    `select id, "buildKey", inputs, bootstrap, needs, abi from (
       select job.id, job.build_key as "buildKey", job.inputs, job.bootstrap, artifact.abi, artifact.received_at,
         jsonb_path_query_array(job.needs, '$[*].buildKey') as needs,
         row_number() over (partition by job.package order by artifact.received_at desc) as place
       from job join artifact on artifact.job_id = job.id
       where job.profile = $1 and job.package = any($2) and job.inputs is not null and artifact.state = 'published'
     ) as found
     where place <= ${MAX_BUILDS_PER_PACKAGE}
     order by received_at desc, id`,
    [profile, packages],
  );
  return rows.map((row) => {
    const name = { table: 'job', id: row.id };
    const { buildKey, bootstrap } = row;
    const needs = parsed(name, Keys, row.needs);
    return { buildKey, inputs: inputsOfRow(row), bootstrap, needs, abi: parsed(name, Abi, row.abi) };
  });
}
