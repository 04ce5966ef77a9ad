import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { CRASH_DIRECTORY, CrashPoints } from './crash-points.js';

/** Says where it would die, instead of dying there. */
class Died extends Error {}
const die = (point: string): Promise<never> => Promise.reject(new Died(point));

class Store {
  #rows = 0;
  readonly name = 'store';

  add(): Promise<number> {
    return Promise.resolve((this.#rows += 1));
  }

  size(): number {
    return this.#rows;
  }
}

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'swarm-crash-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

describe('crash points', () => {
  it.each([
    [1, 'before adapters.store.add', 0],
    [2, 'after adapters.store.add', 1],
    [3, 'before adapters.store.add', 1],
    [4, 'after adapters.store.add', 2],
  ])('number %i is %s', async (order, point, rows) => {
    await writeFile(join(directory, 'scheduler'), String(order));
    const points = CrashPoints.ofService('scheduler', { [CRASH_DIRECTORY]: directory }, die);
    const store = new Store();
    const around = points?.around('adapters', { store });
    const twice = async (): Promise<void> => {
      await around?.store.add();
      await around?.store.add();
    };
    await expect(twice()).rejects.toThrow(new Died(point));
    expect(store.size()).toBe(rows);
    expect(around?.store.name).toBe('store');
  });

  it('are for one process, and for no other service', async () => {
    const file = join(directory, 'scheduler');
    await writeFile(file, '7');
    const env = { [CRASH_DIRECTORY]: directory };
    expect(CrashPoints.ofService('healer', env, die)).toBeUndefined();
    expect(CrashPoints.ofService('scheduler', env, die)).toBeDefined();
    expect(existsSync(file)).toBe(false);
    expect(CrashPoints.ofService('scheduler', env, die)).toBeUndefined();
    expect(CrashPoints.ofService('scheduler', {}, die)).toBeUndefined();
  });
});
