import { statfs } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitFor } from '@swarm/testing';

import { Ground } from './ground.contract.js';

let ground: Ground;
beforeAll(async () => {
  ground = await Ground.lay();
});
afterAll(() => ground[Symbol.asyncDispose]());

describe('the binhost that leads', () => {
  it('puts on record how full the file system of its directory is, for a monitor on another machine', async () => {
    await ground.start();
    const [report] = await waitFor(async () => {
      const disks = await ground.db.maintenance.disks();
      return disks.length > 0 && disks;
    });
    const { blocks, bsize } = await statfs(ground.directory);
    expect(report).toMatchObject({ place: 'binhost', totalBytes: blocks * bsize });
    expect(report?.freeBytes).toBeGreaterThan(0);
    expect(await ground.db.maintenance.leaders(['binhost', 'scheduler'])).toEqual([
      { service: 'binhost', isHeld: true },
      { service: 'scheduler', isHeld: false },
    ]);
  });
});
