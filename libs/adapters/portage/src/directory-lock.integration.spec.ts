import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { underLock } from './directory-lock.js';

describe('underLock', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'swarm-lock-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('lets one in at a time, and leaves nothing behind', async () => {
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await readdir(dir);
      inside--;
    };
    await Promise.all([1, 2, 3].map(() => underLock(join(dir, 'a'), 10_000, work)));
    expect(most).toBe(1);
    expect(await readdir(dir)).toEqual([]);
  });

  it('takes over the lock of a process that is dead', async () => {
    await mkdir(join(dir, 'b'));
    await writeFile(join(dir, 'b', 'owner'), `${process.pid} 1`);
    expect(await underLock(join(dir, 'b'), 10_000, () => Promise.resolve('done'))).toBe('done');
  });

  it('gives up when the owner lives on', async () => {
    const held = underLock(join(dir, 'c'), 1000, () =>
      underLock(join(dir, 'c'), 300, () => Promise.resolve('never')),
    );
    await expect(held).rejects.toThrow('was held by another process');
  });
});
