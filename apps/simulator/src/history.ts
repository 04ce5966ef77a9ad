import { DurationModel } from '@swarm/domain-scheduling';

import type { Random } from './random.js';
import type { WorldGraph } from './world.js';

/** How much the scheduler knows of build times. */
export interface Knowledge {
  /** Spread of the logarithm of what it saw against the truth. */
  readonly sigma: number;
  /** Share of the packages that it never saw. */
  readonly unseen: number;
}

export const usualKnowledge: Knowledge = { sigma: 0.5, unseen: 0.2 };

/** A history of one noisy build of each package, but of those that were never seen. */
export function noisyHistory(
  graphs: readonly WorldGraph[],
  { sigma, unseen }: Knowledge,
  random: Random,
): DurationModel {
  const model = new DurationModel();
  for (const { name, slot, use, sizeBytes, trueMs } of graphs.flat()) {
    const isSeen = random.next() >= unseen;
    const referenceMs = trueMs * Math.exp(sigma * random.normal());
    if (isSeen) model.observe({ name, slot, use, sizeBytes, referenceMs });
  }
  return model;
}
