import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { treeDigest } from '@swarm/adapter-portage';
import type { RepositoryPin, RepositorySource } from '@swarm/domain-plan';
import { SwarmError } from '@swarm/kernel';

/** How long git may take to answer. */
const GIT_LIMIT_MS = 60_000;
/** Largest answer of git, in bytes: a repository may have very many names. */
const GIT_ANSWER_MAX_BYTES = 16 * 1024 * 1024;
const COMMIT = /^[0-9a-f]{40}$/;
const TREE = /^tree:[0-9a-f]{64}$/;
const EXAMPLE = 'For example --repository gentoo=https://git.example/gentoo.git or own=/var/db/repos/own.';

/** What `--repository` says. */
export interface NamedRepository {
  readonly name: string;
  /** A git URL or a directory. */
  readonly place: string;
  /** A commit, a branch, a tag, or `tree:…`; undefined: what is there now. */
  readonly revision: string | undefined;
}

/** Takes `name=place[@revision]` apart; the `@` of `user@host` begins no revision. */
export function parseRepository(text: string): NamedRepository {
  const { name, rest = '' } = /^(?<name>[^=]+)=(?<rest>.+)$/.exec(text)?.groups ?? {};
  if (name === undefined) {
    throw new SwarmError('SWARM_USAGE', `--repository "${text}" is not name=place.`, { hint: EXAMPLE });
  }
  const at = rest.lastIndexOf('@');
  const after = at > 0 ? rest.slice(at + 1) : '';
  const isRevision = TREE.test(after) || /^[^/:]+$/.test(after);
  if (!isRevision) return { name, place: rest, revision: undefined };
  return { name, place: rest.slice(0, at), revision: after };
}

/** The repository at one revision: the one that was named, or the one that is there now. */
export async function pinRepository(text: string, note: (line: string) => void): Promise<RepositoryPin> {
  const { name, place, revision } = parseRepository(text);
  if (isRemote(place)) {
    return { name, ...git(place), revision: await remoteCommit(place, revision) };
  }
  const path = resolve(place);
  const isTree = revision === undefined ? !(await isGit(path)) : TREE.test(revision);
  if (isTree) {
    const source = { kind: 'directory', path } as const;
    return { name, source, revision: revision ?? (await digestOf(path)) };
  }
  return { name, ...git(path), revision: await localCommit(path, revision, note) };
}

function git(url: string): { readonly source: RepositorySource } {
  return { source: { kind: 'git', url } };
}

/** A URL, or `host:path`. */
function isRemote(place: string): boolean {
  return /^[A-Za-z][\w+.-]*:\/\//.test(place) || /^[^/:.][^/:]*:/.test(place);
}

/** A working copy, or a bare repository. A directory inside of a working copy is only a directory. */
async function isGit(path: string): Promise<boolean> {
  const isThere = async (name: string): Promise<boolean> =>
    stat(join(path, name)).then(
      () => true,
      () => false,
    );
  return (await isThere('.git')) || ((await isThere('HEAD')) && (await isThere('objects')));
}

async function digestOf(path: string): Promise<string> {
  try {
    return `tree:${await treeDigest(path)}`;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SwarmError('SWARM_USAGE', `${path} cannot be read: ${reason}.`, { hint: EXAMPLE, cause });
  }
}

async function localCommit(
  path: string,
  revision: string | undefined,
  note: (line: string) => void,
): Promise<string> {
  const wanted = `${revision ?? 'HEAD'}^{commit}`;
  const commit = await run(['-C', path, 'rev-parse', '--verify', '--end-of-options', wanted]);
  if (revision === undefined && (await hasChanges(path))) {
    note(`${path} has changes that are not committed: they are no part of the profile`);
  }
  return commit.trim();
}

async function hasChanges(path: string): Promise<boolean> {
  const changes = await run(['-C', path, 'status', '--porcelain']).catch(() => '');
  return changes !== '';
}

async function remoteCommit(url: string, revision: string | undefined): Promise<string> {
  if (revision !== undefined && COMMIT.test(revision)) return revision;
  const name = revision ?? 'HEAD';
  const lines = (await run(['ls-remote', '--', url, name, `${name}^{}`])).split('\n');
  const refs = lines.map((line) => line.split('\t')).filter(([commit = '']) => COMMIT.test(commit));
  const of = (...names: readonly string[]): string | undefined =>
    refs.find(([, ref]) => ref !== undefined && names.includes(ref))?.[0];
  // An annotated tag is followed to its commit.
  const found = of(`refs/tags/${name}^{}`) ?? of(name, `refs/heads/${name}`) ?? of(`refs/tags/${name}`);
  if (found !== undefined) return found;
  throw new SwarmError('SWARM_USAGE', `${url} has no ${name}.`, {
    hint: 'Give a branch, a tag, or a commit of 40 digits after the @.',
  });
}

async function run(args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('git', [...args], {
      env: { ...process.env, GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' },
      timeout: GIT_LIMIT_MS,
      maxBuffer: GIT_ANSWER_MAX_BYTES,
    });
    return stdout;
  } catch (cause) {
    const { code, stderr = '' } = cause as { readonly code?: unknown; readonly stderr?: string };
    const said = code === 'ENOENT' ? 'there is no git here' : stderr.trim().split('\n').at(-1);
    throw new SwarmError('SWARM_FAILED', `git ${args.join(' ')} failed: ${said ?? 'it said nothing'}.`, {
      hint: 'A full commit after the @ needs no answer of the server.',
      cause,
    });
  }
}
