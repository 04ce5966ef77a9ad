import { outgoing } from '@swarm/contracts';
import type { Plan, Profile } from '@swarm/domain-plan';
import type { ScheduleRun } from '@swarm/domain-schedule';
import type { Outgoing } from '@swarm/kernel';

import type { SchedulerPorts } from '../scheduler.ports.js';

/** What a plan asked for by a person is listed under among the schedules' runs. */
export const BY_HAND = 'by-hand';

/** The plan that a run makes, with the version that it named; nobody has resolved it yet. */
export function planOfRun(
  { id, schedule, targets, configuration }: ScheduleRun,
  profile: Profile,
  { clock, entropy }: Pick<SchedulerPorts, 'clock' | 'entropy'>,
): { readonly plan: Plan; readonly outgoing: readonly Outgoing[] } {
  const now = clock.now();
  const plan: Plan = {
    id,
    profile: profile.name,
    targets: targets.length > 0 ? targets : profile.targets,
    configuration,
    origin: schedule === BY_HAND ? 'operator' : schedule,
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
  const { profile: name, state, detail } = plan;
  const event = { id: eventId, at: now.toISOString(), planId: id, profile: name, state, detail };
  return { plan, outgoing: [outgoing('PlanMoved', eventId, event)] };
}
