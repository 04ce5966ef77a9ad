import { WhyAnswered, WhyAsked } from '@swarm/contracts';
import { packageTest } from '@swarm/domain-scheduling';

import type { GatewayPorts } from '../ports.js';
import { ApiRefusal } from './api-refusal.js';
import { unknownProfile } from './read-fleet.js';

/** How long the scheduler may take to find its reasons. */
export const WHY_ANSWER_LIMIT_MS = 10_000;

/** Asks the scheduler why packages are not built; only it knows what it would do next. */
export async function askWhy(
  { bus, profiles, newId }: Pick<GatewayPorts, 'bus' | 'profiles' | 'newId'>,
  { atom, profile }: { readonly atom: string; readonly profile?: string | undefined },
): Promise<Pick<WhyAnswered, 'answers' | 'leftOut'>> {
  const meant = packageTest(atom);
  if (!meant.ok)
    throw new ApiRefusal('bad-input', `atom: ${meant.error}.`, 'e.g. dev-libs/icu or =dev-libs/icu-74.2');
  if (profile !== undefined && !(await profiles.find(profile))) {
    throw unknownProfile(
      profile,
      (await profiles.all()).map(({ name }) => name),
    );
  }
  const question = { requestId: newId(), atom, ...(profile !== undefined && { profile }) };
  const { answers, leftOut, mistake } = await bus
    .request(WhyAsked, question, WhyAnswered, WHY_ANSWER_LIMIT_MS)
    .catch(() => Promise.reject(noScheduler()));
  if (mistake !== '') throw new ApiRefusal('bad-input', mistake);
  return { answers, leftOut };
}

function noScheduler(): ApiRefusal {
  return new ApiRefusal(
    'unavailable',
    'No scheduler leads, or it did not answer in time; nothing is given out without one.',
    'See that it runs; `swarm queue` shows what the ledger has.',
  );
}
