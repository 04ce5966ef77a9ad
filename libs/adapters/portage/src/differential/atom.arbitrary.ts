import type { Eapi } from '@swarm/domain-ebuild';

import type { Dice } from './dice.js';
import { typedVersionBy, versionBy, withSlip } from './version.arbitrary.js';

export const flags = ['a', 'b', 'c', 'x+y', 'k_l-1', 'l@m', 'D3'] as const;
export const eapiChoices: readonly (Eapi | undefined)[] = [
  undefined,
  undefined,
  '0',
  '1',
  '2',
  '3',
  '4',
  '5',
  '6',
  '7',
  '7',
  '8',
  '8',
  '8',
  '9',
];

const categories = ['dev-libs', 'app', 'x11-libs', '_o.d+d', 'virtual', '3d'];
const names = [
  'icu',
  'foo',
  'foo-bar',
  'gtk+',
  'a',
  'x-2y',
  '_u',
  '1',
  'foo-1a-b',
  'lib-r1',
  'b--c',
  'p7zip-',
];
const nearVersions = ['foo-1', 'foo-1-2', 'icu-1.2', 'foo-1-r1', 'a-1_p', 'a-1b', 'a-01'];
const slots = ['0', '2', '3.4', '_x', '5-a+b', '0', '1'];
const operators = ['<', '<=', '=', '~', '>=', '>'];
const repositories = ['gentoo', 'my-overlay', '_x', '0'];
/** What a slip of the hand leaves in an atom. */
const slips = [
  '!',
  '!!',
  '=',
  '>',
  '<',
  '~',
  '*',
  ':',
  '::',
  '/',
  '[',
  ']',
  '[]',
  ',',
  '(',
  ')',
  '(+)',
  '(-)',
  '?',
  '-',
  '+',
  '-1',
  '-1-r1',
  '.',
  'A',
  ' ',
  '@',
  '[a]',
  '[!a]',
  '[-a?]',
  '[a,]',
  ':0',
  ':=',
  ':*',
  ':0*',
  ':0/',
  '-r1',
  '_',
  'é',
  '=*',
  '/0',
  '#',
];

export interface TypedAtom {
  readonly text: string;
  readonly eapi: Eapi | undefined;
}

/** A package whose atoms and candidates meet often. */
export interface CandidateFacts {
  readonly cpv: string;
  readonly slot: string;
  readonly subslot: string;
  readonly repository: string | undefined;
  readonly use: readonly string[];
  readonly iuse: readonly string[];
  readonly buildId: string | undefined;
}

/** An atom as it is typed, under some EAPI. */
export function typedAtomBy(dice: Dice): TypedAtom {
  const eapi = dice.chance(0.6) ? eapiBy(dice) : dice.pick(eapiChoices);
  const name = `${dice.pick(categories)}/${dice.chance(0.08) ? dice.pick(nearVersions) : dice.pick(names)}`;
  const build = dice.chance(0.03) ? dice.pick(['-1', '-0', '-01', '-12', '-1.2', '-1-r1']) : '';
  const versioned = dice.chance(0.5);
  const operator = versioned !== dice.chance(0.03) ? dice.pick(operators) : '';
  const version = versioned ? `-${typedVersionBy(dice)}${build}` : '';
  const glob = dice.chance(operator === '=' ? 0.3 : 0.01) ? '*' : '';
  const blocker = dice.chance(0.15) ? dice.pick(['!', '!', '!!', '!!!']) : '';
  const repository = dice.chance(eapi === undefined ? 0.3 : 0.03) ? `::${dice.pick(repositories)}` : '';
  const text = `${blocker}${operator}${name}${version}${glob}${slotBy(dice)}${repository}${useBy(dice)}`;
  return { text: dice.chance(0.15) ? withSlip(dice, text, slips) : text, eapi };
}

/** A well-formed atom under the rules of EAPI 8 (so of no repository), or of none. */
export function plainAtomBy(dice: Dice): string {
  const name = dice.pick(['dev-libs/icu', 'app/foo', 'x11-libs/gtk+', 'a/b', 'c/d']);
  if (dice.chance(0.6)) return `${name}${useBy(dice)}`;
  return `${dice.pick(['', '', '!', '!!'])}${dice.pick(operators)}${name}-${versionBy(dice)}${slotBy(dice)}${useBy(dice)}`;
}

/** A well-formed atom and packages that come near to what it means. */
export function matchBy(dice: Dice): { readonly text: string; readonly packages: readonly CandidateFacts[] } {
  const name = dice.pick(['app/foo', 'app/foo-bar']);
  const version = versionBy(dice);
  const operator = dice.chance(0.85) ? dice.pick([...operators, '=*', '=*']) : '';
  const ranged =
    operator === '=*'
      ? `=${name}-${version}*`
      : operator === ''
        ? name
        : `${operator}${name}-${version}${dice.chance(0.05) ? '-1' : ''}`;
  const use = dice.chance(0.6) ? useBy(dice) : '';
  // Portage 3.0.82 forgets the repository when it evaluates conditions; what it says of both is no measure.
  const repository = dice.chance(0.15) && !/[?=]/.test(use) ? `::${dice.pick(['gentoo', 'my-overlay'])}` : '';
  const text = `${dice.chance(0.1) ? '!' : ''}${ranged}${dice.chance(0.4) ? slotBy(dice) : ''}${repository}${use}`;
  return { text, packages: Array.from({ length: 3 }, () => candidateBy(dice, version)) };
}

/** An EAPI, mostly one that allows what `plainAtomBy` makes. */
export function eapiBy(dice: Dice): Eapi | undefined {
  return dice.chance(0.1) ? dice.pick(eapiChoices) : dice.pick([undefined, '5', '6', '7', '8', '9']);
}

/** The enabled flags of a package that has dependencies. */
export function useSetBy(dice: Dice): readonly string[] {
  return dice.some(flags);
}

function candidateBy(dice: Dice, near: string): CandidateFacts {
  const [base = near] = near.split('-r');
  const version = dice.pick([
    near,
    near,
    base,
    `${base}-r1`,
    `${base}-r0`,
    `0${near}`,
    `${base.replace(/\d+$/, '')}${base.endsWith('.') ? '1' : ''}`,
    `${base}.1`,
    `${base}1`,
    `${base}_p1`,
    versionBy(dice),
  ]);
  const slot = dice.pick(slots);
  const iuse = dice.some(flags);
  return {
    cpv: `${dice.pick(['app/foo', 'app/foo', 'app/foo-bar'])}-${/^\d+(?:\.\d+)*[a-z]?(?:_(?:alpha|beta|pre|rc|p)\d*)*(?:-r\d+)?$/.test(version) ? version : near}`,
    slot,
    subslot: dice.chance(0.6) ? slot : dice.pick(slots),
    repository: dice.pick(['gentoo', 'gentoo', 'my-overlay', undefined]),
    use: dice.some(iuse),
    iuse,
    buildId: dice.pick([undefined, '1', '2']),
  };
}

function slotBy(dice: Dice): string {
  const slot = dice.pick(slots);
  return dice.pick([
    '',
    '',
    '',
    `:${slot}`,
    `:${slot}=`,
    `:${slot}/${dice.pick(slots)}`,
    `:${slot}/${dice.pick(slots)}=`,
    ':=',
    ':*',
  ]);
}

function useBy(dice: Dice): string {
  if (dice.chance(0.5)) return '';
  const defaults = dice.pick([['', '(+)', '(-)'], ['']]);
  const wanted = Array.from({ length: dice.pick([1, 1, 2, 3]) }, () => {
    const flag = dice.pick(flags);
    const fallback = dice.pick(defaults);
    return dice.pick([
      `${flag}${fallback}`,
      `-${flag}${fallback}`,
      `${flag}${fallback}?`,
      `!${flag}${fallback}?`,
      `${flag}${fallback}=`,
      `!${flag}${fallback}=`,
    ]);
  });
  return `[${wanted.join(',')}]`;
}
