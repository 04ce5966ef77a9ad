import { chmod, cp, mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type TempDir, tempDir } from '@swarm/testing';

import { treeDigest } from './tree-digest.js';

let temporary: TempDir;
let tree: string;

beforeEach(async () => {
  temporary = await tempDir('tree-digest');
  tree = join(temporary.path, 'tree');
  await mkdir(join(tree, 'profiles'), { recursive: true });
  await writeFile(join(tree, 'profiles', 'repo_name'), 'one\n');
  await writeFile(join(tree, 'header.txt'), 'x\n');
  await symlink('header.txt', join(tree, 'link'));
});
afterEach(async () => {
  await temporary[Symbol.asyncDispose]();
});

describe('the digest of a tree', () => {
  it('is the same for a copy somewhere else, whatever its times', async () => {
    const digest = await treeDigest(tree);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    const copy = join(temporary.path, 'elsewhere');
    await cp(tree, copy, { recursive: true, verbatimSymlinks: true });
    await utimes(join(copy, 'header.txt'), 1, 1);
    await mkdir(join(copy, 'empty'));
    expect(await treeDigest(copy)).toBe(digest);
  });

  const changes: readonly [string, () => Promise<void>][] = [
    ['a content', async () => writeFile(join(tree, 'header.txt'), 'y\n')],
    ['a name', async () => rename(join(tree, 'header.txt'), join(tree, 'other.txt'))],
    ['an executable bit', async () => chmod(join(tree, 'header.txt'), 0o755)],
    ['a further empty file', async () => writeFile(join(tree, 'profiles', 'new'), '')],
    ['a removed file', async () => rm(join(tree, 'header.txt'))],
    [
      'the target of a link',
      async () => {
        await rm(join(tree, 'link'));
        await symlink('profiles', join(tree, 'link'));
      },
    ],
    [
      'a link where a file with the same text was',
      async () => {
        await rm(join(tree, 'header.txt'));
        await symlink('x\n', join(tree, 'header.txt'));
      },
    ],
  ];
  it.each(changes)('changes with %s', async (_what, change) => {
    const before = await treeDigest(tree);
    await change();
    expect(await treeDigest(tree)).not.toBe(before);
  });

  it('leaves out what git and Portage keep for themselves, but only in their places', async () => {
    const before = await treeDigest(tree);
    await mkdir(join(tree, '.git'));
    await writeFile(join(tree, '.git', 'HEAD'), 'ref');
    await mkdir(join(tree, 'metadata', 'md5-cache', 'cat'), { recursive: true });
    await writeFile(join(tree, 'metadata', 'md5-cache', 'cat', 'pkg-1'), 'EAPI=8\n');
    expect(await treeDigest(tree)).toBe(before);
    await writeFile(join(tree, 'metadata', 'layout.conf'), 'masters =\n');
    expect(await treeDigest(tree)).not.toBe(before);
  });

  it('says which directory is not there', async () => {
    await expect(treeDigest(join(tree, 'gone'))).rejects.toThrow('gone');
  });
});
