import { PauseAnswered, PauseAsked, type PauseFact, type PauseScope, type PauseView } from '@swarm/contracts';
import { DEFAULT_WORK_PAUSE_MS } from '@swarm/domain-scheduling';

import type { GatewayPorts } from '../ports.js';
import { ApiRefusal } from './api-refusal.js';
import { pauseView, readPauses } from './read-pauses.js';

/** How long the scheduler may take to store a pause. */
export const PAUSE_ANSWER_LIMIT_MS = 10_000;

type Ports = Pick<GatewayPorts, 'pauses' | 'clock' | 'bus' | 'newId'>;

/** Which scope somebody means: the swarm, where both are left out. */
interface ScopeWish {
  readonly profile?: string | undefined;
  readonly plan?: string | undefined;
}

/** Has the scheduler begin a pause, and answers with it when it holds. */
export async function beginPause(
  ports: Ports,
  wish: ScopeWish & {
    readonly author: string;
    readonly reason: string;
    readonly forMs?: number | undefined;
  },
): Promise<PauseView> {
  const { author, reason, forMs = DEFAULT_WORK_PAUSE_MS } = wish;
  const { pause } = await ask(ports, scopeOf(wish), { kind: 'pause', forMs, author, reason });
  if (!pause) throw new Error('a pause that began is in the answer');
  return pauseView({ ...pause, since: new Date(pause.since), until: new Date(pause.until) });
}

/** Has the scheduler end the pause of exactly that scope; `ended` is null where there is none. */
export async function endPause(
  ports: Ports,
  wish: ScopeWish & { readonly author: string },
): Promise<{ ended: PauseFact | null; standing: PauseView[] }> {
  const { pause } = await ask(ports, scopeOf(wish), { kind: 'resume', author: wish.author });
  return { ended: pause, standing: await readPauses(ports) };
}

function scopeOf({ profile, plan }: ScopeWish): PauseScope {
  if (profile !== undefined && plan !== undefined) {
    throw new ApiRefusal(
      'bad-input',
      'plan: a plan has one profile: name the plan or the profile, not both.',
    );
  }
  if (plan !== undefined) return { kind: 'plan', plan };
  return profile === undefined ? { kind: 'swarm' } : { kind: 'profile', profile };
}

async function ask(
  { bus, newId }: Ports,
  scope: PauseScope,
  wish: PauseAsked['wish'],
): Promise<PauseAnswered> {
  const answer = await bus
    .request(PauseAsked, { requestId: newId(), scope, wish }, PauseAnswered, PAUSE_ANSWER_LIMIT_MS)
    .catch(() => Promise.reject(noScheduler()));
  switch (answer.outcome) {
    case 'done':
      return answer;
    case 'unknown':
      throw new ApiRefusal('not-found', `${answer.reason}.`);
    case 'refused':
      throw new ApiRefusal('bad-input', `${answer.reason}.`);
  }
}

function noScheduler(): ApiRefusal {
  return new ApiRefusal(
    'unavailable',
    'No scheduler leads, or it did not answer in time; it may still do it. Without one nothing is handed out.',
    '`swarm status` says whether the pause stands; asking twice changes nothing more.',
  );
}
