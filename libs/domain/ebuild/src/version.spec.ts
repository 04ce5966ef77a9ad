import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { casesOf } from './fixture.arbitrary.js';
import { version } from './language.arbitrary.js';
import { compareVersions, parseVersion, versionOf } from './version.js';

const ordered = casesOf('versions_ordered.txt').map(([line]) => line.split(' '));
const compare = (a: string, b: string): number => compareVersions(versionOf(a), versionOf(b));

describe('parseVersion', () => {
  it('takes a version apart', () => {
    expect(parseVersion('1.02b_rc3_p-r04')).toEqual({
      ok: true,
      value: {
        text: '1.02b_rc3_p-r04',
        base: '1.02b_rc3_p',
        numbers: ['1', '02'],
        letter: 'b',
        suffixes: [
          { kind: 'rc', digits: '3' },
          { kind: 'p', digits: '' },
        ],
        revision: '04',
      },
    });
  });

  it.each(casesOf('versions_invalid.txt'))('points at column %s of %j', (column, text = '') => {
    expect(parseVersion(text)).toMatchObject({ ok: false, error: { column: Number(column) } });
  });

  it('throws only where it was promised a version', () => {
    expect(() => versionOf('1.x')).toThrow('"1.x" is no version');
  });
});

describe('compareVersions', () => {
  it('knows every pair of the ordered versions', () => {
    for (const [index, line] of ordered.entries()) {
      for (const [other, texts] of ordered.entries()) {
        for (const a of line)
          for (const b of texts) expect([a, b, compare(a, b)]).toEqual([a, b, Math.sign(index - other)]);
      }
    }
  });

  it('is an order: antisymmetric, transitive, and the same for equal versions', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(compare(a, a)).toBe(0);
        expect(compare(a, b) + compare(b, a)).toBe(0);
        if (compare(a, b) <= 0 && compare(b, c) <= 0) expect(compare(a, c)).toBeLessThanOrEqual(0);
        if (compare(a, b) === 0) expect(compare(a, c)).toBe(compare(b, c));
      }),
      { numRuns: 2000 },
    );
  });

  it('is not touched by a revision of 0, nor by zeros before the first number', () => {
    fc.assert(
      fc.property(version, (text) => {
        if (!text.includes('-r')) expect(compare(text, `${text}-r0`)).toBe(0);
        expect(compare(text, `00${text}`)).toBe(0);
      }),
    );
  });

  it('finds what is added newer, but for the four suffixes that announce a version', () => {
    fc.assert(
      fc.property(
        version.map((text) => text.replace(/-r.*$/, '')),
        (text) => {
          expect(compare(`${text}-r1`, text)).toBe(1);
          expect(compare(`${text}_p`, text)).toBe(1);
          for (const suffix of ['alpha', 'beta', 'pre', 'rc'])
            expect(compare(`${text}_${suffix}9`, text)).toBe(-1);
        },
      ),
    );
  });
});
