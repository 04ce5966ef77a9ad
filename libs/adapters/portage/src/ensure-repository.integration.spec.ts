import { execFileSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { RepositoryPin } from '@swarm/domain-plan';
import { type TempDir, tempDir } from '@swarm/testing';

import {
  ensurePortage,
  ensureRepository,
  releaseRepository,
  type RepositoryLocation,
  REVISIONS_KEPT,
  treeDigest,
} from './index.js';

const workspace = join(import.meta.dirname, '..', '..', '..', '..');
const setup = await ensurePortage({ cacheDir: join(workspace, '.cache') });
const describeWithPortage = setup.kind === 'ready' ? describe : describe.skip;
const LAYOUT = 'masters =\ncache-formats = md5-dict\nthin-manifests = true\n';
const EBUILD = 'EAPI=8\nDESCRIPTION="for a test"\nSLOT="0"\nKEYWORDS="amd64"\n';

let temporary: TempDir;
let tree: string;
let cacheDir: string;

beforeEach(async () => {
  temporary = await tempDir('repository');
  tree = join(temporary.path, 'tree');
  cacheDir = join(temporary.path, 'cache');
  await writeTree(tree, 'small');
});
afterEach(async () => {
  await temporary[Symbol.asyncDispose]();
});

describeWithPortage('a repository that is pinned to a directory', () => {
  it('is copied with a metadata cache, and the source is left as it was', async () => {
    const before = await treeDigest(tree);
    const { location } = await ensured(await directoryPin());
    expect(location).toBe(join(cacheDir, 'repositories', 'small', `tree-${before}`));
    expect(await treeDigest(location)).toBe(before);
    expect(await readFile(join(location, 'metadata/md5-cache/app/one-1'), 'utf8')).toContain('EAPI=8');
    expect(await readdir(join(tree, 'metadata'))).toEqual(['layout.conf']);
  });

  it('S17: stays what it was pinned to when the directory moves on', async () => {
    const pin = await directoryPin();
    const { location } = await ensured(pin);
    await addEbuild('two-1');
    expect((await ensured(pin)).location).toBe(location);
    expect(await readdir(join(location, 'app'))).toEqual(['one']);
    const moved = await ensured(await directoryPin());
    expect(await readdir(join(moved.location, 'app'))).toEqual(['one', 'two']);
  });

  it('S17: is refused, with both digests, when the directory has moved on before it was copied', async () => {
    const pin = await directoryPin();
    await addEbuild('two-1');
    const now = await treeDigest(tree);
    const answer = await ensure(pin);
    expect(answer).toMatchObject({ ok: false, error: { kind: 'moved' } });
    if (!answer.ok) expect(answer.error.message).toContain(`tree:${now}`);
    if (!answer.ok) expect(answer.error.message).toContain(pin.revision);
    expect(await visibleIn(join(cacheDir, 'repositories', 'small'))).toEqual([]);
  });

  it('is made whole after an agent was killed between the copy and its end', async () => {
    const pin = await directoryPin();
    const home = join(cacheDir, 'repositories', 'small');
    await mkdir(join(home, '.draft-of-a-dead-one', 'app'), { recursive: true });
    await mkdir(join(home, '.draft-of-a-dead-one-prefix'));
    const { location } = await ensured(pin);
    expect(await treeDigest(location)).toBe(pin.revision.slice('tree:'.length));
    expect((await readdir(home)).filter((name) => name.startsWith('.draft'))).toEqual([]);
  });

  it('is made once for all who ask at the same time', async () => {
    const pin = await directoryPin();
    const answers = await Promise.all([ensured(pin), ensured(pin), ensured(pin)]);
    expect(new Set(answers.map(({ location }) => location)).size).toBe(1);
  });

  it('is used without the ebuilds that Portage cannot read', async () => {
    await mkdir(join(tree, 'app', 'bad'));
    await writeFile(join(tree, 'app', 'bad', 'bad-1.ebuild'), 'EAPI=8\ndie "not today"\n');
    const { location } = await ensured(await directoryPin());
    expect(await readdir(join(location, 'metadata/md5-cache/app'))).toEqual(['one-1']);
  });

  it('takes eclasses from another repository', async () => {
    await mkdir(join(tree, 'eclass'));
    await writeFile(join(tree, 'eclass', 'shared.eclass'), 'HOMEPAGE="https://shared.example"\n');
    const main = await ensured(await directoryPin());
    const overlay = join(temporary.path, 'overlay');
    await writeTree(overlay, 'overlay', `${EBUILD}inherit shared\n`);
    await writeFile(join(overlay, 'metadata', 'layout.conf'), LAYOUT.replace('masters =', 'masters = small'));
    const { location } = await ensured(await directoryPin(overlay, 'overlay'), [main]);
    const entry = await readFile(join(location, 'metadata/md5-cache/app/one-1'), 'utf8');
    expect(entry).toContain('HOMEPAGE=https://shared.example');
  });

  it.each<[string, string, () => Promise<unknown>]>([
    [
      'leads out of itself',
      'link that leads out',
      async () => symlink('/etc', join(tree, 'profiles', 'outside')),
    ],
    ['has another name', 'other', async () => writeFile(join(tree, 'profiles', 'repo_name'), 'other\n')],
    ['is none', 'no repository of ebuilds', async () => rm(join(tree, 'profiles'), { recursive: true })],
  ])('is refused when it %s', async (_what, message, spoil) => {
    await spoil();
    const answer = await ensure(await directoryPin());
    expect(answer).toMatchObject({ ok: false, error: { kind: 'unusable' } });
    if (!answer.ok) expect(answer.error.message).toContain(message);
  });

  it('says which directory is not there', async () => {
    const pin = await directoryPin();
    await rm(tree, { recursive: true });
    const answer = await ensure(pin);
    expect(answer).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
    if (!answer.ok) expect(answer.error.message).toContain(tree);
  });

  it('keeps the last used revisions and those in use, and no others', async () => {
    const { location: inUse } = await ensured(await directoryPin());
    const home = join(cacheDir, 'repositories', 'small');
    const others: string[] = [];
    for (let i = 0; i <= REVISIONS_KEPT; i += 1) {
      const other = join(home, `tree-${i}`);
      await cp(inUse, other, { recursive: true });
      await utimes(other, i, i);
      others.push(other);
    }
    // In use, and asked for before all others.
    await utimes(join(home, `.users-${inUse.slice(home.length + 1)}`), 1, 1);
    await addEbuild('two-1');
    const { location: newest } = await ensured(await directoryPin());
    const kept = others.slice(2);
    expect(await visibleIn(home)).toEqual([inUse, newest, ...kept].sort());

    await releaseRepository(inUse);
    await utimes(join(home, `.users-${inUse.slice(home.length + 1)}`), 1, 1);
    await ensured(await directoryPin());
    await expect(stat(inUse)).rejects.toThrow('ENOENT');
  });
});

describeWithPortage('a repository that is pinned to a commit', () => {
  let commits: string[];

  beforeEach(async () => {
    git('init', '--quiet', '--initial-branch=main');
    commits = [commit()];
    await addEbuild('two-1');
    commits.push(commit());
  });

  it('S17: is exactly that commit, however far its branch has gone', async () => {
    const { location } = await ensured(gitPin(commits[0]));
    expect(location).toBe(join(cacheDir, 'repositories', 'small', commits[0] ?? ''));
    expect(await readdir(join(location, 'app'))).toEqual(['one']);
    expect(await readdir(location)).not.toContain('.git');
    const next = await ensured(gitPin(commits[1]));
    expect(await readdir(join(next.location, 'app'))).toEqual(['one', 'two']);
    expect(await readFile(join(next.location, 'metadata/md5-cache/app/two-1'), 'utf8')).toContain('EAPI=8');
  });

  it('is there for a second time after its source has gone', async () => {
    const { location } = await ensured(gitPin(commits[0]));
    await rm(tree, { recursive: true });
    expect((await ensured(gitPin(commits[0]))).location).toBe(location);
    const answer = await ensure(gitPin('0'.repeat(40)));
    expect(answer).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
    if (!answer.ok) expect(answer.error.message).toContain('cannot be fetched');
  });

  it('is told apart from a commit that its source does not have', async () => {
    const answer = await ensure(gitPin('1'.repeat(40)));
    expect(answer).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
    if (!answer.ok) expect(answer.error.message).toContain(`has no commit ${'1'.repeat(40)}`);
  });

  it('is not fetched in a way that runs commands', async () => {
    const witness = join(temporary.path, 'witness');
    const answer = await ensure({
      ...gitPin(commits[0]),
      source: { kind: 'git', url: `ext::touch ${witness}` },
    });
    expect(answer).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
    await expect(stat(witness)).rejects.toThrow('ENOENT');
  });

  it('can be stopped', async () => {
    const answer = await ensure(gitPin(commits[0]), [], AbortSignal.abort());
    expect(answer).toMatchObject({ ok: false, error: { kind: 'stopped' } });
  });

  function gitPin(revision = ''): RepositoryPin {
    return { name: 'small', source: { kind: 'git', url: `file://${tree}` }, revision };
  }

  function git(...args: string[]): string {
    const author = ['-c', 'user.name=test', '-c', 'user.email=test@example.org'];
    return execFileSync('git', [...author, ...args], { cwd: tree, encoding: 'utf8' }).trim();
  }

  function commit(): string {
    git('add', '--all');
    git('commit', '--quiet', '--message', 'a change');
    return git('rev-parse', 'HEAD');
  }
});

async function writeTree(home: string, name: string, ebuild = EBUILD): Promise<void> {
  const files: Record<string, string> = {
    'profiles/repo_name': `${name}\n`,
    'profiles/categories': 'app\n',
    'profiles/arch.list': 'amd64\n',
    'metadata/layout.conf': LAYOUT,
    'app/one/one-1.ebuild': ebuild,
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(home, path, '..'), { recursive: true });
    await writeFile(join(home, path), text);
  }
}

async function addEbuild(pf: string): Promise<void> {
  const directory = join(tree, 'app', pf.replace(/-\d+$/, ''));
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, `${pf}.ebuild`), EBUILD);
}

async function directoryPin(path = tree, name = 'small'): Promise<RepositoryPin> {
  return { name, source: { kind: 'directory', path }, revision: `tree:${await treeDigest(path)}` };
}

function ensure(
  pin: RepositoryPin,
  masters: readonly RepositoryLocation[] = [],
  signal?: AbortSignal,
): ReturnType<typeof ensureRepository> {
  if (setup.kind !== 'ready') throw new Error(setup.reason);
  return ensureRepository(pin, { cacheDir, portage: setup.portage, masters, ...(signal && { signal }) });
}

async function ensured(
  pin: RepositoryPin,
  masters: readonly RepositoryLocation[] = [],
): Promise<RepositoryLocation> {
  const answer = await ensure(pin, masters);
  if (!answer.ok) throw new Error(answer.error.message);
  return answer.value;
}

async function visibleIn(home: string): Promise<string[]> {
  const names = await readdir(home);
  return names
    .filter((name) => !name.startsWith('.'))
    .map((name) => join(home, name))
    .sort();
}
