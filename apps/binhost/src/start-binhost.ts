import { randomUUID } from 'node:crypto';
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { BinhostDirectory } from '@swarm/adapter-binhost-fs';
import { connectBus } from '@swarm/adapter-nats';
import { type Database, migrate, openDatabase, OutboxRelay } from '@swarm/adapter-postgres';
import { ArtifactReceived, type MessageBus, PlanMoved } from '@swarm/contracts';
import type { ArtifactRepository, GenerationRepository } from '@swarm/domain-release';
import {
  CrashPoints,
  type Logger,
  READINESS_LIMIT_MS,
  retry,
  RoundLoop,
  type RunningService,
  runService,
  systemClock,
} from '@swarm/platform';

import { BinhostModule } from './binhost.module.js';
import type { BinhostConfig } from './config.js';
import { factId, isToken } from './identity.js';
import { whileLeading } from './leading.js';
import type { PackageStore, ServedFiles, UploadStore } from './ports/package-store.js';
import { runPublisher } from './publisher.js';
import { REPORT_DISK_EVERY_MS, reportDisk } from './use-cases/report-disk.js';
import { Wake } from './wake.js';

/** The adapters between which a crash may happen. */
export interface Stores {
  readonly artifacts: ArtifactRepository;
  readonly generations: GenerationRepository;
  readonly store: UploadStore & PackageStore & ServedFiles;
}

export interface StartOptions {
  readonly logger: Logger;
  /** Default true; false in tests, which stop the service themselves. */
  readonly handleSignals?: boolean;
  /** For crash tests: stands between the service and its stores. */
  readonly around?: (stores: Stores) => Stores;
}

const NAME = 'binhost';
/** Postgres may come up a little after us. */
const MIGRATE_RETRY = { attempts: 10, firstDelayMs: 200, maxDelayMs: 3_000 } as const;
/** How long the first answer over HTTP waits for this process to lead and to clean up; a second instance never will. */
const FIRST_LEAD_MS = 2_000;
/** A request may take as long as an upload, and its answer a little longer. */
const REQUEST_MARGIN_MS = 60_000;
const RELAY_DRAIN_MS = 2_000;

/** Starts the binhost over the real adapters: HTTP at once, the publisher when this process leads. */
export async function startBinhost(config: BinhostConfig, options: StartOptions): Promise<RunningService> {
  const { logger, around } = options;
  const url = config.databaseUrl.reveal();
  await mkdir(config.directory, { recursive: true });
  await retry(() => migrate(url), {
    ...MIGRATE_RETRY,
    onFailure: ({ error, delayMs }) => logger.warn({ error, delayMs }, 'migrations could not be applied yet'),
  });
  const crash = CrashPoints.ofService(NAME, process.env);
  const realDatabase = openDatabase({
    url,
    source: NAME,
    onConnectionLost: (error) => logger.warn({ error }, 'connection to Postgres lost'),
  });
  const realBus = await connectBus({ url: config.natsUrl, name: NAME, logger }).catch(
    async (error: unknown) => {
      await realDatabase.close();
      throw error;
    },
  );
  const database = crash?.around('database', realDatabase) ?? realDatabase;
  const bus = crash?.around('bus', realBus) ?? realBus;
  const nowSeconds = (): number => Math.floor(Date.now() / 1000);
  const directory = new BinhostDirectory({ root: config.directory, nowSeconds });
  const { artifacts, generations } = database;
  const real: Stores = { artifacts, generations, store: crash?.around('store', directory) ?? directory };
  const stores = around?.(real) ?? real;
  const wake = new Wake();
  const publisher = startPublisher({ config, logger, database, bus, stores, wake });
  await publisher.isClean(FIRST_LEAD_MS);
  return runService({
    name: NAME,
    logger,
    ...{ host: config.host, port: config.port },
    handleSignals: options.handleSignals ?? true,
    requestLimitMs: config.upload.totalMs + REQUEST_MARGIN_MS,
    module: BinhostModule.with({
      ...{ artifacts: stores.artifacts, store: stores.store, files: stores.store },
      configurations: database.profiles,
      ...{ clock: systemClock, logger, factId, isToken, maxBytes: config.upload.maxBytes },
      wake: () => wake.ring(),
      desk: { limits: config.upload, logger },
    }),
    readiness: {
      postgres: () => database.ping(READINESS_LIMIT_MS),
      nats: () => bus.ping(READINESS_LIMIT_MS),
      directory: () => probeDirectory(config.directory),
    },
    stop: {
      stopTaking: { publisher: () => publisher.stop() },
      drain: { publisher: () => publisher.stopped },
      release: {
        connections: async () => {
          await bus.close();
          await database.close();
        },
      },
    },
  });
}

interface PublisherSetting {
  readonly config: BinhostConfig;
  readonly logger: Logger;
  readonly database: Database;
  readonly bus: MessageBus;
  readonly stores: Stores;
  readonly wake: Wake;
}

interface Publisher {
  /** Resolves when this process has led and cleaned up, or after `limitMs`; from then on nothing is cleaned up. */
  isClean(limitMs: number): Promise<void>;
  stop(): void;
  readonly stopped: Promise<void>;
}

/** Publishes and relays whenever this process leads. */
function startPublisher({ config, logger, database, bus, stores, wake }: PublisherSetting): Publisher {
  const stop = new AbortController();
  const { profiles, plans } = database;
  const ports = { ...stores, profiles, plans, clock: systemClock, logger, factId };
  let isServing = false;
  let setClean: () => void = () => undefined;
  const clean = new Promise<void>((resolve) => (setClean = resolve));
  const lead = async (signal: AbortSignal): Promise<void> => {
    // Uploads of ours that are in hand are not what an earlier process left.
    if (!isServing) await stores.store.recover();
    setClean();
    const hearing = await listenForWork(bus, wake);
    const relay = relayOf(database, bus, logger);
    const disk = diskReports(database, config.directory, logger);
    relay.start();
    disk.start();
    try {
      await runPublisher(ports, { wake, scanMs: config.scanMs, logger }, signal);
    } finally {
      hearing.stop();
      await disk.stop();
      await relay.stop(RELAY_DRAIN_MS);
    }
  };
  const stopped = whileLeading({ leader: database.leader(NAME), logger }, lead, stop.signal);
  return {
    isClean: async (limitMs) => {
      await Promise.race([clean, delay(limitMs, undefined, { ref: false })]);
      isServing = true;
    },
    stop: () => stop.abort(),
    stopped,
  };
}

function relayOf({ outbox }: Database, bus: MessageBus, logger: Logger): OutboxRelay {
  return new OutboxRelay({
    ...{ outbox, bus },
    onParked: ({ id, message }, reason) => logger.error({ id, message, reason }, 'message cannot be sent'),
    onFailure: ({ error, delayMs }) => logger.warn({ error, delayMs }, 'message could not be sent yet'),
  });
}

/** What another instance received, and plans that may be complete. Without them the slow scan finds the same, later. */
async function listenForWork(bus: MessageBus, wake: Wake): Promise<{ stop(): void }> {
  const ring = (): void => wake.ring();
  const heard = await Promise.all([
    bus.watch(ArtifactReceived, ring, { from: 'new' }),
    bus.watch(PlanMoved, ring, { from: 'new' }),
  ]);
  return {
    stop: () => {
      for (const subscription of heard) subscription.stop();
    },
  };
}

function diskReports({ maintenance }: Database, directory: string, logger: Logger): RoundLoop {
  const space = async (): Promise<{ readonly freeBytes: number; readonly totalBytes: number }> => {
    const { bavail, blocks, bsize } = await statfs(directory);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  };
  const ports = { disks: maintenance, space, clock: systemClock };
  return new RoundLoop(() => reportDisk(ports), REPORT_DISK_EVERY_MS, logger);
}

/** A directory that only exists is not enough: it must take a file. */
async function probeDirectory(directory: string): Promise<void> {
  const probe = join(directory, `.probe-${randomUUID()}`);
  try {
    await writeFile(probe, 'ready\n', { flag: 'wx' });
  } finally {
    await rm(probe, { force: true });
  }
}
