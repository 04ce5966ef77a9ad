/** FNV-1a's prime and start. */
const PRIME = 0x01000193;
const START = 0x811c9dc5;
const DRAW_STEP = 0x9e3779b9;
const UINT32 = 2 ** 32;

/**
 * A number of the standard normal distribution: the same seed and draw always give the same number, so that an answer
 * does not change with the asking, and answers about two jobs agree on what is common to them.
 */
export function chance(seed: number, draw: number): number {
  const drawn = scrambled(seed + Math.imul(draw + 1, DRAW_STEP));
  const one = (drawn + 1) / (UINT32 + 1);
  const other = scrambled(drawn ^ DRAW_STEP) / UINT32;
  return Math.sqrt(-2 * Math.log(one)) * Math.cos(2 * Math.PI * other);
}

/** What the chances of a name are drawn by. */
export function seedOf(text: string): number {
  let hash = START;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), PRIME);
  return hash >>> 0;
}

/** Mixes all bits into all bits (the finisher of MurmurHash3). */
function scrambled(value: number): number {
  let mixed = value >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
