/** One line that went or came. */
export interface LineChange {
  readonly kind: 'removed' | 'added';
  /** Its number, from 1: in the old text where it was removed, in the new one where it was added. */
  readonly number: number;
  /** With its line feed, where it has one. */
  readonly text: string;
}

/** Largest table of a comparison, in cells; texts that differ in more are told as wholly replaced. */
const MAX_CELLS = 4_000_000;

/** The lines of a text, each with its line feed; joined they are the text again. */
export function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/**
 * The fewest lines to remove from `before` and to add so that it becomes `after`: a longest common subsequence between
 * the common beginning and the common end. Removed lines come before the added ones of the same place. Pure.
 */
export function diffLines(before: readonly string[], after: readonly string[]): readonly LineChange[] {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  const old = before.slice(start, before.length - end);
  const young = after.slice(start, after.length - end);
  const kept = old.length * young.length > MAX_CELLS ? [] : commonLines(old, young);
  const keptOld = new Set(kept.map(({ inOld }) => inOld));
  const keptYoung = new Set(kept.map(({ inYoung }) => inYoung));
  const changes = [
    ...old.flatMap((text, at) => (keptOld.has(at) ? [] : [change('removed', at + start, text)])),
    ...young.flatMap((text, at) => (keptYoung.has(at) ? [] : [change('added', at + start, text)])),
  ];
  return inReadingOrder(changes, kept, start);
}

function change(kind: LineChange['kind'], index: number, text: string): LineChange {
  return { kind, number: index + 1, text };
}

interface Common {
  readonly inOld: number;
  readonly inYoung: number;
}

function commonLines(old: readonly string[], young: readonly string[]): readonly Common[] {
  const width = young.length + 1;
  const lengths = new Uint32Array((old.length + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = young.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] =
        old[i] === young[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const common: Common[] = [];
  let i = 0;
  let j = 0;
  while (i < old.length && j < young.length) {
    if (old[i] === young[j]) common.push({ inOld: i++, inYoung: j++ });
    else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
  return common;
}

/** Changes sorted by the kept line that they come after, so that what replaces something stands beside it. */
function inReadingOrder(
  changes: readonly LineChange[],
  kept: readonly Common[],
  start: number,
): readonly LineChange[] {
  const placeOf = ({ kind, number }: LineChange): number => {
    const index = number - 1 - start;
    let low = 0;
    let high = kept.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const line = kept[middle];
      const passed = line !== undefined && (kind === 'removed' ? line.inOld : line.inYoung) < index;
      if (passed) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return changes
    .map((each) => ({ each, place: placeOf(each) }))
    .sort((a, b) => a.place - b.place || rank(a.each) - rank(b.each) || a.each.number - b.each.number)
    .map(({ each }) => each);
}

function rank({ kind }: LineChange): number {
  return kind === 'removed' ? 0 : 1;
}
