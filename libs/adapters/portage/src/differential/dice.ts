/** Chance that can be repeated: the same seed throws the same numbers, on every machine. */
export interface Dice {
  /** A whole number from 0 to below `limit`. */
  below(limit: number): number;
  /** True so often, from 0 (never) to 1. */
  chance(probability: number): boolean;
  /** One of the choices. */
  pick<T>(choices: readonly T[]): T;
  /** Each of the choices with even odds, in their order. */
  some<T>(choices: readonly T[]): T[];
}

/** Dice after Mulberry32. */
export function diceOf(seed: number): Dice {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    chance: (probability) => next() < probability,
    pick: (choices) => {
      if (choices.length === 0) throw new Error('nothing to choose from');
      return choices[below(choices.length)] as (typeof choices)[number];
    },
    some: (choices) => choices.filter(() => next() < 0.5),
  };
}
