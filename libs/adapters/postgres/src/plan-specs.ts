import type { JobSpec, PlanId } from '@swarm/domain-job';

import { specOfRow, type JobSpecRow } from './job-row.js';
import type { Ledger } from './ledger.js';
import { impossible } from './row.js';

/** Plans whose specifications are kept: those that are being built, and a few more. */
const PLANS_KEPT = 4;

type Specs = ReadonlyMap<string, JobSpec>;

/**
 * Specifications of jobs, by plan. They are written once and never changed, so a copy cannot be wrong, only
 * incomplete; they are most of a job's row, with all its needs.
 */
export class PlanSpecs {
  readonly #kept = new Map<PlanId, Specs>();

  constructor(private readonly ledger: Ledger) {}

  /** Looks up the specification of each of these jobs of a plan, reading them if one is not known yet. */
  async of(planId: PlanId, jobIds: readonly string[]): Promise<(jobId: string) => JobSpec> {
    const kept = this.#kept.get(planId);
    const specs = kept && jobIds.every((id) => kept.has(id)) ? kept : await this.#read(planId);
    // The plan that was asked for last stays longest.
    this.#kept.delete(planId);
    this.#kept.set(planId, specs);
    for (const oldest of [...this.#kept.keys()].slice(0, -PLANS_KEPT)) this.#kept.delete(oldest);
    return (id) => specs.get(id) ?? impossible({ table: 'job', id }, 'it was there a moment ago');
  }

  async #read(planId: PlanId): Promise<Specs> {
    const { rows } = await this.ledger.pool.query<JobSpecRow>(
      `select id, plan_id as "planId", profile, cpv, slot, use, repository, build_key as "buildKey", needs, waits,
         critical_path as "criticalPath", synthetic, inputs, bootstrap, why
       from job where plan_id = $1`,
      [planId],
    );
    return new Map(rows.map((row) => [row.id, specOfRow(row)]));
  }
}
