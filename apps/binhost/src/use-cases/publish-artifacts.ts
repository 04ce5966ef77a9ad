import { outgoing } from '@swarm/contracts';
import type { Artifact, ArtifactRepository } from '@swarm/domain-release';
import type { Clock } from '@swarm/kernel';
import type { Logger } from '@swarm/platform';

import type { PackageStore, Staged, Unshowable } from '../ports/package-store.js';
import { stageables } from './stageable.js';

export interface PublishPorts {
  readonly artifacts: ArtifactRepository;
  readonly store: PackageStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly factId: (...words: readonly string[]) => string;
}

/** Shows received artifacts to the drones: index first, then the ledger and the event that says so (Q22). */
export class PublishArtifacts {
  constructor(private readonly ports: PublishPorts) {}

  /** Publishes everything that waits, each profile in one write of its index. Answers how many. */
  async execute(): Promise<number> {
    const waiting = await this.ports.artifacts.unpublished();
    let published = 0;
    for (const [profile, artifacts] of byProfile(waiting)) {
      published += await this.record(profile, artifacts, await this.#stage(profile, artifacts));
    }
    return published;
  }

  /** Tells the ledger what the index of a profile shows now; the part of `artifacts` that it does not show still waits. */
  async record(
    profile: string,
    artifacts: readonly Artifact[],
    { staged, refused }: Staged,
  ): Promise<number> {
    const { clock, logger, factId } = this.ports;
    this.#complain(profile, refused);
    const pathOf = new Map(staged.map(({ sha256, path }) => [sha256, path]));
    const at = clock.now().toISOString();
    const shown = artifacts.flatMap((artifact) => {
      const { attemptId, jobId, cpv, sha256 } = artifact;
      const path = pathOf.get(sha256);
      if (path === undefined) return [];
      const id = factId('artifact-published', jobId, sha256);
      const event = outgoing('ArtifactPublished', id, {
        id,
        at,
        attemptId,
        jobId,
        profile,
        cpv,
        sha256,
        path,
      });
      return [{ jobId, path, event }];
    });
    if (shown.length === 0) return 0;
    await this.ports.artifacts.publish(
      shown.map(({ jobId, path }) => ({ jobId, path })),
      shown.map(({ event }) => event),
    );
    logger.info({ profile, count: shown.length }, 'artifacts published');
    return shown.length;
  }

  /** One that cannot be shown must not keep the others waiting. */
  async #stage(profile: string, artifacts: readonly Artifact[]): Promise<Staged> {
    const { store, logger } = this.ports;
    const all = stageables(artifacts);
    try {
      return await store.stage(profile, all);
    } catch (error) {
      logger.warn({ profile, count: all.length, error }, 'staging failed; trying one at a time');
    }
    const outcomes: Staged[] = [];
    for (const one of all) {
      try {
        outcomes.push(await store.stage(profile, [one]));
      } catch (error) {
        logger.error({ profile, cpv: one.cpv, sha256: one.sha256, error }, 'artifact cannot be staged');
      }
    }
    return {
      staged: outcomes.flatMap(({ staged }) => staged),
      refused: outcomes.flatMap(({ refused }) => refused),
    };
  }

  #complain(profile: string, refused: readonly Unshowable[]): void {
    for (const { sha256, error } of refused) {
      this.ports.logger.error({ profile, sha256, ...error }, 'artifact cannot be staged');
    }
  }
}

/** Artifacts by their profile. */
export function byProfile(artifacts: readonly Artifact[]): ReadonlyMap<string, readonly Artifact[]> {
  const groups = new Map<string, Artifact[]>();
  for (const artifact of artifacts) {
    const group = groups.get(artifact.profile);
    if (group === undefined) groups.set(artifact.profile, [artifact]);
    else group.push(artifact);
  }
  return groups;
}
