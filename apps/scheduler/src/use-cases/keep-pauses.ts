import { outgoing, type PauseAnswered, type PauseAsked, type PauseFact } from '@swarm/contracts';
import {
  beginPause,
  endOver,
  endPause,
  standingPauses,
  type Pause,
  type PauseDecision,
  type PauseEnd,
  type PauseScope,
} from '@swarm/domain-scheduling';
import type { Outgoing, Saved } from '@swarm/kernel';

import type { SchedulerPorts } from '../scheduler.ports.js';

/** Writers that are first are rare; a change that loses this often in a row is a fault. */
const MAX_CONTENTIONS = 8;

type Ports = Pick<SchedulerPorts, 'pauses' | 'profiles' | 'plans' | 'clock' | 'entropy' | 'log'>;
type Answer = Omit<PauseAnswered, 'requestId'>;
type Wish = Extract<PauseAsked['wish'], { kind: 'pause' }>;

/**
 * Pauses of handing out work, as people begin and end them (S19). Each beginning and each end is on record with its
 * event; every request may come twice. A pause that is over holds nothing, even before its end is on record.
 */
export class KeepPauses {
  constructor(private readonly ports: Ports) {}

  async execute({ requestId, scope, wish }: PauseAsked): Promise<PauseAnswered> {
    const answer =
      wish.kind === 'pause'
        ? await this.#begin(requestId, scope, wish)
        : await this.#contend(() => this.#end(scope, wish.author));
    this.ports.log.info({ requestId, scope, wish, ...answer }, 'pause asked for');
    return { requestId, ...answer };
  }

  /** Those that hold now, the widest first. Read anew: whoever led before may have begun one. */
  async standing(now: Date): Promise<readonly Pause[]> {
    return standingPauses(await this.ports.pauses.open(), now);
  }

  /** Puts on record, and announces, what ended by itself. True when there was any. */
  async expire(now: Date): Promise<boolean> {
    const { pauses, log } = this.ports;
    const decision = endOver(await pauses.open(), now);
    if (decision.ended.length === 0) return false;
    // Somebody else was first: the next round looks again.
    if ((await this.#store(decision)) === 'conflict') return false;
    for (const { pause } of decision.ended) log.info({ pause }, 'pause is over');
    return true;
  }

  async #begin(id: string, scope: PauseScope, wish: Wish): Promise<Answer> {
    const mistake = await this.#mistakeIn(scope);
    if (mistake) return mistake;
    return this.#contend(async () => {
      const { pauses, clock } = this.ports;
      const known = await pauses.find(id);
      if (known) return done(known.pause);
      const draft = { id, scope, author: wish.author, reason: wish.reason, forMs: wish.forMs };
      const begun = beginPause(await pauses.open(), draft, clock.now());
      if (!begun.ok) return { outcome: 'refused', pause: null, reason: begun.error };
      return (await this.#store(begun.value)) === 'saved' ? done(begun.value.begun) : 'conflict';
    });
  }

  async #end(scope: PauseScope, by: string): Promise<Answer | 'conflict'> {
    const { pauses, clock } = this.ports;
    const decision = endPause(await pauses.open(), { scope, by }, clock.now());
    if (decision.ended.length > 0 && (await this.#store(decision)) === 'conflict') return 'conflict';
    return done(decision.ended.find(({ end }) => end.how === 'resumed')?.pause ?? null);
  }

  /** What cannot be paused, because it is not there or is over. */
  async #mistakeIn(scope: PauseScope): Promise<Answer | undefined> {
    if (scope.kind === 'swarm') return undefined;
    const { profiles, plans } = this.ports;
    if (scope.kind === 'profile') {
      if (await profiles.find(scope.profile)) return undefined;
      const known = (await profiles.all()).map(({ name }) => name).join(', ') || 'none';
      return unknown(`profile: there is no profile "${scope.profile}"; known: ${known}`);
    }
    const plan = (await plans.find(scope.plan))?.value;
    if (!plan) return unknown(`plan: there is no plan ${scope.plan}`);
    if (plan.state === 'resolving' || plan.state === 'building') return undefined;
    const reason = `plan: it is ${plan.state}, nothing of it is handed out any more`;
    return { outcome: 'refused', pause: null, reason };
  }

  /** Reads, decides and stores, and does so again where another writer was first. */
  async #contend(attempt: () => Promise<Answer | 'conflict'>): Promise<Answer> {
    for (let tries = 0; tries < MAX_CONTENTIONS; tries += 1) {
      const answer = await attempt();
      if (answer !== 'conflict') return answer;
    }
    const reason = 'pauses of it are begun and ended by others all the time: try again';
    return { outcome: 'refused', pause: null, reason };
  }

  #store(decision: PauseDecision): Promise<Saved> {
    const { begun, ended } = decision;
    const news = ended.map(({ pause, end }) => this.#moved(pause, end));
    if (begun) news.push(this.#moved(begun, { how: 'begun', at: begun.since, by: begun.author }));
    return this.ports.pauses.store({ ...decision, outgoing: news });
  }

  #moved(
    pause: Pause,
    { how, at, by }: Pick<PauseEnd, 'at' | 'by'> & { readonly how: PauseEnd['how'] | 'begun' },
  ): Outgoing {
    const id = this.ports.entropy.id();
    return outgoing('PauseMoved', id, { id, at: at.toISOString(), pause: factOf(pause), state: how, by });
  }
}

function factOf({ id, scope, author, reason, since, until }: Pause): PauseFact {
  return { id, scope, author, reason, since: since.toISOString(), until: until.toISOString() };
}

function done(pause: Pause | null): Answer {
  return { outcome: 'done', pause: pause && factOf(pause), reason: '' };
}

function unknown(reason: string): Answer {
  return { outcome: 'unknown', pause: null, reason };
}
