import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Pressure } from '../ports/surroundings.js';

/** How much of the last ten seconds something had to wait, in percent; null where the kernel does not tell it. */
export async function readPressure(proc = '/proc'): Promise<Pressure | null> {
  try {
    const [cpu, memory, io] = await Promise.all(
      (['cpu', 'memory', 'io'] as const).map(async (kind) =>
        someAvg10(await readFile(join(proc, 'pressure', kind), 'utf8')),
      ),
    );
    return cpu === undefined || memory === undefined || io === undefined ? null : { cpu, memory, io };
  } catch {
    // No PSI in this kernel, or switched off (then reading fails with EOPNOTSUPP).
    return null;
  }
}

/** The line is `some avg10=1.23 avg60=… avg300=… total=…`. */
function someAvg10(text: string): number | undefined {
  const [, number] = /^some avg10=(\d+(?:\.\d+)?)\b/m.exec(text) ?? [];
  return number === undefined ? undefined : Number(number);
}
