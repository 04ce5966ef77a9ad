import type { ProfileRepository } from '@swarm/domain-plan';
import type { GenerationRepository } from '@swarm/domain-release';

import type { Reconciled } from '../ports/package-store.js';
import { byProfile, type PublishArtifacts, type PublishPorts } from './publish-artifacts.js';
import { stageables } from './stageable.js';

export interface ReconcilePorts extends PublishPorts {
  readonly generations: GenerationRepository;
  readonly profiles: ProfileRepository;
  readonly publish: PublishArtifacts;
}

/**
 * Makes files, index and ledger agree, whatever a crash has left (S20), and gives every profile an index, be it empty.
 * Each profile once in the life of a publisher; one that is new is reconciled when it is first seen.
 */
export class ReconcileBinhost {
  readonly #done = new Set<string>();

  constructor(private readonly ports: ReconcilePorts) {}

  /** Reconciles the profiles that were not yet; one that cannot be is told of and tried again the next time. */
  async execute(): Promise<void> {
    const { profiles, logger } = this.ports;
    for (const { name } of await profiles.all()) {
      if (this.#done.has(name)) continue;
      try {
        await this.#reconcile(name);
        this.#done.add(name);
      } catch (error) {
        logger.error({ profile: name, error }, 'profile cannot be reconciled');
      }
    }
  }

  async #reconcile(profile: string): Promise<void> {
    const { artifacts, store, publish } = this.ports;
    const received = byProfile(await artifacts.unpublished()).get(profile) ?? [];
    const known = [...(await artifacts.published(profile)), ...received];
    const reconciled = await store.rebuild(profile, stageables(known));
    this.#report(profile, reconciled);
    // An index that was written just before a crash shows what the ledger does not know of yet.
    await publish.record(profile, received, reconciled);
    await this.#restoreRelease(profile);
  }

  /** The ledger's current generation is shown again if its directory was lost. */
  async #restoreRelease(profile: string): Promise<void> {
    const { artifacts, generations, store, logger } = this.ports;
    const current = (await generations.of(profile)).find(({ state }) => state === 'current');
    if (current === undefined) return;
    const shown = await store.current(profile);
    if (shown !== undefined && shown.number >= current.number) return;
    const found = stageables(await artifacts.bySha256s(profile, current.artifacts));
    const restored = await store.promote(profile, {
      number: current.number,
      artifacts: inOrder(found, current.artifacts),
    });
    logger.warn(
      { profile, generation: current.number, restored: restored.ok },
      'release was not shown; shown again',
    );
  }

  #report(profile: string, { relinked, added, dropped, missing }: Reconciled): void {
    const { logger } = this.ports;
    for (const { sha256, cpv } of missing)
      logger.error({ profile, cpv, sha256 }, 'artifact of the ledger is lost');
    const counts = {
      relinked: relinked.length,
      added: added.length,
      dropped: dropped.length,
      missing: missing.length,
    };
    const isClean = Object.values(counts).every((count) => count === 0);
    logger[isClean ? 'info' : 'warn']({ profile, ...counts }, 'staging reconciled with the ledger');
  }
}

/** In the order of a generation, so that making it again makes the same. */
export function inOrder<T extends { readonly sha256: string }>(
  found: readonly T[],
  sha256s: readonly string[],
): readonly T[] {
  const bySha256 = new Map(found.map((one) => [one.sha256, one]));
  return sha256s.flatMap((sha256) => bySha256.get(sha256) ?? []);
}
