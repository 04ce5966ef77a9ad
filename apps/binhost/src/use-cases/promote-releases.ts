import { outgoing } from '@swarm/contracts';
import type { Plan, PlanRepository, ProfileRepository } from '@swarm/domain-plan';
import type { ArtifactRepository, Generation, GenerationRepository } from '@swarm/domain-release';
import type { Clock } from '@swarm/kernel';
import type { Logger } from '@swarm/platform';

import type { PackageStore } from '../ports/package-store.js';
import { inOrder } from './reconcile-binhost.js';
import { releaseSet } from './release-set.js';
import { stageables } from './stageable.js';

export interface PromotePorts {
  readonly artifacts: ArtifactRepository;
  readonly generations: GenerationRepository;
  readonly plans: Pick<PlanRepository<never>, 'recent' | 'find'>;
  readonly profiles: ProfileRepository;
  readonly store: PackageStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly factId: (...words: readonly string[]) => string;
}

/** How many plans back a complete one without a release is looked for. */
const RECENT_PLANS = 200;
/** A plan may be seen complete so much later than its `endedAt` says, for it is stored after it is decided. */
const SETTLING_MS = 60_000;

/**
 * Turns complete plans into releases. Row, directory, switch, row: a crash after any of them
 * leaves a `preparing` generation, which is finished before anything new is begun.
 */
export class PromoteReleases {
  /** Plans that were found to change nothing. */
  readonly #settled = new Set<string>();

  constructor(private readonly ports: PromotePorts) {}

  /** Answers how many generations were promoted. */
  async execute(): Promise<number> {
    const recent = await this.ports.plans.recent(RECENT_PLANS);
    let promoted = 0;
    for (const { name } of await this.ports.profiles.all()) {
      const plans = recent.filter(({ profile, state }) => profile === name && state === 'complete');
      try {
        promoted += await this.#advance(
          name,
          plans.sort((a, b) => endOf(a) - endOf(b)),
        );
      } catch (error) {
        this.ports.logger.error({ profile: name, error }, 'release failed');
      }
    }
    return promoted;
  }

  async #advance(profile: string, complete: readonly Plan[]): Promise<number> {
    const { generations, plans } = this.ports;
    let promoted = 0;
    for (const generation of [...(await generations.of(profile))].sort((a, b) => a.number - b.number)) {
      if (generation.state === 'preparing' && (await this.#finish(generation))) promoted++;
    }
    for (const plan of complete) {
      const current = (await generations.of(profile)).find(({ state }) => state === 'current');
      const isOld = current !== undefined && endOf(plan) < current.createdAt.getTime() - SETTLING_MS;
      if (isOld || this.#settled.has(plan.id) || (await generations.ofPlan(plan.id)) !== undefined) continue;
      const before = current && (await plans.find(current.planId))?.value;
      const planIsNewer = before === undefined || before.createdAt <= plan.createdAt;
      if (await this.#release(plan, { current, planIsNewer })) promoted++;
    }
    return promoted;
  }

  async #release(
    plan: Plan,
    { current, planIsNewer }: { readonly current: Generation | undefined; readonly planIsNewer: boolean },
  ): Promise<boolean> {
    const { artifacts, generations, store, clock, logger } = this.ports;
    const { id: planId, profile } = plan;
    const members = await artifacts.byBuildKeys(
      profile,
      plan.members.map(({ buildKey }) => buildKey),
    );
    const shown = current === undefined ? [] : await artifacts.bySha256s(profile, current.artifacts);
    const next = members.length === 0 ? undefined : releaseSet({ current: shown, members, planIsNewer });
    if (next === undefined) {
      this.#settled.add(planId);
      logger.info({ planId, profile, members: members.length }, 'plan changes nothing in the release');
      return false;
    }
    const numbers = (await generations.of(profile)).map(({ number }) => number);
    // The disk may know more than a ledger that was restored from a backup; its numbers are used up.
    const onDisk = (await store.current(profile))?.number ?? 0;
    const generation: Generation = {
      ...{ profile, planId, artifacts: next },
      number: Math.max(0, onDisk, ...numbers) + 1,
      createdAt: clock.now(),
      state: 'preparing',
    };
    return (await generations.prepare(generation)) === 'stored' && (await this.#finish(generation));
  }

  /** From the prepared row to the promoted one; every step may be repeated. */
  async #finish(generation: Generation): Promise<boolean> {
    const { artifacts, generations, store, clock, logger, factId } = this.ports;
    const { profile, number, planId } = generation;
    const fields = { profile, generation: number, planId };
    const shown = await store.current(profile);
    if (shown !== undefined && shown.number > number) return false;
    const found = inOrder(
      stageables(await artifacts.bySha256s(profile, generation.artifacts)),
      generation.artifacts,
    );
    if (found.length < generation.artifacts.length) {
      logger.error(
        { ...fields, found: found.length, wanted: generation.artifacts.length },
        'release lacks artifacts',
      );
      return false;
    }
    const made = await store.promote(profile, { number, artifacts: found });
    if (!made.ok) {
      logger.error({ ...fields, ...made.error }, 'release cannot be shown');
      return false;
    }
    const id = factId('release-promoted', profile, String(number), planId);
    const at = clock.now().toISOString();
    await generations.promote(profile, number, [
      outgoing('ReleasePromoted', id, {
        id,
        at,
        profile,
        generation: number,
        planId,
        packages: found.length,
      }),
    ]);
    logger.info({ ...fields, packages: found.length }, 'release promoted');
    return true;
  }
}

function endOf({ endedAt, createdAt }: Plan): number {
  return (endedAt ?? createdAt).getTime();
}
