import type { ConfigurationView, ProfileVersionSummary, VersionRef } from '@swarm/contracts';
import type { Configuration, Plan, VersionSummary } from '@swarm/domain-plan';

import type { GatewayPorts } from '../ports.js';

export function versionSummary(version: VersionSummary, newest: number | undefined): ProfileVersionSummary {
  const { profile, number, digest, createdAt, author, reason } = version;
  const current = number === newest;
  return { profile, number, digest, current, createdAt: createdAt.toISOString(), author, reason };
}

export function configurationView(configuration: Configuration): ConfigurationView {
  const { files, makeProfile, world, repositories } = configuration;
  return { files: { ...files }, makeProfile, world: [...world], repositories: [...repositories] };
}

/** Says which version of its profile a plan was made with. */
export type VersionOf = (plan: Plan) => VersionRef | null;

/** Reads the versions of the profiles of these plans, once each. */
export async function versionsOf(
  { profiles }: Pick<GatewayPorts, 'profiles'>,
  plans: readonly Plan[],
): Promise<VersionOf> {
  const names = new Set(
    plans.flatMap(({ profile, configuration }) => (configuration === null ? [] : profile)),
  );
  const known = new Map<string, readonly VersionSummary[]>();
  for (const name of names) known.set(name, await profiles.versions(name));
  return ({ profile, configuration, createdAt }) => {
    const same = (known.get(profile) ?? []).filter(({ digest }) => digest === configuration);
    // A configuration may come back under a later number, after the plan.
    const version = same.find((each) => each.createdAt <= createdAt) ?? same[0];
    return version ? { digest: version.digest, number: version.number } : null;
  };
}
