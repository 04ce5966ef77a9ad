import { QuarantineAnswered, QuarantineAsked } from '@swarm/contracts';

import type { GatewayPorts } from '../ports.js';
import { ApiRefusal } from './api-refusal.js';
import { chooseProfile } from './ask.js';

/** How long the scheduler may take to move the jobs. */
const ANSWER_LIMIT_MS = 10_000;

export interface QuarantineWish {
  readonly profile?: string | undefined;
  readonly atom: string;
  readonly author: string;
  readonly reason: string;
}

/** Asks the scheduler to release packages, or to put them into quarantine, and waits until that is in the ledger. */
export async function askQuarantine(
  ports: GatewayPorts,
  action: QuarantineAsked['action'],
  wish: QuarantineWish,
): Promise<Pick<QuarantineAnswered, 'moved'>> {
  const profile = await chooseProfile(ports, wish.profile);
  const { atom, author, reason } = wish;
  const question = { requestId: ports.newId(), action, profile, atom, author, reason };
  const answer = await ports.bus
    .request(QuarantineAsked, question, QuarantineAnswered, ANSWER_LIMIT_MS)
    .catch(() => Promise.reject(noScheduler()));
  if (answer.moved.length === 0) {
    const hint = 'GET /api/v1/quarantine lists what is in quarantine.';
    throw new ApiRefusal('not-found', `atom: ${answer.reason || 'nothing was moved'}.`, hint);
  }
  return { moved: answer.moved };
}

function noScheduler(): ApiRefusal {
  return new ApiRefusal(
    'unavailable',
    'The scheduler did not answer in time; it may still do it.',
    'See that it runs, then ask again: asking twice changes nothing more.',
  );
}
