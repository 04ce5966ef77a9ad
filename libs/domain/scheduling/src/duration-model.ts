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
/** Fewer than this say nothing of how time goes with size. */
const MIN_FOR_SIZES = 20;
/** Older builds of a package are forgotten. */
const MAX_REMEMBERED = 8;

/**
 * Predicts build times from the history: the same package with the same flags, else the package, else packages of its
 * size, else the median of all. An unseen giant is thus known for one by its size (Q8).
 */
export class DurationModel {
  readonly #exact = new Map<string, number[]>();
  readonly #named = new Map<string, number[]>();
  readonly #sizes = new SizeLaw();

  observe(observation: Observation): void {
    const log = Math.log(Math.max(1, observation.referenceMs));
    remember(this.#exact, exactKey(observation), log);
    remember(this.#named, observation.name, log);
    this.#sizes.observe(observation.sizeBytes, log);
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

/** How the logarithm of the time goes with the logarithm of the size, by least squares over running sums. */
class SizeLaw {
  #count = 0;
  #x = 0;
  #y = 0;
  #xx = 0;
  #xy = 0;
  #yy = 0;
  #all: { count: number; sum: number; squares: number } = { count: 0, sum: 0, squares: 0 };

  observe(sizeBytes: number | null, y: number): void {
    this.#all.count += 1;
    this.#all.sum += y;
    this.#all.squares += y * y;
    if (sizeBytes === null || sizeBytes <= 0) return;
    const x = Math.log(sizeBytes);
    this.#count += 1;
    this.#x += x;
    this.#y += y;
    this.#xx += x * x;
    this.#xy += x * y;
    this.#yy += y * y;
  }

  predict(sizeBytes: number | null): Prediction | undefined {
    const { count, sum, squares } = this.#all;
    if (count === 0) return undefined;
    const spread = this.#count * this.#xx - this.#x * this.#x;
    if (sizeBytes === null || sizeBytes <= 0 || this.#count < MIN_FOR_SIZES || spread <= 0) {
      const variance = Math.max(0, squares / count - (sum / count) ** 2);
      return { medianMs: Math.exp(sum / count), sigma: Math.max(USUAL_SIGMA, Math.sqrt(variance)) };
    }
    const slope = (this.#count * this.#xy - this.#x * this.#y) / spread;
    const start = (this.#y - slope * this.#x) / this.#count;
    const rest = this.#yy - start * this.#y - slope * this.#xy;
    const sigma = Math.max(USUAL_SIGMA, Math.sqrt(Math.max(0, rest) / this.#count));
    return { medianMs: Math.exp(start + slope * Math.log(sizeBytes)), sigma };
  }
}
