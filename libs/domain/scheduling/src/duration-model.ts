import type { Prediction } from './prediction.js';

/** What is to be predicted. */
export interface Subject {
  /** `category/name`. */
  readonly name: string;
  /** Slot without sub-slot; versions of one slot build alike. */
  readonly slot: string;
  /** Enabled flags, sorted. */
  readonly use: readonly string[];
  /** Size of its sources or of its last binary; null when nobody knows. */
  readonly sizeBytes: number | null;
}

/** A build that ended well, its time brought to the reference drone (measured time × the drone's speed). */
export interface Observation extends Subject {
  readonly referenceMs: number;
}

/** Spread of the logarithm among builds of one package on one machine, until the history says better. */
const USUAL_SIGMA = 0.5;
/** So many builds' worth of belief in the usual spread. */
const BELIEF = 4;
/** Another slot, or other flags, of a known package: alike, but not the same. */
const SIBLING_SIGMA = 0.7;
/** Nothing is known, not even of other packages: a minute, give or take a lot. */
const NOTHING_KNOWN: Prediction = { medianMs: 60_000, sigma: 1.2 };
/** So many packages of about the same size say what one of that size may take; fewer say nothing. */
const NEIGHBOURS = 20;
/** Older builds of a package are forgotten. */
const MAX_REMEMBERED = 8;

/**
 * Predicts build times from the history: the same package with the same flags, else the package, else packages of its
 * size, else the median of all. An unseen giant is thus known for one by its size (Q8).
 */
export class DurationModel {
  readonly #exact = new Map<string, number[]>();
  readonly #named = new Map<string, number[]>();
  readonly #sizes = new SizeNeighbours();

  observe(observation: Observation): void {
    const log = Math.log(Math.max(1, observation.referenceMs));
    remember(this.#exact, exactKey(observation), log);
    remember(this.#named, observation.name, log);
    this.#sizes.observe(exactKey(observation), observation.sizeBytes, log);
  }

  predict(subject: Subject): Prediction {
    const exact = this.#exact.get(exactKey(subject));
    if (exact) return ofLogs(exact, USUAL_SIGMA);
    const named = this.#named.get(subject.name);
    if (named) return ofLogs(named, SIBLING_SIGMA);
    return this.#sizes.predict(subject.sizeBytes) ?? NOTHING_KNOWN;
  }
}

function exactKey({ name, slot, use }: Subject): string {
  return `${name}:${slot} ${use.join(' ')}`;
}

function remember(history: Map<string, number[]>, key: string, log: number): void {
  const known = history.get(key);
  if (!known) {
    history.set(key, [log]);
    return;
  }
  known.push(log);
  if (known.length > MAX_REMEMBERED) known.shift();
}

/** Centre and spread, the spread pulled to what is usual: two builds that agree by chance prove little. */
function ofLogs(logs: readonly number[], usualSigma: number): Prediction {
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  const squares = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0);
  const sigma = Math.sqrt((usualSigma * usualSigma * BELIEF + squares) / (BELIEF + logs.length - 1));
  return { medianMs: Math.exp(mean), sigma };
}

/** A build of a package, by the logarithms of its size and of its time. */
interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * What is known of packages by their size alone: what those took that are nearest in size. No law is fitted: small
 * packages take what setting up a build takes, whatever their size, and among large ones there is every spread.
 */
class SizeNeighbours {
  /** The latest build of each package; one that is built daily says no more of its size than another. */
  readonly #points = new Map<string, Point>();
  #sorted: readonly Point[] | undefined;
  #all: { count: number; sum: number; squares: number } = { count: 0, sum: 0, squares: 0 };

  observe(key: string, sizeBytes: number | null, y: number): void {
    this.#all.count += 1;
    this.#all.sum += y;
    this.#all.squares += y * y;
    if (sizeBytes === null || sizeBytes <= 0) return;
    this.#points.set(key, { x: Math.log(sizeBytes), y });
    this.#sorted = undefined;
  }

  predict(sizeBytes: number | null): Prediction | undefined {
    const { count, sum, squares } = this.#all;
    if (count === 0) return undefined;
    if (sizeBytes === null || sizeBytes <= 0 || this.#points.size < NEIGHBOURS) {
      return spreadOf({ count, sum, squares });
    }
    return spreadOf(sumsOf(this.#nearest(Math.log(sizeBytes))));
  }

  #nearest(x: number): readonly Point[] {
    const sorted = (this.#sorted ??= [...this.#points.values()].sort((a, b) => a.x - b.x || a.y - b.y));
    const distance = (at: number): number => Math.abs((sorted[at]?.x ?? Infinity) - x);
    // All that is not below, and then as far down as it comes nearer.
    let first = Math.max(0, Math.min(placeOf(sorted, x), sorted.length - NEIGHBOURS));
    while (first > 0 && distance(first - 1) <= distance(first + NEIGHBOURS - 1)) first -= 1;
    return sorted.slice(first, first + NEIGHBOURS);
  }
}

/** The first place whose size is not below. */
function placeOf(sorted: readonly Point[], x: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.x ?? Infinity) < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface Sums {
  readonly count: number;
  readonly sum: number;
  readonly squares: number;
}

function sumsOf(points: readonly Point[]): Sums {
  return {
    count: points.length,
    sum: points.reduce((sum, { y }) => sum + y, 0),
    squares: points.reduce((sum, { y }) => sum + y * y, 0),
  };
}

function spreadOf({ count, sum, squares }: Sums): Prediction {
  const mean = sum / count;
  const variance = Math.max(0, squares / count - mean * mean);
  return { medianMs: Math.exp(mean), sigma: Math.max(USUAL_SIGMA, Math.sqrt(variance)) };
}
