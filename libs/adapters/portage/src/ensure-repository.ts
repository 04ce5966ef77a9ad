import { randomUUID } from 'node:crypto';
import { cp, mkdir, readFile, readlink, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';

import type { RepositoryPin } from '@swarm/domain-plan';
import { err, ok, type Result } from '@swarm/kernel';

import { underLock } from './directory-lock.js';
import { cleanEnvironment } from './inherited-environment.js';
import { generateMetadata, METADATA_TIMEOUT_MS } from './metadata-cache.js';
import type { Portage } from './portage.js';
import { checkOutCommit, MIRROR_WAIT_MS } from './repository-git.js';
import type { RepositoryFailure, RepositoryLocation } from './repository-location.js';
import { evictRevisions, sweepDrafts } from './repository-retention.js';
import { markUsed } from './repository-users.js';
import { runProcess } from './run-process.js';
import { listTree, treeDigest } from './tree-digest.js';

const LOCK_WAIT_MS = MIRROR_WAIT_MS + METADATA_TIMEOUT_MS;
const SYNC_TIMEOUT_MS = 10 * 60_000;
const TREE = 'tree:';

export interface EnsureRepositoryOptions {
  /** Copies are kept below it; processes of this machine may share it. */
  readonly cacheDir: string;
  readonly portage: Portage;
  /** Repositories that are ready already and that this one may take eclasses from. */
  readonly masters?: readonly RepositoryLocation[];
  readonly signal?: AbortSignal;
}

/**
 * A copy of a repository at exactly the pinned revision, made once and never changed afterwards:
 * whatever becomes of the place that it came from, a plan keeps the tree that it names (S17).
 * The copy is marked as used by this process until `releaseRepository` or the end of the process.
 * Safe to call from several processes at once; what a killed one left is swept away.
 */
export async function ensureRepository(
  pin: RepositoryPin,
  options: EnsureRepositoryOptions,
): Promise<Result<RepositoryLocation, RepositoryFailure>> {
  const { name, revision } = pin;
  const home = join(options.cacheDir, 'repositories', name);
  // A colon separates paths in variables that Portage reads.
  const location = join(home, revision.replace(':', '-'));
  await mkdir(home, { recursive: true });
  const { signal } = options;
  const wait = { waitMs: LOCK_WAIT_MS, signal };
  try {
    return await underLock(join(home, '.lock'), wait, async () => {
      if (!(await isThere(location))) {
        await sweepDrafts(home);
        const made = await materialise(pin, location, options);
        if (!made.ok) return signal?.aborted ? stopped(name) : made;
      }
      await markUsed(location);
      await evictRevisions(home);
      return ok({ name, location });
    });
  } catch (error) {
    if (signal?.aborted) return stopped(name);
    throw error;
  }
}

async function materialise(
  pin: RepositoryPin,
  location: string,
  options: EnsureRepositoryOptions,
): Promise<Result<void, RepositoryFailure>> {
  const { name, source } = pin;
  const { portage, masters = [], signal } = options;
  const draft = join(dirname(location), `.draft-${randomUUID()}`);
  try {
    const brought =
      source.kind === 'git'
        ? await checkOutCommit({
            name,
            url: source.url,
            commit: pin.revision,
            cacheDir: options.cacheDir,
            target: draft,
            signal,
          })
        : await copyDirectory(pin, source.path, draft);
    if (!brought.ok) return brought;
    const wrong = await mistakeOf(draft, name);
    if (wrong !== undefined) return failure('unusable', `${name}: ${wrong}`);
    const unread = await generateMetadata({
      repository: { name, location: draft },
      masters,
      portage,
      scratchDir: `${draft}-prefix`,
      signal,
    });
    if (signal?.aborted) return stopped(name);
    if (unread !== undefined) return failure('unusable', `Portage cannot read ${name}: ${unread}`);
    // After a power cut there must be the whole copy or none: nobody looks into it again.
    await runProcess({
      command: ['sync', '-f', draft],
      environment: cleanEnvironment('/'),
      timeoutMs: SYNC_TIMEOUT_MS,
    });
    await rename(draft, location);
    return ok(undefined);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function copyDirectory(
  { name, revision }: RepositoryPin,
  path: string,
  draft: string,
): Promise<Result<void, RepositoryFailure>> {
  const wanted = revision.slice(TREE.length);
  let now: string;
  try {
    now = await treeDigest(path);
    if (now === wanted) {
      await cp(path, draft, {
        recursive: true,
        verbatimSymlinks: true,
        filter: (entry) => relative(path, entry) !== '.git',
      });
      // Of the copy: the directory may have changed under the copying.
      now = await treeDigest(draft);
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return failure('unreachable', `${name}: the directory ${path} cannot be read: ${reason}`);
  }
  if (now === wanted) return ok(undefined);
  return failure(
    'moved',
    `${name}: the directory ${path} is at ${TREE}${now} now, ${revision} is asked for, and there is no copy of that here; push a configuration with the directory as it is`,
  );
}

/** Why a tree must not be used under that name; undefined where it may. */
async function mistakeOf(tree: string, name: string): Promise<string | undefined> {
  const said = await readFile(join(tree, 'profiles', 'repo_name'), 'utf8').catch(() => undefined);
  if (said === undefined) return 'it has no profiles/repo_name, so it is no repository of ebuilds';
  if (said.trim() !== name) return `its own name, in profiles/repo_name, is ${said.trim()}`;
  for (const { path, kind } of await listTree(tree)) {
    if (kind !== 'link') continue;
    const target = relative(tree, resolve(tree, dirname(path), await readlink(join(tree, path))));
    // What is outside is not pinned: it could change under a plan.
    if (target.startsWith('..')) return `${path} is a link that leads out of the repository`;
  }
  return undefined;
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function stopped(name: string): Result<never, RepositoryFailure> {
  return failure('stopped', `the preparation of ${name} was stopped`);
}

function failure(kind: RepositoryFailure['kind'], message: string): Result<never, RepositoryFailure> {
  return err({ kind, message });
}
