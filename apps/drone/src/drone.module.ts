import { type DynamicModule, Module } from '@nestjs/common';
import type { MessageBus } from '@swarm/contracts';
import type { MachineReport } from '@swarm/domain-drone-audit';
import type { Clock } from '@swarm/kernel';
import type { Logger } from '@swarm/platform';

import { DroneAgent } from './drone-agent.js';
import type { DroneLimits } from './limits.js';
import type { ArtifactSpool } from './ports/artifact-spool.js';
import type { BuildLogs } from './ports/build-log.js';
import type { ConfigurationSource } from './ports/configuration-source.js';
import type { Executor } from './ports/executor.js';
import type { OutcomeJournal } from './ports/outcome-journal.js';
import type { OwnerPause } from './ports/owner-pause.js';
import type { DroneIdentity, Timer, VitalsReader } from './ports/surroundings.js';
import type { UploadPath } from './ports/upload-path.js';
import { BuildPackage } from './use-cases/build-package.js';
import { CatchUp } from './use-cases/catch-up.js';
import { DeliverArtifact } from './use-cases/deliver-artifact.js';
import { Enrol } from './use-cases/enrol.js';
import { HeedStops } from './use-cases/heed-stops.js';
import { PathHealth } from './use-cases/path-health.js';
import { PerformWork } from './use-cases/perform-work.js';
import { PublishLog } from './use-cases/publish-log.js';
import { ReportMachine } from './use-cases/report-machine.js';
import { ReportOutcome } from './use-cases/report-outcome.js';
import { ResolvePlan } from './use-cases/resolve-plan.js';
import { ResumeUnfinished } from './use-cases/resume-unfinished.js';
import { SendHeartbeats } from './use-cases/send-heartbeats.js';
import type { Shutdown } from './use-cases/shutdown.js';
import { WorkInHand } from './use-cases/work-in-hand.js';

/** What the drone needs from outside; `main.ts` gives the real ones, a test gives its own. */
export interface DronePorts {
  readonly identity: DroneIdentity;
  readonly bus: MessageBus;
  readonly executor: Executor;
  readonly configurations: ConfigurationSource;
  readonly spool: ArtifactSpool;
  readonly journal: OutcomeJournal;
  readonly logs: BuildLogs;
  readonly path: UploadPath;
  readonly vitals: VitalsReader;
  readonly pause: OwnerPause;
  /** How this machine is set up; never rejects. */
  readonly lookAtMachine: () => Promise<MachineReport>;
  readonly sha256: (text: string) => string;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly logger: Logger;
  readonly limits: DroneLimits;
  readonly drainLimitMs: number;
  /** After the last sign of work for so long, the work is delivered again. */
  readonly ackWaitMs: number;
  readonly shutdown: Shutdown;
  /** HMAC-SHA256 in hex under the enrolment key. */
  readonly prove: (text: string) => string;
  readonly pack: (document: unknown) => Promise<string>;
}

@Module({})
export class DroneModule {
  static with(ports: DronePorts): DynamicModule {
    return {
      module: DroneModule,
      providers: [{ provide: DroneAgent, useFactory: () => agentOf(ports) }],
      exports: [DroneAgent],
    };
  }
}

function agentOf(ports: DronePorts): DroneAgent {
  const { shutdown, limits } = ports;
  const hand = new WorkInHand(ports.clock, shutdown.aborted);
  const health = new PathHealth();
  const machine = new ReportMachine(ports);
  const fingerprint = (): string | null => machine.fingerprint;
  const reports = new ReportOutcome(ports, shutdown.ended);
  const publishLog = new PublishLog({ ...ports, flushMs: limits.logFlushMs }, shutdown.ended);
  const deliver = new DeliverArtifact({ ...ports, hand, reports, health });
  const shared = { ...ports, hand, health, machine, fingerprint, reports, publishLog, deliver };
  const catchUp = new CatchUp(shared);
  const build = new BuildPackage(shared);
  const resolve = new ResolvePlan(shared);
  return new DroneAgent({
    ...shared,
    enrol: new Enrol(ports),
    heartbeats: new SendHeartbeats(shared),
    perform: new PerformWork({ ...shared, catchUp, build, resolve }),
    resume: new ResumeUnfinished(shared),
    stops: new HeedStops(shared),
  });
}
