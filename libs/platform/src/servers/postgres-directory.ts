import { createHash, randomUUID } from 'node:crypto';
import { chmod, chown, lstat, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { SwarmError } from '@swarm/kernel';

import { runCommand, type RunAs } from './managed-process.js';
import { SHARED_STATE_DIR, type PostgresBinaries } from './postgres-binaries.js';

/** The server's own directory inside ours. */
const CLUSTER = 'cluster';
/** Says where the state is, when it could not be here. */
const LOCATION = 'LOCATION';

/**
 * The directory that holds the cluster: `dataDir`, or, where the server's user cannot reach that (a home of root's),
 * one under /var/tmp that `dataDir/LOCATION` names, so that a restart finds it again.
 */
export async function stateDirectory(dataDir: string, runAs: RunAs | undefined): Promise<string> {
  const wanted = resolve(dataDir);
  await mkdir(wanted, { recursive: true });
  if (runAs === undefined) return wanted;
  const moved = await readFile(join(wanted, LOCATION), 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
  if (moved === undefined && (await canUse(wanted, runAs))) return wanted;
  const name = createHash('sha256').update(wanted).digest('hex').slice(0, 16);
  const elsewhere = moved ?? join(SHARED_STATE_DIR, `build-swarm-${name}`);
  await mkdir(elsewhere, { mode: 0o700 }).catch(() => undefined);
  const { uid } = await lstat(elsewhere);
  const isTrusted = uid === 0 || uid === runAs.uid;
  if (!isTrusted || !(await canUse(elsewhere, runAs))) {
    throw new SwarmError(
      'SWARM_NO_SERVER',
      `Neither ${wanted} nor ${elsewhere} can be used by user ${runAs.uid}.`,
      {
        hint: 'Postgres does not run as root: keep the state in a directory that other users can reach, or run as another user.',
      },
    );
  }
  await writeFile(join(wanted, LOCATION), `${elsewhere}\n`);
  return elsewhere;
}

/** Gives the directory to the user, and tries it as that user. */
async function canUse(directory: string, runAs: RunAs): Promise<boolean> {
  await chown(directory, runAs.uid, runAs.gid);
  await chmod(directory, 0o700);
  const probe = 'cd "$1" && touch .probe && rm .probe';
  const { status } = await runCommand('/bin/sh', ['-c', probe, 'sh', directory], { runAs, cwd: '/' });
  return status === 0;
}

/** Major version of the cluster in a data directory; undefined when there is none yet. */
export async function majorOfCluster(dataDir: string): Promise<number | undefined> {
  const wanted = resolve(dataDir);
  const moved = await readFile(join(wanted, LOCATION), 'utf8').catch(() => wanted);
  const text = await readFile(join(moved.trim(), CLUSTER, 'PG_VERSION'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : Number.parseInt(text, 10);
}

/** The cluster inside the state directory, made if there is none. An interrupted start leaves none behind. */
export async function ensureCluster(
  directory: string,
  binaries: PostgresBinaries,
  durable: boolean,
): Promise<string> {
  const cluster = join(directory, CLUSTER);
  if (await lstat(join(cluster, 'PG_VERSION')).catch(() => undefined)) return cluster;
  const fresh = `${cluster}.${randomUUID()}`;
  const { status, stderr } = await runCommand(
    join(binaries.binDir, 'initdb'),
    [
      '-D',
      fresh,
      '-U',
      'swarm',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--locale=C',
      '--no-instructions',
      ...(durable ? [] : ['--no-sync']),
    ],
    { runAs: binaries.runAs, cwd: directory, env: serverEnvironment(directory), limitMs: INITDB_LIMIT_MS },
  );
  if (status !== 0) {
    await rm(fresh, { recursive: true, force: true });
    throw new SwarmError('SWARM_NO_SERVER', `initdb failed.\n${stderr.trim()}`, {
      hint: `It ran in ${directory}; is the disk full?`,
    });
  }
  await rename(fresh, cluster);
  return cluster;
}

const INITDB_LIMIT_MS = 120_000;

/** The environment of a server process: ours, without what would redirect it. */
export function serverEnvironment(home: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('PG'));
  return { ...Object.fromEntries(kept), HOME: home, LC_ALL: 'C' };
}
