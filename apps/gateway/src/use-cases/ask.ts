import { PlanAnswered, PlanAsked, type ProfileView } from '@swarm/contracts';

import type { GatewayPorts } from '../ports.js';
import { ApiRefusal } from './api-refusal.js';
import { unknownProfile } from './read-fleet.js';
import { profileView } from './views.js';

/** How long the scheduler may take to put a plan into the ledger. */
export const PLAN_ANSWER_LIMIT_MS = 10_000;

export interface PlanWish {
  readonly profile?: string | undefined;
  readonly targets: readonly string[];
  readonly requestId?: string | undefined;
  readonly origin: string;
}

/** Asks the scheduler for a plan and waits until it is in the ledger. */
export async function askPlan(
  ports: GatewayPorts,
  wish: PlanWish,
  limitMs = PLAN_ANSWER_LIMIT_MS,
): Promise<{ requestId: string; planId: string }> {
  const requestId = wish.requestId ?? ports.newId();
  const profile = await chooseProfile(ports, wish.profile);
  const question = { requestId, profile, targets: [...wish.targets], origin: wish.origin };
  const answer = await ports.bus
    .request(PlanAsked, question, PlanAnswered, limitMs)
    .catch(() => Promise.reject(noScheduler(requestId)));
  if (answer.planId === null) {
    throw new ApiRefusal('conflict', `The scheduler makes no plan: ${answer.reason || 'it gave no reason'}.`);
  }
  return { requestId, planId: answer.planId };
}

function noScheduler(requestId: string): ApiRefusal {
  return new ApiRefusal(
    'unavailable',
    'The scheduler did not answer in time; it may still make the plan.',
    `See that it runs, then ask again with requestId ${requestId}: asking twice makes one plan.`,
  );
}

/** The profile that was named, or the only one there is. */
export async function chooseProfile(
  { profiles }: Pick<GatewayPorts, 'profiles'>,
  given: string | undefined,
): Promise<string> {
  const names = (await profiles.all()).map(({ name }) => name);
  if (given !== undefined) {
    if (names.includes(given)) return given;
    throw unknownProfile(given, names);
  }
  const [only, ...others] = names;
  if (only !== undefined && others.length === 0) return only;
  throw only === undefined
    ? new ApiRefusal(
        'conflict',
        'profile: there is no profile to plan for.',
        'POST /api/v1/profiles adds one.',
      )
    : new ApiRefusal('bad-input', 'profile: name one, there are several.', `Profiles: ${names.join(', ')}.`);
}

/** Adds a profile or replaces its targets. */
export async function putProfile(
  { profiles, clock }: Pick<GatewayPorts, 'profiles' | 'clock'>,
  given: {
    readonly name: string;
    readonly kind: 'portage' | 'synthetic';
    readonly targets: readonly string[];
  },
): Promise<ProfileView> {
  const known = await profiles.find(given.name);
  if (known && known.kind !== given.kind) {
    throw new ApiRefusal(
      'conflict',
      `kind: the profile "${given.name}" is ${known.kind} and stays so.`,
      'Real and synthetic packages never mix: choose another name.',
    );
  }
  const profile = { ...given, createdAt: known?.createdAt ?? clock.now() };
  await profiles.put(profile);
  return profileView(profile);
}
