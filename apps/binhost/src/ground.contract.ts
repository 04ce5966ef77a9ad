import { type Database, migrate, openDatabase } from '@swarm/adapter-postgres';
import { type RunningService, silentLogger } from '@swarm/platform';
import { createTestDatabase, startTestNats, tempDir, type TestNats } from '@swarm/testing';

import { testConfig } from './binhost.fixture.js';
import type { BinhostConfig } from './config.js';
import { startBinhost, type StartOptions } from './start-binhost.js';

/** What a binhost stands on in a test: real servers and a directory, all of the test file's own. */
export class Ground implements AsyncDisposable {
  readonly #disposals: (() => Promise<unknown>)[] = [];

  private constructor(
    readonly nats: TestNats,
    readonly databaseUrl: string,
    readonly directory: string,
    /** The ledger as the test sees it. */
    readonly db: Database,
  ) {}

  static async lay(): Promise<Ground> {
    const nats = await startTestNats({ syncAlways: false });
    const database = await createTestDatabase(async (url) => {
      await migrate(url);
    }, 'swarm_binhost_template');
    const directory = await tempDir('binhost');
    const db = openDatabase({ url: database.url, source: 'binhost-spec' });
    const ground = new Ground(nats, database.url, directory.path, db);
    for (const one of [nats, database, directory, db])
      ground.#disposals.unshift(() => Promise.resolve(one[Symbol.asyncDispose]()));
    return ground;
  }

  config(overrides: Partial<BinhostConfig> = {}): BinhostConfig {
    return testConfig(
      { databaseUrl: this.databaseUrl, natsUrl: this.nats.url, directory: this.directory },
      overrides,
    );
  }

  /** Starts a binhost; it is stopped with the ground, if not before. */
  async start(
    overrides: Partial<BinhostConfig> = {},
    options: Partial<StartOptions> = {},
  ): Promise<RunningService> {
    const service = await startBinhost(this.config(overrides), {
      logger: silentLogger(),
      handleSignals: false,
      ...options,
    });
    this.#disposals.unshift(() => service.stop());
    return service;
  }

  defer(dispose: () => Promise<unknown>): void {
    this.#disposals.unshift(dispose);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const dispose of this.#disposals) await dispose();
  }
}
