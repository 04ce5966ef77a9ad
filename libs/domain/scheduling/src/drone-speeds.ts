/** So many builds' worth of belief in the speed that a drone's cores promise. */
const BELIEF = 3;
/** Twice the cores build a package this much faster: links and configure scripts do not share out. */
const CORES_EXPONENT = 0.5;
/** The reference drone: one of this many cores per slot has speed 1 until it is measured. */
const REFERENCE_CORES = 4;
/** One measurement can move a speed by no more than this factor: a prediction may be far off. */
const MAX_RATIO = 8;
/** Old measurements fade, so that a drone that was upgraded is known for it. */
const MAX_COUNTED = 60;

interface Measured {
  count: number;
  logSum: number;
}

/** How fast each drone builds, against the reference drone (1): measured, and shrunk to what its cores promise. */
export class DroneSpeeds {
  readonly #measured = new Map<string, Measured>();

  /** A build that was predicted to take `predictedMs` on the reference drone took `tookMs` on this one. */
  observe(drone: string, predictedMs: number, tookMs: number): void {
    const ratio = Math.min(MAX_RATIO, Math.max(1 / MAX_RATIO, predictedMs / Math.max(1, tookMs)));
    const known = this.#measured.get(drone) ?? { count: 0, logSum: 0 };
    const fade = known.count >= MAX_COUNTED ? 1 - 1 / known.count : 1;
    this.#measured.set(drone, {
      count: known.count * fade + 1,
      logSum: known.logSum * fade + Math.log(ratio),
    });
  }

  /** Reference milliseconds that the drone does in one millisecond of its own, in one slot. */
  speedOf(drone: string, coresPerSlot: number): number {
    const promised = CORES_EXPONENT * Math.log(Math.max(1, coresPerSlot) / REFERENCE_CORES);
    const { count, logSum } = this.#measured.get(drone) ?? { count: 0, logSum: 0 };
    return Math.exp((logSum + BELIEF * promised) / (count + BELIEF));
  }
}
