import { decide, type Case, type Decision, type DroneHost, type HealingAction } from '@swarm/domain-healing';
import type { Drone } from '@swarm/domain-drone';

import type { LadderPorts } from '../healer.ports.js';
import type { CallPeople } from './call-people.js';
import type { HealingRecord } from './healing-record.js';
import type { TreatHost } from './treat-host.js';

/** Of what was done to a drone, the latest so many are looked at: weeks of calls in vain. */
const HISTORY_LIMIT = 500;
/** Hosts that are worked on at once. */
const AT_ONCE = 8;

/**
 * Rungs 2 to 4 of the ladder, for the whole fleet, once. What is done depends on the ledger alone, so whoever leads
 * next goes on where this one was killed.
 */
export class ClimbLadder {
  constructor(
    private readonly ports: LadderPorts,
    private readonly record: HealingRecord,
    private readonly treat: TreatHost,
    private readonly call: CallPeople,
  ) {}

  /** Resolves to what was decided for each drone. */
  async execute(): Promise<ReadonlyMap<string, Decision>> {
    const { drones, hosts, healing } = this.ports;
    const [fleet, book, requests] = await Promise.all([drones.all(), hosts.all(), healing.openRequests()]);
    const hostOf = new Map(book.map((host) => [host.drone, host]));
    const requestOf = new Map(requests.map((request) => [request.drone, request]));
    const decisions = new Map<string, Decision>();
    const waiting = fleet.map(({ value }) => value);
    const size = fleet.filter(({ value }) => value.state !== 'retired').length;
    const work = async (): Promise<void> => {
      for (let drone = waiting.shift(); drone; drone = waiting.shift()) {
        const { name } = drone;
        const about = { drone, host: hostOf.get(name), request: requestOf.get(name) };
        try {
          decisions.set(name, await this.#climb(about, size));
        } catch (error) {
          // One host's trouble, or a ledger that is away for a moment, keeps no other drone from its turn.
          this.ports.log.error({ drone: name, error: String(error) }, 'a drone could not be treated');
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return decisions;
  }

  async #climb(about: Pick<Case, 'drone' | 'host' | 'request'>, size: number): Promise<Decision> {
    const { clock, healing, healingPolicy: policy } = this.ports;
    const history = (await healing.ofDrone(about.drone.name, HISTORY_LIMIT)).toReversed();
    const now = clock.now();
    const window = Math.max(policy.rebootWindowMs, policy.rebootCooldownMs);
    const reboots = await healing.reboots(new Date(now.getTime() - window));
    const decision = decide({ ...about, history, fleet: { drones: size, reboots }, policy, now });
    await this.#carryOut(decision, about);
    return decision;
  }

  async #carryOut(
    decision: Decision,
    { drone, host }: { readonly drone: Drone; readonly host: DroneHost | undefined },
  ): Promise<void> {
    switch (decision.kind) {
      case 'nothing':
        return;
      case 'close':
        await this.record.recovered(drone, decision.reason);
        return;
      case 'ask':
        await this.record.ask(drone, decision.reason);
        return;
      case 'withdraw':
        await this.record.withdraw(decision.request, decision.how, decision.reason);
        return;
      case 'page':
        await this.call.begin(drone, decision);
        return;
      case 'settle':
        await this.#settle(drone, host, decision.action);
        return;
      case 'probe':
      case 'restart':
      case 'reboot':
        if (host) await this.treat.execute(drone, host, decision);
    }
  }

  #settle(drone: Drone, host: DroneHost | undefined, action: HealingAction): Promise<void> {
    return action.kind === 'page' ? this.call.again(drone, action) : this.treat.settle(host, action);
  }
}
