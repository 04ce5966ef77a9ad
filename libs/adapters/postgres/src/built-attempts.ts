import { cpvOf } from '@swarm/domain-ebuild';
import type { BuiltAttempt, DroneName } from '@swarm/domain-job';

import type { Ledger } from './ledger.js';

interface BuiltRow {
  readonly cpv: string;
  readonly slot: string;
  readonly use: string[];
  readonly drone: string;
  readonly coresPerSlot: number;
  readonly wallMs: string;
  readonly dependenciesMs: string;
  readonly buildMs: string;
  readonly uploadMs: string;
  readonly sizeBytes: string | null;
}

const READ = `
  select job.cpv, job.slot, job.use, attempt.drone,
    coalesce(drone.cores::float / nullif(drone.slots, 0), 1) as "coresPerSlot",
    attempt.wall_ms as "wallMs", attempt.dependencies_ms as "dependenciesMs",
    attempt.build_ms as "buildMs", attempt.upload_ms as "uploadMs", artifact.size_bytes as "sizeBytes"
  from attempt
    join job on job.id = attempt.job_id
    left join drone on drone.name = attempt.drone
    left join artifact on artifact.job_id = attempt.job_id
  where attempt.state = 'succeeded' and attempt.build_ms is not null
  order by attempt.ended_at desc
  limit $1`;

/** See `JobRepository.builtAttempts`. */
export async function builtAttempts({ pool }: Ledger, limit: number): Promise<readonly BuiltAttempt[]> {
  const { rows } = await pool.query<BuiltRow>({ name: 'built-attempts', text: READ, values: [limit] });
  return rows.map(({ cpv, slot, use, drone, coresPerSlot, sizeBytes, ...times }) => ({
    ...{ cpv: cpvOf(cpv), slot, use, drone: drone as DroneName, coresPerSlot },
    measured: {
      wallMs: Number(times.wallMs),
      dependenciesMs: Number(times.dependenciesMs),
      buildMs: Number(times.buildMs),
      uploadMs: Number(times.uploadMs),
    },
    sizeBytes: sizeBytes === null ? null : Number(sizeBytes),
  }));
}
