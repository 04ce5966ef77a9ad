import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import {
  ensureNatsServer,
  freePort,
  startNatsServer,
  type NatsServer,
  type NatsServerOptions,
} from '@swarm/platform';

import { repositoryRoot } from './repository-root.js';
import { tempDir } from './temp-dir.js';

export type TestNatsOptions = Partial<Pick<NatsServerOptions, 'syncAlways' | 'maxPayloadBytes'>>;

/** A server of the test's own, on one port for all its life, that the test may break. */
export interface TestNats extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly version: string;
  /** The running server, or the last one. */
  readonly server: NatsServer;
  /** Stops it in order; clients see the connection end. */
  stop(): Promise<void>;
  /** Power off: SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again on the same port and the same store. */
  start(): Promise<void>;
  /** Deletes everything that JetStream has stored. Only while it is stopped. */
  wipe(): Promise<void>;
}

/** Starts a real nats-server with JetStream; the binary is cached in `<repository>/.cache`. */
export async function startTestNats(options: TestNatsOptions = {}): Promise<TestNats> {
  const { binary, version } = await ensureNatsServer({ cacheDir: join(repositoryRoot(), '.cache') });
  const directory = await tempDir('nats');
  const port = await freePort();
  const launch = (): Promise<NatsServer> =>
    startNatsServer({ ...options, binary, port, storeDir: directory.path });
  let server = await launch();
  return {
    url: server.url,
    port,
    version,
    get server() {
      return server;
    },
    stop: () => server.stop(),
    async kill() {
      server.process.child.kill('SIGKILL');
      await server.process.exited;
    },
    async start() {
      server = await launch();
    },
    async wipe() {
      if (!server.process.hasExited()) throw new Error('stop the server before its store is wiped');
      for (const name of await readdir(directory.path)) {
        await rm(join(directory.path, name), { recursive: true, force: true });
      }
    },
    async [Symbol.asyncDispose]() {
      await server.stop();
      await directory[Symbol.asyncDispose]();
    },
  };
}
