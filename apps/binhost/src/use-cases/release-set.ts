import type { Artifact } from '@swarm/domain-release';

/** What the plan of a release is compared with. */
export interface ReleaseBase {
  /** Artifacts of the generation that clients see; none before the first. */
  readonly current: readonly Artifact[];
  /** Published artifacts of the plan's members. */
  readonly members: readonly Artifact[];
  /** Whether the plan was made after the one behind `current`: then its choice for a CPV replaces the older one. */
  readonly planIsNewer: boolean;
}

/**
 * The artifacts of the next release, as sorted SHA-256s; undefined when it would show nothing new.
 * What the plan does not speak of stays: a plan is often for a few packages only.
 */
export function releaseSet({ current, members, planIsNewer }: ReleaseBase): readonly string[] | undefined {
  const [winners, others] = planIsNewer ? [members, current] : [current, members];
  const decided = new Set(winners.map(({ cpv }) => cpv));
  const chosen = [...winners, ...others.filter(({ cpv }) => !decided.has(cpv))];
  const next = [...new Set(chosen.map(({ sha256 }) => sha256))].sort();
  const shown = new Set(current.map(({ sha256 }) => sha256));
  const isSame = next.length === shown.size && next.every((sha256) => shown.has(sha256));
  return isSame ? undefined : next;
}
