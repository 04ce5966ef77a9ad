import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { type Atom, evaluateUseDeps, printAtom } from './atom.js';
import { splitCpv } from './cpv.js';
import { type Eapi, eapis } from './eapi.js';
import { casesOf, flagsOf, textOf } from './fixture.arbitrary.js';
import { anything, atom as anyAtom, flag, packageName, version } from './language.arbitrary.js';
import { matchesAtom, type MatchablePackage } from './match-atom.js';
import { parseAtom } from './parse-atom.js';
import { parseSlot, printSlot } from './slot.js';

function atomOf(text: string): Atom {
  const atom = parseAtom(text);
  if (!atom.ok) throw new Error(`${text}: ${atom.error.message}`);
  return atom.value;
}

function packageOf(cpv: string, rest: Partial<MatchablePackage> = {}): MatchablePackage {
  const split = splitCpv(cpv);
  if (!split.ok) throw new Error(split.error.message);
  const none = new Set<string>();
  return { cpv: split.value, slot: '0', subslot: '0', repository: undefined, use: none, iuse: none, ...rest };
}

describe('parseAtom', () => {
  it.each(casesOf('atoms_valid.txt'))('knows from which EAPI on: %s %s', (first, text = '') => {
    const read = (eapi: Eapi | undefined): boolean => parseAtom(text, { eapi }).ok;
    expect(eapis.filter(read)).toEqual(first === '-' ? [] : eapis.slice(Number(first)));
    expect(read(undefined)).toBe(true);
    expect(printAtom(atomOf(text))).toBe(text);
  });

  it.each(casesOf('atoms_invalid.txt'))('points at column %s of %j', (column, text = '') => {
    expect(parseAtom(text)).toMatchObject({ ok: false, error: { column: Number(column) } });
    expect(eapis.filter((eapi) => parseAtom(text, { eapi }).ok)).toEqual([]);
  });

  it('takes an atom apart', () => {
    expect(atomOf('!!>=a/b-1.2-r3:0/4=::gentoo[-x(+)?,y]'.replace('-x', '!x'))).toMatchObject({
      blocker: 'strong',
      name: 'a/b',
      range: { operator: '>=', version: { base: '1.2', revision: '3' }, buildId: undefined },
      slot: { kind: 'named', slot: '0', subslot: '4', rebuild: true },
      repository: 'gentoo',
      use: [
        { flag: 'x', demand: 'disabled-unless', missing: '+' },
        { flag: 'y', demand: 'enabled', missing: undefined },
      ],
      requiredFlags: ['y'],
    });
  });

  it('allows a repository under an EAPI only where it is told to', () => {
    expect(parseAtom('a/b::c', { eapi: '8', repositories: true }).ok).toBe(true);
    expect(parseAtom('a/b::c', { repositories: false })).toMatchObject({ ok: false, error: { column: 4 } });
  });

  it('reads back what it prints', () => {
    fc.assert(
      fc.property(anyAtom, fc.constantFrom<Eapi | undefined>(undefined, '5', '8'), (text, eapi) => {
        const atom = parseAtom(text, { eapi });
        if (!atom.ok) throw new Error(`${text}: ${atom.error.message}`);
        expect(printAtom(atom.value)).toBe(text);
        expect(parseAtom(printAtom(atom.value), { eapi })).toEqual(atom);
      }),
      { numRuns: 1000 },
    );
  });

  it('never throws, and points into the text or right behind it', () => {
    fc.assert(
      fc.property(anything, fc.constantFrom<Eapi | undefined>(undefined, ...eapis), (text, eapi) => {
        const atom = parseAtom(text, { eapi });
        if (atom.ok) expect(printAtom(atom.value)).toBe(text);
        else expect(atom.error.column >= 1 && atom.error.column <= text.length + 1).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('points at the fault or before it, never behind', () => {
    fc.assert(
      fc.property(anyAtom, fc.nat(), (text, place) => {
        const at = place % (text.length + 1);
        const spoilt = parseAtom(`${text.slice(0, at)}#${text.slice(at)}`);
        expect(!spoilt.ok && spoilt.error.column <= at + 1).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('matchesAtom', () => {
  it.each(casesOf('matches.txt'))('%s: %s %s %s', (answer, text = '', cpv = '', slot = '', ...rest) => {
    const parsed = parseSlot(slot);
    if (!parsed.ok) throw new Error(parsed.error.message);
    const use = flagsOf(rest[1]);
    const repository = textOf(rest[0]) || undefined;
    const pkg = packageOf(cpv, {
      ...parsed.value,
      repository,
      use,
      iuse: new Set([...use, ...flagsOf(rest[2])]),
    });
    expect(matchesAtom(atomOf(text), pkg)).toBe(answer === 'yes');
  });

  it('knows builds apart', () => {
    expect(matchesAtom(atomOf('=a/b-1-2'), packageOf('a/b-1', { buildId: '2' }))).toBe(true);
    expect(matchesAtom(atomOf('=a/b-1-2'), packageOf('a/b-1', { buildId: '3' }))).toBe(false);
    expect(matchesAtom(atomOf('=a/b-1'), packageOf('a/b-1', { buildId: '3' }))).toBe(true);
  });

  it('lets exactly one of <, = and > match, and the others follow from them', () => {
    fc.assert(
      fc.property(packageName, version, version, (name, own, asked) => {
        const pkg = packageOf(`${name}-${own}`);
        const met = (operator: string): boolean => matchesAtom(atomOf(`${operator}${name}-${asked}`), pkg);
        const [older, equal, newer] = [met('<'), met('='), met('>')];
        expect([older, equal, newer].filter(Boolean)).toHaveLength(1);
        expect(met('<=')).toBe(older || equal);
        expect(met('>=')).toBe(newer || equal);
        if (own === asked)
          expect([met('~'), matchesAtom(atomOf(`=${name}-${asked}*`), pkg)]).toEqual([true, true]);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('evaluateUseDeps', () => {
  it('leaves no condition, and leaves an atom without conditions alone', () => {
    fc.assert(
      fc.property(anyAtom, fc.array(flag), (text, flags) => {
        const evaluated = evaluateUseDeps(atomOf(text), new Set(flags));
        expect(evaluated.use.every(({ demand }) => demand === 'enabled' || demand === 'disabled')).toBe(true);
        expect(evaluateUseDeps(evaluated, new Set(['x']))).toBe(evaluated);
      }),
    );
  });

  it('still wants the flag of a condition that fell away to be known', () => {
    const evaluated = evaluateUseDeps(atomOf('a/b[x?]'), new Set());
    expect(printAtom(evaluated)).toBe('a/b');
    expect(matchesAtom(evaluated, packageOf('a/b-1'))).toBe(false);
    expect(matchesAtom(evaluated, packageOf('a/b-1', { iuse: new Set(['x']) }))).toBe(true);
    expect(matchesAtom(evaluateUseDeps(atomOf('!a/b[x?]'), new Set()), packageOf('a/b-1'))).toBe(true);
  });

  it('means what the table of the specification says', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('x?', '!x?', 'x=', '!x='),
        fc.boolean(),
        fc.boolean(),
        (demand, parent, own) => {
          const evaluated = evaluateUseDeps(atomOf(`a/b[${demand}]`), new Set(parent ? ['x'] : []));
          const met = {
            'x?': !parent || own,
            '!x?': parent || !own,
            'x=': parent === own,
            '!x=': parent !== own,
          }[demand];
          expect(
            matchesAtom(
              evaluated,
              packageOf('a/b-1', { use: new Set(own ? ['x'] : []), iuse: new Set(['x']) }),
            ),
          ).toBe(met);
        },
      ),
    );
  });
});

describe('parseSlot', () => {
  it.each(casesOf('slots_valid.txt'))('from EAPI %s: %s', (first, text = '', slot = '', subslot = '') => {
    expect(eapis.filter((eapi) => parseSlot(text, { eapi }).ok)).toEqual(eapis.slice(Number(first)));
    expect(parseSlot(text)).toEqual({ ok: true, value: { slot, subslot } });
    expect(printSlot({ slot, subslot })).toBe(text);
  });

  it.each([
    ['', 1],
    ['-0', 1],
    ['0/', 3],
    ['0/1/2', 4],
    ['0 1', 2],
    ['0=', 2],
  ])('refuses %j at column %d', (text, column) => {
    expect(parseSlot(text)).toMatchObject({ ok: false, error: { column } });
  });
});
