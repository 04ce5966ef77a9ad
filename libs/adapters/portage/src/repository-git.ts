import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { err, ok, type Result } from '@swarm/kernel';

import { underLock } from './directory-lock.js';
import { cleanEnvironment } from './inherited-environment.js';
import { findProgram, systemPath } from './programs.js';
import type { RepositoryFailure } from './repository-location.js';
import { runProcess, type ProcessResult } from './run-process.js';

/** Gentoo's tree with its whole history, over a slow line. */
const FETCH_TIMEOUT_MS = 2 * 60 * 60_000;
const CHECKOUT_TIMEOUT_MS = 30 * 60_000;
/** Another process fetches from the same place at most so long. */
export const MIRROR_WAIT_MS = FETCH_TIMEOUT_MS + CHECKOUT_TIMEOUT_MS;
/** Ways to a repository that git may take; the others run commands of the URL's choosing. */
const PROTOCOLS = 'file:git:http:https:ssh';
const SAID_CHARS = 300;
/** Files as they are in the commit; and no process that outlives the call. */
const SETTINGS = ['core.autocrlf=false', 'core.symlinks=true', 'gc.autoDetach=false'];

/** The git of this machine, by its path; needed only where a configuration pins a repository to a commit. */
export function findGit(): Promise<string | undefined> {
  return findProgram('git', systemPath);
}

/** What is to be brought, and to where. */
export interface GitCheckout {
  readonly name: string;
  readonly url: string;
  /** 40 hex digits. */
  readonly commit: string;
  /** Bare mirrors are kept below it, one for each URL. */
  readonly cacheDir: string;
  /** Does not exist yet. */
  readonly target: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes exactly one commit of a repository into a directory. Fetches only where the commit is not there yet:
 * first the commit alone, and where the server does not give that, everything that has a name.
 */
export async function checkOutCommit(checkout: GitCheckout): Promise<Result<void, RepositoryFailure>> {
  const { name, url, cacheDir } = checkout;
  if ((await findGit()) === undefined) {
    return failure('unusable', `${name} is pinned to a commit, and there is no git here: install git`);
  }
  const mirror = join(
    cacheDir,
    'mirrors',
    `${createHash('sha256').update(url).digest('hex').slice(0, 32)}.git`,
  );
  await mkdir(join(cacheDir, 'mirrors'), { recursive: true });
  return underLock(`${mirror}.lock`, { waitMs: MIRROR_WAIT_MS, signal: checkout.signal }, async () => {
    const fetched = await ensureCommit(mirror, checkout);
    return fetched.ok ? writeTree(mirror, checkout) : fetched;
  });
}

async function ensureCommit(mirror: string, checkout: GitCheckout): Promise<Result<void, RepositoryFailure>> {
  const { name, url, commit, signal } = checkout;
  const git = (timeoutMs: number, ...args: readonly string[]): Promise<ProcessResult> =>
    runGit(mirror, args, { timeoutMs, signal });
  const has = async (): Promise<boolean> =>
    (await git(CHECKOUT_TIMEOUT_MS, 'cat-file', '-e', `${commit}^{commit}`)).exitCode === 0;
  const made = await git(CHECKOUT_TIMEOUT_MS, 'init', '--quiet', '--bare', mirror);
  if (made.exitCode !== 0) return failure('unusable', `no mirror of ${url}: ${said(made)}`);
  if (await has()) return ok(undefined);

  const fetch = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head'];
  await git(FETCH_TIMEOUT_MS, ...fetch, '--depth=1', '--', url, commit);
  if (await has()) return ok(undefined);
  const all = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'];
  const whole = await git(FETCH_TIMEOUT_MS, ...fetch, '--', url, ...all);
  if (await has()) return ok(undefined);
  if (whole.exitCode !== 0)
    return failure('unreachable', `${name}: ${url} cannot be fetched: ${said(whole)}`);
  return failure('unreachable', `${name}: ${url} has no commit ${commit}`);
}

/** Not `git archive`: that leaves out and rewrites files as attributes say. */
async function writeTree(mirror: string, checkout: GitCheckout): Promise<Result<void, RepositoryFailure>> {
  const { name, commit, target, signal } = checkout;
  const index = join(mirror, `index-${randomUUID()}`);
  const options = { timeoutMs: CHECKOUT_TIMEOUT_MS, signal, checkout: { index, workTree: target } };
  try {
    await mkdir(target, { recursive: true });
    for (const args of [
      ['read-tree', commit],
      ['checkout-index', '--all', '--quiet'],
    ]) {
      const result = await runGit(mirror, args, options);
      if (result.exitCode !== 0)
        return failure('unusable', `${name}: commit ${commit} cannot be checked out: ${said(result)}`);
    }
    return ok(undefined);
  } finally {
    await rm(index, { force: true });
  }
}

/** With the account's own git configuration: it may hold what is needed to reach a private repository. */
function runGit(
  mirror: string,
  args: readonly string[],
  run: {
    readonly timeoutMs: number;
    readonly signal?: AbortSignal | undefined;
    readonly checkout?: { readonly index: string; readonly workTree: string };
  },
): Promise<ProcessResult> {
  return runProcess({
    command: ['git', ...SETTINGS.flatMap((setting) => ['-c', setting]), ...args],
    environment: {
      ...cleanEnvironment(homedir()),
      GIT_DIR: mirror,
      GIT_ALLOW_PROTOCOL: PROTOCOLS,
      GIT_TERMINAL_PROMPT: '0',
      ...(run.checkout && { GIT_INDEX_FILE: run.checkout.index, GIT_WORK_TREE: run.checkout.workTree }),
    },
    timeoutMs: run.timeoutMs,
    ...(run.signal && { signal: run.signal }),
  });
}

function said({ tail, stopped }: ProcessResult): string {
  if (stopped === 'timeout') return 'it took too long';
  return tail.trim().split('\n').slice(-3).join(' ').slice(-SAID_CHARS) || 'git did not say why';
}

function failure(kind: RepositoryFailure['kind'], message: string): Result<never, RepositoryFailure> {
  return err({ kind, message });
}
