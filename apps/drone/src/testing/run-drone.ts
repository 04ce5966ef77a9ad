import { createHash, createHmac, randomUUID } from 'node:crypto';
import { join } from 'node:path';

import { NestFactory } from '@nestjs/core';
import { connectBus } from '@swarm/adapter-nats';
import { createLogger, nestLogger, silentLogger, systemClock } from '@swarm/platform';

import { DroneAgent } from '../drone-agent.js';
import { DroneModule, type DronePorts } from '../drone.module.js';
import { SyntheticExecutor } from '../executors/synthetic-executor.js';
import { FileArtifactSpool } from '../files/file-artifact-spool.js';
import { FileBuildLogs } from '../files/file-build-logs.js';
import { FileOutcomeJournal } from '../files/file-outcome-journal.js';
import { FileOwnerPause } from '../files/file-owner-pause.js';
import { HttpConfigurationSource } from '../files/http-configuration-source.js';
import { HttpUploadPath } from '../files/http-upload-path.js';
import { packDocument } from '../files/pack-document.js';
import { defaultLimits, type DroneLimits } from '../limits.js';
import { nodeTimer } from '../machine/node-timer.js';
import { nodeVitals } from '../machine/node-vitals.js';
import { collectReport } from '../machine/report/collect-report.js';
import { Shutdown } from '../use-cases/shutdown.js';
import { TEST_KEY, TEST_PROFILE } from './test-work.js';

/** Limits that a test need not wait for. */
export const quickLimits: DroneLimits = {
  ...defaultLimits,
  logFlushMs: 10,
  logFinishMs: 200,
  uploadIdleMs: 300,
  uploadFirstDelayMs: 10,
  uploadMaxDelayMs: 50,
  syncFirstDelayMs: 10,
  syncMaxDelayMs: 50,
  enrolAnswerMs: 500,
  enrolRefusedDelayMs: 10,
  abortGraceMs: 5000,
};

export type LogLine = Readonly<Record<string, unknown>>;

export interface RunningDrone {
  readonly shutdown: Shutdown;
  readonly done: Promise<void>;
  /** What it logs, as it comes. */
  readonly lines: readonly LogLine[];
  stop(): Promise<void>;
}

export interface DronePlaces {
  readonly drone: string;
  readonly natsUrl: string;
  readonly stateDir: string;
}

/** Starts a drone in this process over real NATS, real files and real HTTP. */
export async function runDrone(
  { drone, natsUrl, stateDir }: DronePlaces,
  given: Partial<DronePorts> = {},
): Promise<RunningDrone> {
  const lines: LogLine[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line) as LogLine);
  const logger = createLogger({ service: 'drone', level: 'debug', destination: { write } });
  const bus = await connectBus({ url: natsUrl, name: drone, logger: silentLogger() });
  const limits = given.limits ?? quickLimits;
  const shutdown = new Shutdown();
  const shared = { clock: systemClock, timer: nodeTimer, limits, logger, shutdown };
  const graphFile = join(stateDir, 'graph.json');
  const module = DroneModule.with({
    ...shared,
    identity: {
      drone,
      incarnation: randomUUID(),
      agentVersion: 'test',
      profile: TEST_PROFILE,
      slots: 1,
      cores: 2,
      memoryBytes: 1024 ** 3,
    },
    bus,
    executor: new SyntheticExecutor({ ...shared, directory: join(stateDir, 'synthetic'), graphFile }),
    configurations: await HttpConfigurationSource.at(join(stateDir, 'configurations'), logger),
    spool: await FileArtifactSpool.at({ ...shared, directory: join(stateDir, 'spool') }),
    journal: await FileOutcomeJournal.at(join(stateDir, 'outcomes'), limits, logger),
    logs: await FileBuildLogs.at(join(stateDir, 'logs'), limits, logger),
    path: new HttpUploadPath(limits),
    vitals: nodeVitals(stateDir),
    pause: new FileOwnerPause(stateDir),
    lookAtMachine: () =>
      collectReport({
        ...{ drone, profile: TEST_PROFILE, agentVersion: 'test', stateDir, root: join(stateDir, 'root') },
        ...{ portage: null, portageVersion: 'none', path: '/usr/bin:/bin' },
      }),
    sha256: (text) => createHash('sha256').update(text).digest('hex'),
    drainLimitMs: 60_000,
    ackWaitMs: 5000,
    prove: (text) => createHmac('sha256', TEST_KEY).update(text).digest('hex'),
    pack: packDocument,
    ...given,
  });
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- Nest declares its options as a class
  const app = await NestFactory.createApplicationContext(module, { logger: nestLogger(silentLogger()) });
  const done = app
    .get(DroneAgent)
    .run()
    .then(async () => {
      await app.close();
      await bus.close();
    });
  const stop = async (): Promise<void> => {
    shutdown.drain();
    await done;
  };
  return { shutdown, done, lines, stop };
}
