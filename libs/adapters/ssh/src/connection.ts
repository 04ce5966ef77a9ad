import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import { isSameKey, type HostKey } from '@swarm/domain-healing';
import { withTimeLimit } from '@swarm/platform';
import ssh2, { type ClientChannel } from 'ssh2';

import { commandLine } from './command-line.js';
import { algorithmsFor, fingerprintOf, keyOfWire } from './known-key.js';
import type { SshLimits } from './limits.js';

/** Why there is no connection. */
export type Refusal = 'unreachable' | 'no-access' | 'wrong-key';

export class ConnectionRefused extends Error {
  constructor(
    readonly kind: Refusal,
    message: string,
    /** The key that was shown, where it got that far. */
    readonly shown: HostKey | null,
  ) {
    super(message);
    this.name = 'ConnectionRefused';
  }
}

/** What a command came to. `status` is null where the connection ended before it said so. */
export interface Ran {
  readonly status: number | null;
  readonly output: string;
}

export interface Connection {
  run(args: readonly string[]): Promise<Ran>;
  close(): void;
}

export interface ConnectOptions {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** Text of the private key; only keys let us in, passwords never. */
  readonly privateKey: string;
  /** The keys that the host may show. Empty: none is accepted, and the refusal says which was shown. */
  readonly hostKeys: readonly HostKey[];
  /** Types of key to ask for, where none is pinned. */
  readonly askFor?: readonly Pick<HostKey, 'type'>[];
  readonly limits: SshLimits;
}

/** Connects to a host that shows one of these keys. Rejects with `ConnectionRefused`. */
export async function openConnection(options: ConnectOptions): Promise<Connection> {
  const { limits, hostKeys } = options;
  const socket = await openSocket(options);
  const client = new ssh2.Client();
  let shown: HostKey | null = null;
  const isPinned = (blob: Buffer): boolean => {
    const key = keyOfWire(blob);
    shown = key;
    return hostKeys.some((pinned) => isSameKey(pinned, key));
  };
  const ready = new Promise<void>((resolve, reject) => {
    client.once('ready', resolve);
    // More than one may come; the first one tells.
    client.on('error', reject);
    client.once('close', () => {
      reject(new Error('the host closed the connection'));
    });
  });
  // Where `connect` throws, nobody waits for it.
  ready.catch(() => undefined);
  try {
    client.connect({
      sock: socket,
      username: options.user,
      privateKey: options.privateKey,
      authHandler: ['publickey'],
      hostVerifier: isPinned,
      readyTimeout: limits.connectMs,
      algorithms: { serverHostKey: algorithmsFor(options.askFor ?? hostKeys) },
    });
    await ready;
  } catch (error) {
    client.destroy();
    throw refusal(error, shown, hostKeys);
  }
  return {
    run: (args) => run(client, commandLine(args), limits),
    close: () => client.destroy(),
  };
}

async function openSocket({ address, port, limits }: ConnectOptions): Promise<Socket> {
  // Without it each command waits for a delayed acknowledgement: 95 ms instead of 6, seen with ssh2 1.17.0.
  const socket = connect({ host: address, port, noDelay: true });
  try {
    await withTimeLimit(once(socket, 'connect'), limits.connectMs, `connecting to ${address}:${port}`);
    return socket;
  } catch (error) {
    socket.destroy();
    throw new ConnectionRefused('unreachable', textOf(error), null);
  }
}

function refusal(error: unknown, shown: HostKey | null, pinned: readonly HostKey[]): ConnectionRefused {
  const key: HostKey | null = shown;
  if (key !== null && !pinned.some((known) => isSameKey(known, key))) {
    return new ConnectionRefused('wrong-key', `it shows the host key ${key.type} ${fingerprintOf(key)}`, key);
  }
  const level = error instanceof Error && 'level' in error ? error.level : undefined;
  if (level === 'client-authentication') {
    return new ConnectionRefused('no-access', 'it does not accept our key', shown);
  }
  const text = textOf(error);
  // It speaks SSH and has no key of a type that is pinned: another machine, or one that was installed anew.
  if (/no matching host key format/i.test(text)) {
    return new ConnectionRefused('wrong-key', 'it has no host key of a type that is pinned', null);
  }
  return new ConnectionRefused('unreachable', text, shown);
}

function run(client: ssh2.Client, line: string, limits: SshLimits): Promise<Ran> {
  let channel: ClientChannel | undefined;
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-limits.outputChars);
  };
  let onLost = (): void => undefined;
  const finished = new Promise<Ran>((resolve, reject) => {
    onLost = () => {
      resolve({ status: null, output });
    };
    client.once('close', onLost);
    client.exec(line, (error, opened) => {
      if (error) {
        reject(error);
        return;
      }
      channel = opened;
      opened.on('data', keep);
      opened.stderr.on('data', keep);
      let status: number | null = null;
      opened.on('exit', (code: number | null) => (status = code));
      opened.on('close', () => {
        resolve({ status, output });
      });
      opened.end();
    });
  });
  return withTimeLimit(finished, limits.execMs, `"${line}"`)
    .catch((error: unknown) => {
      channel?.destroy();
      throw error;
    })
    .finally(() => client.off('close', onLost));
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A host with several addresses fails with one error for each, and no message of its own.
  return error.message || ('code' in error ? String(error.code) : error.name);
}
