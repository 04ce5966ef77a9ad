import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import { SwarmError } from '@swarm/kernel';

import type { Logger } from '../logger.js';
import { archiveSites, downloadByApt, downloadPackage, extractExecutable } from './debian-package.js';
import { runCommand } from './managed-process.js';

/** Largest message that our servers take: a compressed plan document fits. */
export const NATS_MAX_PAYLOAD_BYTES = 8 * 1024 * 1024;
/** From here on the server has all that the swarm uses, `term` with a reason included. */
const WANTED = '2.12.0';
/** `sync_interval` came with this version; 2.9.10 was seen to refuse a configuration that has it. */
export const SYNCS_ALWAYS = '2.10.0';
/** `go install` compiles for minutes on a small machine. */
const GO_LIMIT_MS = 600_000;
const GO_MODULE = 'github.com/nats-io/nats-server/v2@v2.15.1';

/** Files of Debian's own pool; their content is pinned, so any mirror may serve them. Both run on glibc 2.34 and later. */
const pool = {
  newest: {
    path: 'pool/main/n/nats-server/nats-server_2.15.1-1_amd64.deb',
    sha256: '31ef4ceaa84e8248d449e508472e3770c17c3695cb5cb0ee96e03912724ea884',
  },
  stable: {
    path: 'pool/main/n/nats-server/nats-server_2.10.27-1+b2_amd64.deb',
    sha256: '6d913ac987b78734c08537c2adeb1526cf735f216173a9170d94b185fcfe6f8a',
  },
} as const;

export interface NatsBinary {
  readonly binary: string;
  readonly version: string;
  /** Where it was found, for people. */
  readonly source: string;
  /** What is lost with it, where it is older than wanted. */
  readonly warning?: string;
}

export interface EnsureNatsOptions {
  /** Downloads are kept here. */
  readonly cacheDir: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly logger?: Logger;
}

interface Source {
  readonly name: string;
  readonly oldestVersion: string;
  /** Path of a binary, or undefined where this source has none. */
  readonly find: () => Promise<string | undefined>;
}

/**
 * Finds a nats-server: NATS_SERVER_BIN, PATH, the cache, Debian's pool, `go install`, older packages, older PATH.
 * Throws SWARM_NO_SERVER that says what to do when there is none.
 */
export async function ensureNatsServer(options: EnsureNatsOptions): Promise<NatsBinary> {
  const { env = process.env, logger } = options;
  const given = env['NATS_SERVER_BIN'];
  if (given) return givenBinary(given);
  const failures: string[] = [];
  for (const source of sourcesOf(options, env)) {
    try {
      const binary = await source.find();
      const version = binary === undefined ? undefined : await versionOf(binary);
      if (binary === undefined || version === undefined) continue;
      if (!isAtLeast(version, source.oldestVersion)) continue;
      logger?.debug({ binary, version, source: source.name }, 'nats-server found');
      return described(binary, version, source.name);
    } catch (error) {
      failures.push(`${source.name}: ${error instanceof Error ? error.message : String(error)}`);
      logger?.debug({ source: source.name, error }, 'nats-server source failed');
    }
  }
  throw new SwarmError(
    'SWARM_NO_SERVER',
    ['No nats-server could be found or fetched.', ...failures].join('\n  '),
    {
      hint: 'Install nats-server 2.12 or later, point NATS_SERVER_BIN at one, or give the URL of a running one in NATS_URL.',
    },
  );
}

function sourcesOf({ cacheDir }: EnsureNatsOptions, env: NodeJS.ProcessEnv): Source[] {
  const cached = join(cacheDir, 'nats-server');
  const older = join(cacheDir, 'nats-server-older');
  const isPoolArch = process.platform === 'linux' && process.arch === 'x64';
  const onPath = (): Promise<string | undefined> => findOnPath('nats-server', env);
  const fromPool =
    (file: { path: string; sha256: string }, target: string) => async (): Promise<string | undefined> =>
      isPoolArch ? await fetchFromPool(file, target) : undefined;
  return [
    { name: 'PATH', oldestVersion: WANTED, find: onPath },
    { name: 'cache', oldestVersion: WANTED, find: () => ifExecutable(cached) },
    { name: 'Debian pool', oldestVersion: WANTED, find: fromPool(pool.newest, cached) },
    { name: 'go install', oldestVersion: WANTED, find: () => buildWithGo(cached, env) },
    { name: 'older cache', oldestVersion: '2.10.0', find: () => ifExecutable(older) },
    { name: 'older Debian pool', oldestVersion: '2.10.0', find: fromPool(pool.stable, older) },
    { name: 'older PATH', oldestVersion: '2.9.0', find: onPath },
    { name: 'apt-get download', oldestVersion: '2.9.0', find: () => fetchByApt(older) },
  ];
}

async function givenBinary(binary: string): Promise<NatsBinary> {
  const version = await versionOf(binary);
  if (version !== undefined) return described(binary, version, 'NATS_SERVER_BIN');
  throw new SwarmError('SWARM_NO_SERVER', `NATS_SERVER_BIN does not run: ${binary}`, {
    hint: 'Point NATS_SERVER_BIN at a nats-server, or unset it to have one found.',
  });
}

function described(binary: string, version: string, source: string): NatsBinary {
  if (isAtLeast(version, WANTED)) return { binary, version, source };
  const lost = isAtLeast(version, SYNCS_ALWAYS)
    ? 'message schedules and limits per message'
    : 'sync_interval (a power failure may take acknowledged messages; the ledger says them again)';
  return {
    binary,
    version,
    source,
    warning: `nats-server ${version} is older than ${WANTED}: without ${lost}`,
  };
}

async function fetchFromPool(
  file: { path: string; sha256: string },
  target: string,
): Promise<string | undefined> {
  const sites = await archiveSites();
  const failures: string[] = [];
  const deb = `${target}-${randomUUID()}.deb`;
  for (const site of sites) {
    try {
      await downloadByApt(`${site.replace(/\/$/, '')}/${file.path}`, deb, file.sha256);
      await extractExecutable(deb, './usr/sbin/nats-server', target);
      return target;
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    } finally {
      await rm(deb, { force: true });
    }
  }
  if (sites.length === 0) return undefined;
  throw new Error(failures.join('; '));
}

async function buildWithGo(target: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const go = await findOnPath('go', env);
  if (go === undefined) return undefined;
  const work = `${target}-go-${randomUUID()}`;
  await mkdir(work, { recursive: true });
  try {
    const { status, stderr } = await runCommand(go, ['install', GO_MODULE], {
      env: { ...env, GOBIN: work, GOFLAGS: '', CGO_ENABLED: '0' },
      cwd: work,
      limitMs: GO_LIMIT_MS,
    });
    if (status !== 0) throw new Error(stderr.trim().split('\n').at(-1));
    await rename(join(work, 'nats-server'), target);
    return target;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function fetchByApt(target: string): Promise<string | undefined> {
  if ((await archiveSites()).length === 0) return undefined;
  const work = `${target}-apt-${randomUUID()}`;
  try {
    await downloadPackage('nats-server', work);
    const deb = (await readdir(work)).find((name) => name.endsWith('.deb'));
    if (deb === undefined) return undefined;
    await extractExecutable(join(work, deb), './usr/sbin/nats-server', target);
    return target;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** First executable of that name on PATH, or in the directories of system daemons. */
export async function findOnPath(name: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const directories = [...(env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  for (const directory of directories.filter(Boolean)) {
    const found = await ifExecutable(join(directory, name));
    if (found !== undefined) return found;
  }
  return undefined;
}

async function ifExecutable(file: string): Promise<string | undefined> {
  return access(file, constants.X_OK).then(
    () => file,
    () => undefined,
  );
}

/** `2.15.1`, or undefined when the binary does not run. */
export async function versionOf(binary: string): Promise<string | undefined> {
  const { stdout } = await runCommand(binary, ['--version']);
  return /v?(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
}

/** Compares dotted numeric versions. */
export function isAtLeast(version: string, oldest: string): boolean {
  const numbers = (text: string): number[] => text.split('.').map((part) => Number.parseInt(part, 10) || 0);
  const [left, right] = [numbers(version), numbers(oldest)];
  for (let index = 0; index < right.length; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
