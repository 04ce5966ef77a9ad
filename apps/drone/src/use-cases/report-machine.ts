import { MachineReportAsked, MachineReported, type MessageBus, type Subscription } from '@swarm/contracts';
import { fingerprintText, type MachineReport } from '@swarm/domain-drone-audit';
import type { Clock } from '@swarm/kernel';
import type { Logger } from '@swarm/platform';

import type { DroneIdentity } from '../ports/surroundings.js';

export interface ReportMachinePorts {
  readonly identity: DroneIdentity;
  readonly bus: MessageBus;
  /** Never rejects. */
  readonly lookAtMachine: () => Promise<MachineReport>;
  readonly sha256: (text: string) => string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Says how this machine is set up, to whom asks; and keeps its fingerprint for the heartbeats (S10, S35). */
export class ReportMachine {
  #fingerprint: string | null = null;
  #looking: Promise<MachineReport> | undefined;

  constructor(private readonly ports: ReportMachinePorts) {}

  /** Of the machine as it was when somebody last looked; null until then, and where Portage could not tell. */
  get fingerprint(): string | null {
    return this.#fingerprint;
  }

  /** Answers from now on. Looks once by itself, so that heartbeats have the fingerprint. */
  async start(): Promise<Subscription> {
    const { bus, identity, clock } = this.ports;
    const { drone } = identity;
    const answer = async ({ requestId }: MachineReportAsked): Promise<MachineReported> => {
      const report = (await this.look()) as MachineReported['report'];
      return { requestId, drone, at: clock.now().toISOString(), report };
    };
    void this.look();
    return bus.answer(MachineReportAsked, MachineReported, answer, { where: { drone } });
  }

  /** One look at a time, however many ask. */
  look(): Promise<MachineReport> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(): Promise<MachineReport> {
    const report = await this.ports.lookAtMachine();
    const isWhole = report.variables.kind === 'told' && report.toolchain.kind === 'told';
    this.#fingerprint = isWhole ? this.ports.sha256(fingerprintText(report)) : null;
    this.ports.logger.info({ fingerprint: this.#fingerprint }, 'machine looked at');
    return report;
  }
}
