import { readFile } from 'node:fs/promises';

import { SwarmError } from '@swarm/kernel';
import { z } from 'zod';

import type { Random } from './random.js';

const milliseconds = z.number().nonnegative();
const share = z.number().min(0).max(1).default(0);
const onDrone = { drone: z.string(), atMs: milliseconds, forMs: z.number().positive() };

const Fault = z.discriminatedUnion('kind', [
  /** Loses its power, and all that it had in hand; comes back empty-handed. */
  z.object({ kind: z.literal('dies'), ...onDrone }),
  /** Goes on building, and can say nothing of it. */
  z.object({ kind: z.literal('partition'), ...onDrone }),
  /** Builds slower by a factor. */
  z.object({ kind: z.literal('slows'), factor: z.number().gt(1), ...onDrone }),
  /** Fails everything at once, and says that the package is to blame. */
  z.object({ kind: z.literal('lies'), ...onDrone }),
]);

export const FaultScript = z.object({
  faults: z.array(Fault).default([]),
  /** Share of the packages that never build. */
  broken: share,
  /** Share of the packages whose first attempt fails. */
  flaky: share,
  /** Share of the attempts that fail for a cause that passes. */
  transient: share,
});

export type Fault = z.infer<typeof Fault>;
export type FaultScript = z.infer<typeof FaultScript>;

export const noFaults: FaultScript = { faults: [], broken: 0, flaky: 0, transient: 0 };

export async function readFaults(path: string): Promise<FaultScript> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new SwarmError('SWARM_USAGE', `--faults: cannot read ${path}`, { cause: error });
  });
  const parsed = FaultScript.safeParse(JSON.parse(text));
  if (!parsed.success) {
    throw new SwarmError('SWARM_USAGE', `--faults: ${path}: ${z.prettifyError(parsed.error)}`);
  }
  return parsed.data;
}

/** Every kind of fault, now and then, over a span of time. One drone in four stays sound. */
export function randomFaults(drones: readonly string[], spanMs: number, random: Random): FaultScript {
  const kinds = ['dies', 'partition', 'slows', 'lies'] as const;
  const faults = drones.flatMap((drone): Fault[] => {
    if (random.next() < 0.25) return [];
    return Array.from({ length: random.below(4) }, (): Fault => {
      const kind = random.pick(kinds);
      const when = { drone, atMs: random.next() * spanMs, forMs: 1000 + random.next() ** 3 * spanMs };
      return kind === 'slows' ? { kind, factor: 1.5 + 6 * random.next(), ...when } : { kind, ...when };
    });
  });
  return {
    faults,
    broken: random.next() < 0.5 ? 0 : 0.1 * random.next(),
    flaky: 0.2 * random.next(),
    transient: 0.1 * random.next(),
  };
}
