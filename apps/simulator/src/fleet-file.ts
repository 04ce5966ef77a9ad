import { readFile } from 'node:fs/promises';

import { SwarmError } from '@swarm/kernel';
import { z } from 'zod';

import { unequalFleet, type WorldDrone } from './world.js';

const FleetFile = z.object({
  drones: z
    .array(
      z.object({
        name: z.string().min(1),
        speed: z.number().positive().default(1),
        slots: z.number().int().positive().default(1),
        cores: z.number().int().positive().default(4),
        memoryBytes: z
          .number()
          .int()
          .positive()
          .default(16 * 1024 ** 3),
      }),
    )
    .min(1),
});

/** A fleet by name of a file, or by number: so many unequal drones. */
export async function readFleet(given: string): Promise<readonly WorldDrone[]> {
  if (/^[1-9]\d{0,3}$/.test(given)) return unequalFleet(Number(given));
  const text = await readFile(given, 'utf8').catch((error: unknown) => {
    throw new SwarmError('SWARM_USAGE', `--fleet: "${given}" is neither a number of drones nor a file`, {
      cause: error,
    });
  });
  const parsed = FleetFile.safeParse(JSON.parse(text));
  if (!parsed.success)
    throw new SwarmError('SWARM_USAGE', `--fleet: ${given}: ${z.prettifyError(parsed.error)}`);
  return parsed.data.drones;
}
