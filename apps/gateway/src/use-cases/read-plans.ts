import type { PlanDetail, PlanSummary } from '@swarm/contracts';

import type { GatewayPorts } from '../ports.js';
import { ApiRefusal } from './api-refusal.js';
import { RECENT_PLANS, syntheticProfiles } from './latest-plans.js';
import { numbersOf } from './plan-numbers.js';
import { JobReader } from './read-jobs.js';
import { versionsOf } from './version-views.js';
import { findingView, planSummary, releaseView } from './views.js';

export async function readPlans(
  ports: GatewayPorts,
  { profile, limit }: { readonly profile?: string | undefined; readonly limit: number },
): Promise<PlanSummary[]> {
  const synthetic = await syntheticProfiles(ports);
  const plans = await ports.plans.recent(profile === undefined ? limit : RECENT_PLANS);
  const wanted = plans.filter((plan) => profile === undefined || plan.profile === profile).slice(0, limit);
  const versionOf = await versionsOf(ports, wanted);
  return wanted.map((plan) => planSummary(plan, synthetic.has(plan.profile), versionOf(plan)));
}

export async function readPlan(ports: GatewayPorts, id: string): Promise<PlanDetail> {
  const reader = await JobReader.open(ports);
  const jobs = await reader.rawOfPlan(id);
  const plan = (await ports.plans.find(id))?.value;
  if (!plan) throw new ApiRefusal('not-found', `There is no plan ${id}.`, 'GET /api/v1/plans lists them.');
  const synthetic = (await syntheticProfiles(ports)).has(plan.profile);
  const release = await ports.generations.ofPlan(id);
  return {
    plan: planSummary(plan, synthetic, (await versionsOf(ports, [plan]))(plan)),
    numbers: numbersOf(plan, jobs),
    findings: plan.findings.map(findingView),
    jobs: reader.summaries(jobs),
    release: release ? releaseView(release, synthetic, ports.binhostUrl) : null,
  };
}
