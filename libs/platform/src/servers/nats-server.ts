import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { SwarmError } from '@swarm/kernel';

import { freePort } from '../ports.js';
import { startProcess, type ManagedProcess } from './managed-process.js';
import { isAtLeast, NATS_MAX_PAYLOAD_BYTES, SYNCS_ALWAYS, versionOf } from './nats-binary.js';

const START_LIMIT_MS = 30_000;
const STOP_GRACE_MS = 15_000;
const LOOK_EVERY_MS = 10;
const LOG_TAIL_CHARACTERS = 2_000;
/** Streams reserve their limits; this is the sum that the server may promise, not what it takes. */
const MAX_FILE_STORE_BYTES = 64 * 1024 ** 3;
const MAX_MEMORY_STORE_BYTES = 64 * 1024 ** 2;

export interface NatsServerOptions {
  readonly binary: string;
  /** JetStream's files and the server's own configuration; made if missing. */
  readonly storeDir: string;
  /** Default: a free port. */
  readonly port?: number;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /**
   * True (default): a message is acknowledged only when it is on disk (`sync_interval: always`).
   * The server's own default of 2 min loses acknowledged messages when the power fails (Q26).
   * Left out for servers before 2.10, which do not know it.
   */
  readonly syncAlways?: boolean;
  /** Default 8 MiB. */
  readonly maxPayloadBytes?: number;
  /** Default: `nats-server.log` in `storeDir`. */
  readonly logFile?: string;
  /** True: it does not keep this process alive. It is stopped with this process in any case. */
  readonly unref?: boolean;
}

export interface NatsServer {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly process: ManagedProcess;
  /** The configuration file that it runs with. */
  readonly configFile: string;
  stop(): Promise<void>;
}

/** Starts a nats-server with JetStream and waits until it answers. Throws SWARM_NO_SERVER with the end of its log. */
export async function startNatsServer(options: NatsServerOptions): Promise<NatsServer> {
  const storeDir = resolve(options.storeDir);
  const { host = '127.0.0.1', logFile = join(storeDir, 'nats-server.log') } = options;
  const port = options.port ?? (await freePort(host));
  await mkdir(storeDir, { recursive: true });
  const configFile = join(storeDir, 'nats-server.conf');
  const serverName = `swarm-${randomUUID()}`;
  const canSync = isAtLeast((await versionOf(options.binary)) ?? SYNCS_ALWAYS, SYNCS_ALWAYS);
  const syncAlways = canSync && (options.syncAlways ?? true);
  await writeFile(configFile, natsConfig({ ...options, syncAlways, storeDir, host, port, serverName }));
  const log = await open(logFile, 'a');
  let managed: ManagedProcess;
  try {
    managed = await startProcess({
      command: options.binary,
      args: ['-c', configFile],
      cwd: storeDir,
      output: log.fd,
      stopSignal: 'SIGTERM',
      unref: options.unref ?? false,
    });
  } finally {
    await log.close();
  }
  try {
    await untilJetStreamAnswers(host, port, { serverName, managed });
  } catch (error) {
    await managed.stop(STOP_GRACE_MS);
    throw new SwarmError('SWARM_NO_SERVER', `nats-server did not start.\n${await tailOf(logFile)}`, {
      hint: `Its log is ${logFile}.`,
      cause: error,
    });
  }
  return {
    url: `nats://${host}:${port}`,
    port,
    pid: managed.pid,
    process: managed,
    configFile,
    stop: () => managed.stop(STOP_GRACE_MS),
  };
}

/** The server's configuration file. Values are JSON strings, which its format accepts. */
export function natsConfig(
  options: Pick<NatsServerOptions, 'syncAlways' | 'maxPayloadBytes'> & {
    readonly storeDir: string;
    readonly host: string;
    readonly port: number;
    readonly serverName: string;
  },
): string {
  const {
    storeDir,
    host,
    port,
    serverName,
    syncAlways = true,
    maxPayloadBytes = NATS_MAX_PAYLOAD_BYTES,
  } = options;
  return [
    `listen: ${JSON.stringify(`${host}:${port}`)}`,
    `server_name: ${JSON.stringify(serverName)}`,
    `max_payload: ${maxPayloadBytes}`,
    'jetstream {',
    `  store_dir: ${JSON.stringify(storeDir)}`,
    `  max_file_store: ${MAX_FILE_STORE_BYTES}`,
    `  max_memory_store: ${MAX_MEMORY_STORE_BYTES}`,
    ...(syncAlways ? ['  sync_interval: always'] : []),
    '}',
    '',
  ].join('\n');
}

/**
 * A server says in its greeting whether JetStream is on; it greets only when it is ready.
 * Its name tells it from a stranger who holds the port.
 */
async function untilJetStreamAnswers(
  host: string,
  port: number,
  { serverName, managed }: { readonly serverName: string; readonly managed: ManagedProcess },
): Promise<void> {
  const deadline = performance.now() + START_LIMIT_MS;
  for (;;) {
    if (managed.hasExited()) throw new Error(await managed.exited);
    const greeting = await greetingOf(host, port);
    if (greeting?.includes(serverName) && greeting.includes('"jetstream":true')) return;
    if (performance.now() > deadline) throw new Error(`no answer within ${START_LIMIT_MS} ms`);
    await delay(LOOK_EVERY_MS);
  }
}

/** The first line that a server sends, or undefined when nobody listens. */
async function greetingOf(host: string, port: number): Promise<string | undefined> {
  return new Promise((settle) => {
    const socket = connect({ host, port, timeout: 1_000 });
    let text = '';
    const end = (answer?: string): void => {
      socket.destroy();
      settle(answer);
    };
    socket.on('data', (chunk) => {
      text += chunk.toString();
      if (text.includes('\n')) end(text);
    });
    socket.on('error', () => {
      end();
    });
    socket.on('timeout', () => {
      end();
    });
    socket.on('close', () => {
      end();
    });
  });
}

/** The end of a log file; empty when there is none. */
export async function tailOf(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.slice(-LOG_TAIL_CHARACTERS);
}
