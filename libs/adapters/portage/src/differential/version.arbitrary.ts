import type { Dice } from './dice.js';

const numbers = [
  '0',
  '1',
  '2',
  '3',
  '10',
  '12',
  '100',
  '00',
  '01',
  '001',
  '010',
  '0100',
  '09',
  '20240101',
  '9007199254740992',
  '9007199254740993',
  '18446744073709551616',
  '018446744073709551616',
];
const suffixes = ['alpha', 'beta', 'pre', 'rc', 'p'];
const suffixNumbers = ['', '', '0', '1', '01', '2', '10', '20240101', '9007199254740993'];
const revisions = ['-r0', '-r1', '-r01', '-r2', '-r10', '-r00', '-r9007199254740993'];
/** What a slip of the hand leaves in a version. */
const slips = [
  '_',
  '-',
  '.',
  '..',
  'a',
  'B',
  'ab',
  '_P1',
  '_alhpa',
  '_pre_',
  '_p-',
  '-r',
  '-R1',
  'r1',
  '-1',
  '+',
  '*',
  ' ',
  '_rc1.2',
  '1a',
  '~',
  'é',
  '-r1-r1',
  '_beta-r',
  '_',
  'v',
];

/** A version, well-formed. */
export function versionBy(dice: Dice): string {
  const count = dice.pick([1, 2, 2, 3, 3, 4]);
  const dotted = Array.from({ length: count }, () => dice.pick(numbers)).join('.');
  return `${dotted}${letterBy(dice)}${suffixesBy(dice)}${revisionBy(dice)}`;
}

/** A version as it is typed: mostly well-formed. */
export function typedVersionBy(dice: Dice): string {
  const version = versionBy(dice);
  return dice.chance(0.12) ? withSlip(dice, version, slips) : version;
}

/** Two versions, as often as not so near to each other that the rules for the odd cases decide. */
export function versionPairBy(dice: Dice): readonly [string, string] {
  const first = typedVersionBy(dice);
  if (dice.chance(0.35)) return [first, typedVersionBy(dice)];
  const second = neighbourOf(dice, first);
  return dice.chance(0.5) ? [first, second] : [second, first];
}

/** The text with something put in, taken out or put in the place of something else. */
export function withSlip(dice: Dice, text: string, pieces: readonly string[]): string {
  const at = dice.below(text.length + 1);
  const removed = dice.pick([0, 0, 1, 1, 2]);
  const inserted = removed > 0 && dice.chance(0.4) ? '' : dice.pick(pieces);
  return text.slice(0, at) + inserted + text.slice(at + removed);
}

function neighbourOf(dice: Dice, version: string): string {
  const parts = /^([\d.]*)([a-z]?)((?:_[a-z]+\d*)*)(-r\d+)?$/.exec(version);
  if (parts === null) return withSlip(dice, version, slips);
  const [, dotted = '', letter = '', ends = '', revision = ''] = parts;
  switch (dice.below(7)) {
    case 0:
      return `${dotted}${letter}${ends}${revisionBy(dice)}`;
    case 1:
      return `${dotted}${letter}${suffixesBy(dice)}${revision}`;
    case 2:
      return `${dotted}${letterBy(dice)}${ends}${revision}`;
    case 3:
      return `${dotted}.${dice.pick(numbers)}${letter}${ends}${revision}`;
    case 4:
      return `${dotted}${letter}${ends}_${dice.pick(suffixes)}${dice.pick(suffixNumbers)}${revision}`;
    case 5: {
      const all = dotted.split('.');
      all[dice.below(all.length)] = dice.pick(numbers);
      return `${all.join('.')}${letter}${ends}${revision}`;
    }
    default:
      return `${dotted}${dice.pick(['0', '00', '1', ''])}${letter}${ends}${revision}`;
  }
}

function letterBy(dice: Dice): string {
  return dice.chance(0.15) ? dice.pick(['a', 'b', 'z']) : '';
}

function suffixesBy(dice: Dice): string {
  const count = dice.pick([0, 0, 0, 1, 1, 2, 3]);
  return Array.from({ length: count }, () => `_${dice.pick(suffixes)}${dice.pick(suffixNumbers)}`).join('');
}

function revisionBy(dice: Dice): string {
  return dice.chance(0.35) ? dice.pick(revisions) : '';
}
