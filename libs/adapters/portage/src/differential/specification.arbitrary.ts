import type { Dice } from './dice.js';
import { flags, plainAtomBy } from './atom.arbitrary.js';

const words = ['GPL-2+', 'MIT', 'test', 'fetch', 'all-rights-reserved', 'BSD', '||x', 'a?b'];
const sources = [
  'https://example.org/a-1.tar.gz',
  'mirror://gnu/b.tar',
  'fetch+https://example.org/c',
  'mirror+https://x/y',
  'd.patch',
  'e',
];
/** Words that are out of place almost wherever they stand. */
const strays = [
  '(',
  ')',
  '||',
  '^^',
  '??',
  'a?',
  '!b?',
  '!!c?',
  '?',
  '!?',
  '-> ',
  '->',
  '( )',
  'a/b',
  'MIT',
  '!',
  '()',
  '-a?',
  'x',
  '!x',
];

/** The kinds of a specification that words are put together for. */
export type SpecificationSort = 'atom' | 'word' | 'src-uri' | 'required-use';

/** A specification as it is typed: nested, mostly well-formed, blanks of any kind between its words. */
export function typedSpecificationBy(dice: Dice, sort: SpecificationSort): string {
  const all = sequenceBy(dice, sort, 0);
  // Portage takes `^^` for a token where there are tokens; here it is refused.
  const out = sort === 'word' ? strays.filter((word) => word !== '^^') : strays;
  for (let slips = dice.pick([0, 0, 0, 0, 1, 2]); slips > 0; slips -= 1) slip(dice, all, out);
  const joined = all.join(' ');
  const spaced = dice.chance(0.1)
    ? joined.replaceAll(' ', () => dice.pick([' ', '  ', '\t', '\n', ' \n\t']))
    : joined;
  return dice.chance(0.03)
    ? spaced.replace(dice.pick([' (', ' )', '( ', '? ', '| ']), (found) => found.trim())
    : spaced;
}

function sequenceBy(dice: Dice, sort: SpecificationSort, depth: number): string[] {
  const count = depth === 0 ? dice.pick([0, 1, 2, 3, 4]) : dice.pick([1, 1, 1, 2, 2, 3]);
  return Array.from({ length: count }, () => elementBy(dice, sort, depth)).flat();
}

function elementBy(dice: Dice, sort: SpecificationSort, depth: number): string[] {
  if (dice.chance(0.35 + depth * 0.12)) return itemBy(dice, sort);
  const empty = dice.chance(sort === 'required-use' ? 0.08 : 0.01);
  const group = ['(', ...(empty ? [] : sequenceBy(dice, sort, depth + 1)), ')'];
  switch (dice.below(5)) {
    case 0:
      return group;
    case 1:
    case 2:
      return [`${dice.pick(['', '!'])}${dice.pick(flags)}?`, ...group];
    default:
      return [choiceBy(dice, sort), ...group];
  }
}

function choiceBy(dice: Dice, sort: SpecificationSort): string {
  if (sort === 'required-use') return dice.pick(['||', '^^', '??']);
  return sort === 'src-uri' && !dice.chance(0.02) ? `${dice.pick(flags)}?` : '||';
}

function itemBy(dice: Dice, sort: SpecificationSort): string[] {
  switch (sort) {
    case 'atom':
      return [plainAtomBy(dice)];
    case 'word':
      return [dice.pick(words)];
    case 'src-uri':
      return dice.chance(0.3)
        ? [dice.pick(sources), '->', dice.pick(['f.tar', 'g', 'a/b'])]
        : [dice.pick(sources)];
    case 'required-use':
      return [`${dice.chance(0.3) ? '!' : ''}${dice.pick(flags)}`];
  }
}

/** Takes a word away, doubles it, puts a stray one in, or swaps two. */
function slip(dice: Dice, all: string[], out: readonly string[]): void {
  const at = dice.below(all.length + 1);
  switch (dice.below(4)) {
    case 0:
      all.splice(at, 1);
      return;
    case 1:
      all.splice(at, 0, dice.pick(out));
      return;
    case 2:
      all.splice(at, 1, dice.pick(out));
      return;
    default:
      all.splice(at, 2, ...all.slice(at, at + 2).reverse());
  }
}
