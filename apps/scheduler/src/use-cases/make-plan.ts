import type { PlanAnswered, PlanAsked } from '@swarm/contracts';

import type { SchedulerPorts } from '../scheduler.ports.js';
import type { AdvanceRuns } from './advance-runs.js';
import { requestedRun, runStarted } from './new-run.js';
import { BY_HAND } from './plan-of-run.js';

/**
 * Somebody wants something built: the run is recorded as STARTED before anything else (S1), then the plan.
 * Asking again with the same request makes no second plan.
 */
export class MakePlan {
  constructor(
    private readonly ports: Pick<SchedulerPorts, 'plans' | 'profiles' | 'schedules' | 'clock'>,
    private readonly advance: Pick<AdvanceRuns, 'one'>,
  ) {}

  async execute({ requestId, profile: name, targets, origin }: PlanAsked): Promise<PlanAnswered> {
    const { plans, profiles, schedules, clock } = this.ports;
    if (await plans.find(requestId)) return { requestId, planId: requestId, reason: '' };

    const profile = await profiles.find(name);
    if (!profile) {
      const known = (await profiles.all()).map((each) => each.name).join(', ') || 'none';
      return { requestId, planId: null, reason: `there is no profile "${name}"; known: ${known}` };
    }
    const wanted = targets.length > 0 ? targets : profile.targets;
    if (wanted.length === 0) {
      return { requestId, planId: null, reason: `profile "${name}" has no targets of its own: name some` };
    }

    const now = clock.now();
    const schedule = origin === 'operator' ? BY_HAND : origin;
    const run = requestedRun({ id: requestId, schedule, profile: name, targets: wanted }, now);
    await schedules.startRun(run, [runStarted(run, now, origin)]);
    // One that is known was interrupted, or is being made by another scheduler: either way it goes on from there.
    const stored = await schedules.findRun(requestId);
    if (!stored) return { requestId, planId: null, reason: 'the run is no longer in the ledger: ask again' };
    const { planId, detail } = await this.advance.one(stored);
    if (planId !== null) return { requestId, planId, reason: '' };
    const made = await plans.find(requestId);
    return { requestId, planId: made ? requestId : null, reason: made ? '' : detail };
  }
}
