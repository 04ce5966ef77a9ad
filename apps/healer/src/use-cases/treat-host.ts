import type { Drone } from '@swarm/domain-drone';
import {
  findings,
  settle,
  type ActionEnd,
  type ActReport,
  type Decision,
  type DroneHost,
  type HealingAction,
  type HostReport,
} from '@swarm/domain-healing';

import type { LadderPorts } from '../healer.ports.js';
import type { HealingRecord } from './healing-record.js';

type Treatment = Extract<Decision, { kind: 'probe' | 'restart' | 'reboot' }>;
type Ports = Pick<LadderPorts, 'healing' | 'access' | 'clock' | 'healingPolicy'>;

/** Looks at hosts and acts there: the row first, then the act, then a look at what came of it (S29). */
export class TreatHost {
  constructor(
    private readonly ports: Ports,
    private readonly record: HealingRecord,
  ) {}

  async execute(drone: Drone, host: DroneHost, decision: Treatment): Promise<void> {
    const { kind, reason, fault } = decision;
    switch (kind) {
      case 'probe': {
        const end = this.#endOf(await this.ports.access.look(host), 'done');
        await this.record.begin(drone, { kind, reason, fault, end });
        return;
      }
      case 'restart': {
        const action = await this.record.begin(drone, { kind, reason, fault });
        if (!action) return;
        const report = await this.ports.access.restart(host);
        await this.record.end(action, this.#endOf(report, report.isDone ? 'done' : 'failed'));
        return;
      }
      case 'reboot': {
        const uses = decision.request ?? undefined;
        const action = await this.record.begin(drone, { kind, reason, fault }, uses);
        if (action) await this.#reboot(host, action);
      }
    }
  }

  /** Ends an act whose result nobody saw, once the host tells; it is never done again. */
  async settle(host: DroneHost | undefined, action: HealingAction): Promise<void> {
    const { access, healingPolicy, clock } = this.ports;
    const report: HostReport = host
      ? await access.look(host)
      : { found: 'unreachable', detail: 'the host book says nothing of it any more', output: '', boot: null };
    const end = settle(action, report, healingPolicy, clock.now());
    if (end) await this.record.end(action, end);
  }

  /** Told to reboot, a host is looked at by later rounds, until it is in another boot or its time is over. */
  async #reboot(host: DroneHost, action: HealingAction): Promise<void> {
    const { access, healing } = this.ports;
    const report: ActReport = await access.reboot(host, async (boot) => {
      const noted = await healing.noteBoot(action.id, boot);
      if (noted === 'conflict') throw new Error('the reboot was ended by somebody else');
    });
    if (!report.isDone) await this.record.end(action, this.#endOf(report, 'failed'));
  }

  #endOf({ found, detail, output }: HostReport, otherwise: 'done' | 'failed'): ActionEnd {
    const isRefused = findings[found].isIdentityWrong && otherwise === 'failed';
    return { state: isRefused ? 'refused' : otherwise, at: this.ports.clock.now(), found, detail, output };
  }
}
