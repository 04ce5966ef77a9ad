/** How long a build takes on the reference drone (speed 1), as a log-normal distribution: builds have a heavy tail. */
export interface Prediction {
  readonly medianMs: number;
  /** Standard deviation of the logarithm; 0.5 means that two thirds lie between 0.6 and 1.65 medians. */
  readonly sigma: number;
}

/** A build that has run for long cannot be expected to end at once: at least so much of its time is still to come. */
const LEAST_REST = 0.02;
/** Where nearly nothing of the distribution is left, so much is expected to be still to come. */
const SURPRISED_REST = 0.15;
const NEARLY_NOTHING = 1e-6;

/** Expected time, in milliseconds on the reference drone; above the median, because what takes long takes very long. */
export function meanMs({ medianMs, sigma }: Prediction): number {
  return medianMs * Math.exp((sigma * sigma) / 2);
}

/** The time that a share of all such builds does not exceed; `z` counts standard deviations, e.g. 1.28 for nine in ten. */
export function quantileMs({ medianMs, sigma }: Prediction, z: number): number {
  return medianMs * Math.exp(sigma * z);
}

/** Expected total of a build that has done `doneMs` of reference time and is not ready: the mean of what is left. */
export function expectedTotalMs(prediction: Prediction, doneMs: number): number {
  if (doneMs <= 0) return meanMs(prediction);
  const { medianMs, sigma } = prediction;
  const z = Math.log(doneMs / medianMs) / sigma;
  const left = normalShare(-z);
  if (left < NEARLY_NOTHING) return doneMs * (1 + SURPRISED_REST);
  return Math.max(doneMs * (1 + LEAST_REST), (meanMs(prediction) * normalShare(sigma - z)) / left);
}

/** Share of a standard normal distribution below `x` (Zelen and Severo's polynomial, right to seven digits). */
function normalShare(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const density = 0.3989422804 * Math.exp((-x * x) / 2);
  const above =
    density *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return x > 0 ? 1 - above : above;
}
