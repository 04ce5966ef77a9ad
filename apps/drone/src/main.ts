import 'reflect-metadata';

import { createHash, createHmac } from 'node:crypto';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

import { NestFactory } from '@nestjs/core';
import { connectBus } from '@swarm/adapter-nats';
import { systemPath } from '@swarm/adapter-portage';
import type { MessageBus } from '@swarm/contracts';
import { exitCodes, SwarmError } from '@swarm/kernel';
import { createLogger, type Logger, nestLogger, newId, runMain, systemClock } from '@swarm/platform';

import { type DroneConfig, readDroneConfig, readOwnerConfig } from './config.js';
import { DroneAgent } from './drone-agent.js';
import { DroneModule } from './drone.module.js';
import { makeExecutor } from './executors/make-executor.js';
import { FileArtifactSpool } from './files/file-artifact-spool.js';
import { FileBuildLogs } from './files/file-build-logs.js';
import { FileOwnerPause } from './files/file-owner-pause.js';
import { FileOutcomeJournal } from './files/file-outcome-journal.js';
import { HttpConfigurationSource } from './files/http-configuration-source.js';
import { HttpUploadPath } from './files/http-upload-path.js';
import { packDocument } from './files/pack-document.js';
import { defaultLimits } from './limits.js';
import { agentVersion } from './machine/agent-version.js';
import { nodeTimer } from './machine/node-timer.js';
import { nodeVitals } from './machine/node-vitals.js';
import { collectReport } from './machine/report/collect-report.js';
import { lockState } from './machine/state-lock.js';
import { ownerCommand } from './use-cases/owner-commands.js';
import { Shutdown } from './use-cases/shutdown.js';

/** One wait for NATS; between two of them a stop is looked for. */
const CONNECT_LIMIT_MS = 2000;
/** What the bus may still take after the agent is done. */
const BUS_CLOSE_MS = 5000;

async function main(config: DroneConfig, logger: Logger): Promise<void> {
  const shutdown = new Shutdown();
  const unlisten = listenToSignals(shutdown, logger);
  const lock = await lockState(config.stateDir);
  try {
    await work(config, shutdown, logger);
  } finally {
    unlisten();
    await lock.release();
  }
}

async function work(config: DroneConfig, shutdown: Shutdown, logger: Logger): Promise<void> {
  const { stateDir } = config;
  const shared = { clock: systemClock, timer: nodeTimer, limits: defaultLimits, logger, shutdown };
  const executor = await makeExecutor(config, shared);
  const bus = await connected(config, shutdown, logger);
  if (!bus) return;
  try {
    const version = await agentVersion();
    const ports = {
      ...shared,
      identity: {
        drone: config.drone,
        incarnation: newId(),
        agentVersion: version,
        profile: config.profile,
        slots: config.slots,
        cores: Math.max(1, cpus().length),
        memoryBytes: totalmem(),
      },
      bus,
      executor,
      configurations: await HttpConfigurationSource.at(join(stateDir, 'configurations'), logger),
      spool: await FileArtifactSpool.at({ ...shared, directory: join(stateDir, 'spool') }),
      journal: await FileOutcomeJournal.at(join(stateDir, 'outcomes'), defaultLimits, logger),
      logs: await FileBuildLogs.at(join(stateDir, 'logs'), defaultLimits, logger),
      path: new HttpUploadPath(defaultLimits),
      vitals: nodeVitals(stateDir),
      pause: new FileOwnerPause(stateDir),
      lookAtMachine: () =>
        collectReport({
          ...{ drone: config.drone, profile: config.profile, agentVersion: version, stateDir, root: '/' },
          ...{ portage: executor.ownPortage, portageVersion: executor.portageVersion, path: systemPath },
        }),
      sha256: (text: string) => createHash('sha256').update(text).digest('hex'),
      drainLimitMs: config.drainLimitMs,
      ackWaitMs: config.ackWaitMs,
      prove: (text: string) => createHmac('sha256', config.enrolmentKey.reveal()).update(text).digest('hex'),
      pack: packDocument,
    };
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- Nest declares its options as a class and takes any object
    const app = await NestFactory.createApplicationContext(DroneModule.with(ports), {
      logger: nestLogger(logger),
      abortOnError: false,
    });
    await app.get(DroneAgent).run();
    await app.close();
  } finally {
    await bus.close(BUS_CLOSE_MS);
  }
}

/** A drone outlives its NATS: it waits for it as long as it takes. */
async function connected(
  config: DroneConfig,
  shutdown: Shutdown,
  logger: Logger,
): Promise<MessageBus | undefined> {
  while (!shutdown.draining.aborted) {
    try {
      const name = `drone-${config.drone}`;
      return await connectBus({ url: config.natsUrl, name, logger, connectLimitMs: CONNECT_LIMIT_MS });
    } catch (error) {
      if (!(error instanceof SwarmError) || error.code !== 'SWARM_UNREACHABLE') throw error;
      logger.warn({ reason: error.message, hint: error.hint }, 'waiting for NATS');
    }
  }
  return undefined;
}

/** The first signal drains, the second one stops the work in hand (S7). */
function listenToSignals(shutdown: Shutdown, logger: Logger): () => void {
  const onSignal = (signal: NodeJS.Signals): void => {
    const isSecond = shutdown.draining.aborted;
    logger.info({ signal, isSecond }, 'stop asked for');
    if (isSecond) shutdown.abort(`the drone was stopped by a second ${signal}`);
    else shutdown.drain();
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  return () => process.off('SIGTERM', onSignal).off('SIGINT', onSignal);
}

/** A word of the owner, given on this machine; without one, the process is the agent. */
async function owner(words: readonly string[]): Promise<void> {
  const pause = new FileOwnerPause(readOwnerConfig(process.env).stateDir);
  const out = (line: string): void => void process.stdout.write(`${line}\n`);
  if (!(await ownerCommand(words, { pause, clock: systemClock, out }))) process.exitCode = exitCodes.usage;
}

await runMain(createLogger({ service: 'drone' }), async () => {
  const words = process.argv.slice(2);
  if (words.length > 0) return owner(words);
  const config = readDroneConfig(process.env);
  return main(config, createLogger({ service: 'drone', level: config.logLevel }));
});
