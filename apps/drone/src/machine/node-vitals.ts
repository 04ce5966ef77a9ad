import { statfs } from 'node:fs/promises';
import { freemem, loadavg } from 'node:os';

import { readPressure } from './pressure.js';
import type { VitalsReader } from '../ports/surroundings.js';

/** Load and memory of this machine, and the room left where the drone builds. */
export function nodeVitals(stateDir: string): VitalsReader {
  return {
    async read() {
      const { bavail, bsize } = await statfs(stateDir);
      const [load1 = 0] = loadavg();
      const pressure = await readPressure();
      return { load1, freeDiskBytes: bavail * bsize, freeMemoryBytes: Math.round(freemem()), pressure };
    },
  };
}
