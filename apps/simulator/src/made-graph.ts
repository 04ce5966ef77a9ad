import type { Random } from './random.js';
import type { WorldGraph, WorldJob } from './world.js';

/** Shape of build times on one desktop: most take a minute, one in a hundred takes hours. */
const LOG_MEAN_SECONDS = 3.6;
const LOG_SIGMA = 1.3;
/** Needs of one package: a few near ones. */
const MAX_NEEDS = 4;
const NEAR = 40;

/** A graph of so many packages, of the shape of real ones: layers, a few hubs, a heavy tail of build times. */
export function madeGraph(size: number, random: Random): WorldGraph {
  return Array.from({ length: size }, (_unused, place): WorldJob => {
    const trueMs = Math.max(1000, Math.exp(LOG_MEAN_SECONDS + LOG_SIGMA * random.normal()) * 1000);
    const waits = new Set<number>();
    const wanted = place === 0 ? 0 : random.below(MAX_NEEDS + 1);
    for (let i = 0; i < wanted; i += 1) {
      const isHub = random.next() < 0.3;
      const back = isHub ? place : Math.min(place, NEAR);
      const need = isHub ? random.below(Math.max(1, Math.floor(place / 10))) : place - 1 - random.below(back);
      if (need >= 0 && need < place) waits.add(need);
    }
    const name = `made/p${place}`;
    const sizeBytes = Math.max(1000, trueMs * 500 * Math.exp(0.7 * random.normal()));
    return { cpv: `${name}-1`, name, slot: '0', use: [], sizeBytes, trueMs, waits: [...waits] };
  });
}
