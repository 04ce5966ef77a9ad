import type { Drone } from '@swarm/domain-drone';
import {
  pageCauses,
  rungOf,
  stateOf,
  type ActionEnd,
  type Decision,
  type HealingAction,
  type PageDelivery,
} from '@swarm/domain-healing';

import type { LadderPorts } from '../healer.ports.js';
import type { HealingRecord } from './healing-record.js';

/** Lines of a page that tell what was tried. */
const TOLD_ACTIONS = 10;

/** Rung 4: a person is told what is wrong, what was tried, and what to do (S30). */
export class CallPeople {
  constructor(
    private readonly ports: Pick<LadderPorts, 'healing' | 'pager' | 'clock' | 'log'>,
    private readonly record: HealingRecord,
  ) {}

  async begin(drone: Drone, { fault, cause, reason }: Extract<Decision, { kind: 'page' }>): Promise<void> {
    const action = await this.record.begin(drone, { kind: 'page', fault, cause, reason });
    if (action) await this.#send(drone, action);
  }

  /** A healer was killed over it: it is sent again, under the same id, since nobody knows whom it reached. */
  async again(drone: Drone, action: HealingAction): Promise<void> {
    await this.#send(drone, action);
  }

  async #send(drone: Drone, action: HealingAction): Promise<void> {
    const { pager, healing, clock, log } = this.ports;
    const tried = (await healing.ofDrone(drone.name, TOLD_ACTIONS + 1)).filter(({ id }) => id !== action.id);
    log.error({ drone: drone.name, cause: action.cause, reason: action.reason }, 'ALARM: a person is needed');
    const deliveries = await pager.send({
      ...{ id: action.id, drone: drone.name, cause: action.cause ?? '', at: action.begunAt },
      title: action.reason,
      text: textOf(drone, action, tried),
    });
    await this.record.end(action, endOf(deliveries, clock.now()));
  }
}

function endOf(deliveries: readonly PageDelivery[], at: Date): ActionEnd {
  const reached = deliveries.filter(({ isDelivered }) => isDelivered).map(({ channel }) => channel);
  const isInVain = deliveries.length > 0 && reached.length === 0;
  const detail =
    deliveries.length === 0
      ? 'no way to people is configured (SWARM_NOTIFY_…): the event, the log and this row are all'
      : isInVain
        ? 'it reached nobody'
        : `it went out by ${reached.join(', ')}`;
  const output = deliveries.map(({ channel, detail: said }) => `${channel}: ${said}\n`).join('');
  return { state: isInVain ? 'failed' : 'done', at, found: null, detail, output };
}

function textOf(
  { name, state, reason }: Drone,
  action: HealingAction,
  tried: readonly HealingAction[],
): string {
  const lines = tried.map((each) => {
    const line = each.end?.detail ?? each.reason;
    return `  ${each.begunAt.toISOString()} rung ${rungOf(each)} ${each.kind} ${stateOf(each)}: ${line}`;
  });
  return [
    `${action.reason}.`,
    `${name} is ${state}: ${reason}`,
    '',
    'What was tried, the latest first:',
    ...(lines.length > 0 ? lines : ['  nothing']),
    '',
    `What to do: docs/operations/${action.cause ? pageCauses[action.cause] : 'healing'}.md`,
    `More: swarm drone actions ${name}`,
    '',
  ].join('\n');
}
