import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { type Eapi, eapis } from './eapi.js';
import { casesOf, flagsOf, textOf } from './fixture.arbitrary.js';
import { anything, requiredUse } from './language.arbitrary.js';
import { checkRequiredUse, evaluateRequiredUse, parseRequiredUse, printRequiredUse } from './required-use.js';

const someFlags = fc.subarray(['a', 'b', 'c', 'd']).map((flags) => new Set(flags));

describe('checkRequiredUse', () => {
  it.each(casesOf('required_use.txt'))('under EAPI %s with %s: %s', (eapi, flags, text, unmet) => {
    const verdict = checkRequiredUse(textOf(text), { use: flagsOf(flags), eapi: eapi as Eapi });
    if (!verdict.ok) throw new Error(verdict.error.message);
    expect(printRequiredUse(verdict.value.unmet)).toBe(textOf(unmet));
    expect(verdict.value.ok).toBe(textOf(unmet) === '');
  });

  it.each(casesOf('required_use_invalid.txt'))(
    'under EAPI %s points at column %s of %j',
    (eapi, column, text = '') => {
      const verdict = checkRequiredUse(text, { use: new Set(), eapi: eapi as Eapi });
      expect(verdict).toMatchObject({ ok: false, error: { column: Number(column) } });
    },
  );

  it.each([
    ['a b', 3],
    ['a !b', 4],
    ['a b? ( a )', 3],
    ['|| ( a b )', 8],
  ])('refuses flags that are not in IUSE: %s', (text, column) => {
    expect(checkRequiredUse(text, { use: new Set(), iuse: new Set(['a']) })).toEqual({
      ok: false,
      error: { column, message: 'the USE flag "b" is not in IUSE' },
    });
  });

  it('reads back what it prints', () => {
    fc.assert(
      fc.property(requiredUse, (text) => {
        const nodes = parseRequiredUse(text, { eapi: '8' });
        expect(nodes.ok && printRequiredUse(nodes.value)).toBe(text);
        expect(nodes.ok && parseRequiredUse(printRequiredUse(nodes.value), { eapi: '8' })).toEqual(nodes);
      }),
    );
  });

  it('is unmet where one of its elements is, and says which', () => {
    fc.assert(
      fc.property(requiredUse, someFlags, fc.constantFrom<Eapi>('6', '8'), (text, use, eapi) => {
        const nodes = parseRequiredUse(text, { eapi });
        if (!nodes.ok) throw new Error(nodes.error.message);
        const { ok, unmet } = evaluateRequiredUse(nodes.value, use, { eapi });
        expect(ok).toBe(nodes.value.every((node) => evaluateRequiredUse([node], use, { eapi }).ok));
        expect(ok).toBe(unmet.length === 0);
        for (const node of unmet) expect(evaluateRequiredUse([node], use, { eapi }).ok).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it('counts the flags of a choice', () => {
    fc.assert(
      fc.property(fc.subarray(['a', 'b', 'c', 'd'], { minLength: 1 }), someFlags, (among, use) => {
        const on = among.filter((flag) => use.has(flag)).length;
        const met = (operator: string): boolean => {
          const verdict = checkRequiredUse(`${operator} ( ${among.join(' ')} )`, { use });
          return verdict.ok && verdict.value.ok;
        };
        expect([met('||'), met('^^'), met('??'), met('')]).toEqual([
          on > 0,
          on === 1,
          on <= 1,
          on === among.length,
        ]);
      }),
    );
  });

  it('never throws, and points into the text or right behind it', () => {
    fc.assert(
      fc.property(anything, fc.constantFrom<Eapi | undefined>(undefined, ...eapis), (text, eapi) => {
        const verdict = checkRequiredUse(text, { use: new Set(), eapi });
        if (!verdict.ok)
          expect(verdict.error.column >= 1 && verdict.error.column <= text.length + 1).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
