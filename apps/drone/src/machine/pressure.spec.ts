import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, it } from '@jest/globals';
import { tempDir } from '@swarm/testing';

import { readPressure } from './pressure.js';

it('reads what the kernel tells of pressure, and says null where it tells nothing', async () => {
  await using proc = await tempDir('pressure');
  expect(await readPressure(proc.path)).toBeNull();
  await mkdir(join(proc.path, 'pressure'));
  const text = (some: number): string =>
    `some avg10=${some.toFixed(2)} avg60=9.00 avg300=9.00 total=1\nfull avg10=8.00 avg60=0.00 avg300=0.00 total=0\n`;
  await writeFile(join(proc.path, 'pressure/cpu'), text(1.5));
  await writeFile(join(proc.path, 'pressure/memory'), text(0));
  expect(await readPressure(proc.path)).toBeNull();
  await writeFile(join(proc.path, 'pressure/io'), text(42.25));
  expect(await readPressure(proc.path)).toEqual({ cpu: 1.5, memory: 0, io: 42.25 });
});
