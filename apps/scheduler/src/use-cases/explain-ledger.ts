import { cpvOf, parseCpv, type Cpv } from '@swarm/domain-ebuild';
import type { Job, JobState, OpenJob, PlanId } from '@swarm/domain-job';
import type { Plan } from '@swarm/domain-plan';
import type { Generation } from '@swarm/domain-release';
import { RECEIVED_LATE_MS, type PackageTest, type Reason, type WorkBoard } from '@swarm/domain-scheduling';

import type { SchedulerPorts } from '../scheduler.ports.js';

/** How many plans back a package is looked for. */
const RECENT_PLANS = 20;

/** What the ledger says of one package. */
export interface LedgerAnswer {
  readonly cpv: Cpv;
  readonly profile: string;
  readonly plan: string;
  /** Of its job; null where the plan has none for it. */
  readonly state: JobState | null;
  readonly since: Date | null;
  readonly reason: Reason;
}

type Ports = Pick<SchedulerPorts, 'plans' | 'jobs' | 'artifacts' | 'generations'>;

/** What the board does not hold: plans that are over, packages that needed no build or could not be planned. */
export class ExplainLedger {
  readonly #generations = new Map<string, readonly Generation[]>();

  constructor(
    private readonly ports: Ports,
    private readonly board: Pick<WorkBoard, 'plans'>,
    private readonly now: Date,
  ) {}

  /** The newest word on each package that is meant; `known` are answered already, as `profile cpv`. */
  async find(
    isMeant: PackageTest,
    { profile, known }: { readonly profile: string | undefined; readonly known: Set<string> },
  ): Promise<readonly LedgerAnswer[]> {
    const found: LedgerAnswer[] = [];
    for (const plan of await this.ports.plans.recent(RECENT_PLANS)) {
      if (plan.state === 'resolving' || (profile ?? plan.profile) !== plan.profile) continue;
      const jobs = this.board.plans.has(plan.id) ? [] : await this.#jobs(plan, isMeant);
      const others = [...planned(plan, isMeant), ...(await this.#members(plan, isMeant, known))];
      for (const answer of [...jobs, ...others]) {
        const key = `${answer.profile} ${answer.cpv}`;
        if (known.has(key)) continue;
        known.add(key);
        found.push(answer);
      }
    }
    return found;
  }

  /** Why these jobs made their latest moves, for those whose state does not say it. */
  async lastMoves(jobs: readonly OpenJob[]): Promise<ReadonlyMap<string, string>> {
    const moves = new Map<string, string>();
    for (const { id, state } of jobs) {
      if (state !== 'cancelled' && state !== 'superseded') continue;
      moves.set(id, (await this.ports.jobs.historyOf(id)).at(-1)?.reason ?? '');
    }
    return moves;
  }

  /** The newest release that has an artifact; null when none has. */
  async releaseOf(profile: string, sha256: string): Promise<number | null> {
    const known = this.#generations.get(profile) ?? (await this.ports.generations.of(profile));
    this.#generations.set(profile, known);
    const holding = known.filter(
      ({ state, artifacts }) => state !== 'preparing' && artifacts.includes(sha256),
    );
    return holding.length === 0 ? null : Math.max(...holding.map(({ number }) => number));
  }

  async #jobs({ id, profile }: Plan, isMeant: PackageTest): Promise<LedgerAnswer[]> {
    const jobs = (await this.ports.jobs.ofPlan(id as PlanId)).map(({ value }) => value);
    const answers: LedgerAnswer[] = [];
    for (const job of jobs.filter(({ spec }) => isMeant(spec))) {
      const last = (await this.ports.jobs.historyOf(job.id)).at(-1);
      const since = last?.at ?? null;
      const reason = await this.#reasonOf(job, jobs, { since, because: last?.reason ?? '' });
      answers.push({ cpv: job.spec.cpv, profile, plan: id, state: job.state, since, reason });
    }
    return answers;
  }

  async #reasonOf(
    job: Job,
    siblings: readonly Job[],
    { since, because }: { readonly since: Date | null; readonly because: string },
  ): Promise<Reason> {
    const { cpv, profile } = job.spec;
    switch (job.state) {
      case 'published':
        return { kind: 'published', release: await this.releaseOf(profile, job.artifact) };
      case 'received':
        return {
          kind: 'received',
          isLate: since !== null && this.now.getTime() - since.getTime() > RECEIVED_LATE_MS,
        };
      case 'quarantined':
        return { kind: 'quarantined', cpv, because: job.reason };
      case 'blocked': {
        const root = siblings.find(({ spec }) => spec.cpv === job.blockedBy);
        const why = root?.state === 'quarantined' ? root.reason : '';
        return {
          kind: 'blocked',
          by: [{ cpv: job.blockedBy, state: root?.state ?? 'quarantined', because: why }],
        };
      }
      case 'superseded':
        return { kind: 'superseded', because };
      case 'cancelled':
        return { kind: 'cancelled', cpv, because };
      case 'waiting':
      case 'needed':
      case 'delegated':
        return { kind: 'not-taken-up' };
    }
  }

  /** Packages of a plan that were there already. */
  async #members(
    { id, profile, members }: Plan,
    isMeant: PackageTest,
    known: ReadonlySet<string>,
  ): Promise<LedgerAnswer[]> {
    const meant = named(members).filter(({ cpv }) => !known.has(`${profile} ${cpv}`) && isMeant({ cpv }));
    const artifacts = await this.ports.artifacts.staged(
      profile,
      meant.map(({ buildKey }) => buildKey),
    );
    const byKey = new Map(artifacts.map((artifact) => [artifact.buildKey, artifact]));
    const answers: LedgerAnswer[] = [];
    for (const { cpv, buildKey } of meant) {
      const artifact = byKey.get(buildKey);
      if (!artifact) continue;
      const release = await this.releaseOf(profile, artifact.sha256);
      const { receivedAt: since } = artifact;
      answers.push({
        ...{ cpv, profile, plan: id, state: null, since },
        reason: { kind: 'published', release },
      });
    }
    return answers;
  }
}

/** Packages that a plan was asked for and that it could not plan, with what would settle it. */
function planned({ id, profile, findings, createdAt: since }: Plan, isMeant: PackageTest): LedgerAnswer[] {
  return findings.flatMap(({ text, packages, remedies: [remedy] }) =>
    named(packages.map((cpv) => ({ cpv })))
      .filter(isMeant)
      .map(({ cpv }): LedgerAnswer => {
        const line = remedy ? `the line "${remedy.line}" in ${remedy.file}` : null;
        const reason = { kind: 'not-planned', because: text, remedy: line } as const;
        return { cpv, profile, plan: id, state: null, since, reason };
      }),
  );
}

/** Of texts that should be CPVs, those that are. */
function named<T extends { readonly cpv: string }>(
  given: readonly T[],
): (Omit<T, 'cpv'> & { readonly cpv: Cpv })[] {
  return given.flatMap((each) => (parseCpv(each.cpv).ok ? [{ ...each, cpv: cpvOf(each.cpv) }] : []));
}
