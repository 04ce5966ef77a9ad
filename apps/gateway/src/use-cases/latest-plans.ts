import type { Plan } from '@swarm/domain-plan';

import type { GatewayPorts } from '../ports.js';

/** How many plans back the latest plan of a profile is looked for. */
export const RECENT_PLANS = 200;

/** The newest plan of each profile, among the recent ones. */
export async function latestPlans({
  plans,
}: Pick<GatewayPorts, 'plans'>): Promise<ReadonlyMap<string, Plan>> {
  const latest = new Map<string, Plan>();
  for (const plan of await plans.recent(RECENT_PLANS)) {
    if (!latest.has(plan.profile)) latest.set(plan.profile, plan);
  }
  return latest;
}

/** Names of the profiles that no Portage builds. */
export async function syntheticProfiles({
  profiles,
}: Pick<GatewayPorts, 'profiles'>): Promise<ReadonlySet<string>> {
  const all = await profiles.all();
  return new Set(all.filter(({ kind }) => kind === 'synthetic').map(({ name }) => name));
}
