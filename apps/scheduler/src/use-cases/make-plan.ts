import { outgoing, type PlanAnswered, type PlanAsked } from '@swarm/contracts';
import type { Plan } from '@swarm/domain-plan';

import type { SchedulerPorts } from '../scheduler.ports.js';

/** What a plan asked for by a person is listed under among the schedule's runs. */
const BY_HAND = 'by-hand';

/**
 * Somebody wants something built: the run is recorded as STARTED before anything else (S1), then the plan.
 * Asking again with the same request makes no second plan.
 */
export class MakePlan {
  constructor(
    private readonly ports: Pick<
      SchedulerPorts,
      'plans' | 'profiles' | 'schedules' | 'clock' | 'entropy' | 'log'
    >,
  ) {}

  async execute({ requestId, profile: name, targets, origin }: PlanAsked): Promise<PlanAnswered> {
    const { plans, profiles, schedules, clock, entropy, log } = this.ports;
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
    const at = now.toISOString();
    const runId = entropy.id();
    await schedules.startRun(
      {
        id: runId,
        schedule: origin === 'operator' ? BY_HAND : origin,
        profile: name,
        startedAt: now,
        planId: null,
      },
      [outgoing('RunStarted', runId, { id: runId, at, runId, schedule: origin, profile: name })],
    );
    const plan: Plan = {
      id: requestId,
      profile: name,
      targets: wanted,
      configuration: (await profiles.current(name))?.digest ?? null,
      origin,
      state: 'resolving',
      createdAt: now,
      endedAt: null,
      resolveAttempt: 0,
      resolving: null,
      findings: [],
      members: [],
      detail: 'waits for a drone to resolve it',
    };
    const eventId = entropy.id();
    await plans.create(plan, [
      outgoing('PlanMoved', eventId, {
        id: eventId,
        at,
        planId: plan.id,
        profile: name,
        state: plan.state,
        detail: plan.detail,
      }),
    ]);
    await schedules.attachPlan(runId, plan.id);
    log.info({ planId: plan.id, profile: name, targets: wanted }, 'plan made');
    return { requestId, planId: plan.id, reason: '' };
  }
}
