import { cpvOf, packageOf } from '@swarm/domain-ebuild';
import { brokenLinks, knownBuilds, type Plan } from '@swarm/domain-plan';

import type { SchedulerPorts } from '../scheduler.ports.js';
import { abiChanges } from './abi-changes.js';
import type { MakePlan } from './make-plan.js';

/** What a plan that is made for this reason is listed under. */
const ORIGIN = 'abi-change';

/**
 * A library that was rebuilt may have lost what its users need, although its sub-slot stayed. Only its artifact tells,
 * so what is linked to it is planned again when the plan that built it is complete (Q15).
 * If this is missed, the next plan of the profile finds the same.
 */
export class FollowAbi {
  constructor(
    private readonly ports: Pick<SchedulerPorts, 'artifacts' | 'entropy' | 'log'>,
    private readonly makePlan: Pick<MakePlan, 'execute'>,
  ) {}

  async execute({ id, profile, targets, members }: Plan): Promise<void> {
    const packages = new Set(members.map(({ cpv }) => packageOf(cpvOf(cpv))));
    const builds = await this.ports.artifacts.builds(profile, [...packages]);
    const keys = members.map(({ buildKey }) => buildKey);
    const broken = brokenLinks(keys, knownBuilds(builds), abiChanges(builds));
    if (broken.length === 0) return;
    this.ports.log.warn({ planId: id, profile, broken }, 'a library changed its ABI within its sub-slot');
    const requestId = this.ports.entropy.id();
    await this.makePlan.execute({ requestId, profile, targets: [...targets], origin: ORIGIN });
  }
}
