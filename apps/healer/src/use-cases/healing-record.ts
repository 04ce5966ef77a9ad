import { outgoing } from '@swarm/contracts';
import type { Drone } from '@swarm/domain-drone';
import {
  stateOf,
  type ActionEnd,
  type ConfirmationEnd,
  type HealingAction,
  type RebootRequest,
} from '@swarm/domain-healing';
import type { Outgoing } from '@swarm/kernel';

import type { LadderPorts } from '../healer.ports.js';

type Ports = Pick<LadderPorts, 'healing' | 'clock' | 'newId' | 'log'>;
type Draft = Pick<HealingAction, 'kind' | 'reason' | 'fault'> & Partial<Pick<HealingAction, 'cause' | 'end'>>;

/** What the healer writes down: each row with the event that tells of it. */
export class HealingRecord {
  constructor(private readonly ports: Ports) {}

  /** The row before the act; undefined where somebody else was first, and nothing may be done. */
  async begin(drone: Drone, draft: Draft, uses?: RebootRequest): Promise<HealingAction | undefined> {
    const { healing, clock, newId, log } = this.ports;
    const action: HealingAction = {
      ...{ id: newId(), drone: drone.name, begunAt: clock.now(), cause: null, bootBefore: null, end: null },
      groundings: drone.grounding?.times ?? 0,
      ...draft,
    };
    const news = this.#moved(action, action.end?.detail ?? action.reason);
    const used = uses ? [this.#requestMoved(uses, 'used', 'the reboot begins')] : [];
    if ((await healing.begin(action, [...news, ...used], uses)) === 'conflict') return undefined;
    if (action.kind !== 'probe') log.warn(fieldsOf(action), 'healing');
    return action;
  }

  /** False where it was ended by somebody else. */
  async end(action: HealingAction, end: ActionEnd): Promise<boolean> {
    const ended = { ...action, end };
    const saved = await this.ports.healing.end(action.id, end, this.#moved(ended, end.detail));
    if (saved === 'saved') this.ports.log.warn(fieldsOf(ended), 'healing ended');
    return saved === 'saved';
  }

  async recovered(drone: Drone, reason: string): Promise<void> {
    const end: ActionEnd = {
      ...{ state: 'done', at: this.ports.clock.now(), found: null },
      ...{ detail: reason, output: '' },
    };
    await this.begin(drone, { kind: 'recovered', reason, fault: null, end });
  }

  async ask({ name }: Drone, reason: string): Promise<void> {
    const { healing, clock, newId, log } = this.ports;
    const request: RebootRequest = { id: newId(), drone: name, askedAt: clock.now(), reason, consent: null };
    const saved = await healing.ask(request, [this.#requestMoved(request, 'asked', reason)]);
    if (saved === 'saved') log.warn({ drone: name, reason }, 'a reboot waits for its confirmation');
  }

  /** True when the request was open. */
  async confirm(request: RebootRequest, consent: NonNullable<RebootRequest['consent']>): Promise<boolean> {
    const { healing, log } = this.ports;
    const confirmed = { ...request, consent };
    const news = this.#requestMoved(confirmed, 'confirmed', request.reason);
    const saved = await healing.confirm(request.id, consent, [news]);
    log.warn({ drone: request.drone, ...consent, saved }, 'a reboot was confirmed');
    return saved === 'saved';
  }

  async withdraw(request: RebootRequest, how: ConfirmationEnd, why: string): Promise<void> {
    const { healing, clock } = this.ports;
    await healing.closeRequest(request.id, how, clock.now(), [this.#requestMoved(request, how, why)]);
  }

  /** Looks are on record and no news: a sick drone is looked at every half minute. */
  #moved(action: HealingAction, line: string): Outgoing[] {
    const { kind } = action;
    if (kind === 'probe') return [];
    const id = this.ports.newId();
    const at = this.ports.clock.now().toISOString();
    const { id: actionId, drone, cause } = action;
    const state = stateOf(action);
    return [outgoing('HealingMoved', id, { id, at, actionId, drone, kind, state, cause, line })];
  }

  #requestMoved(
    { id: requestId, drone, consent }: RebootRequest,
    state: ConfirmationEnd | 'asked' | 'confirmed',
    line: string,
  ): Outgoing {
    const id = this.ports.newId();
    const at = this.ports.clock.now().toISOString();
    const isConfirmed = state === 'confirmed';
    return outgoing('RebootRequestMoved', id, {
      ...{ id, at, requestId, drone, state, line },
      by: isConfirmed ? (consent?.by ?? null) : null,
      until: isConfirmed ? (consent?.until.toISOString() ?? null) : null,
    });
  }
}

function fieldsOf({ drone, kind, reason, cause, end }: HealingAction): object {
  return {
    drone,
    kind,
    reason,
    ...(cause && { cause }),
    ...(end && { state: end.state, detail: end.detail }),
  };
}
