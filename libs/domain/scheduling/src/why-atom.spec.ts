import { describe, expect, it } from '@jest/globals';
import { cpvOf } from '@swarm/domain-ebuild';

import { packageTest } from './why-atom.js';

const icu = { cpv: cpvOf('dev-libs/icu-74.2'), slot: '0/74', use: ['static-libs'], repository: 'gentoo' };

function means(text: string): boolean {
  const test = packageTest(text);
  if (!test.ok) throw new Error(test.error);
  return test.value(icu);
}

describe('what a person means', () => {
  it.each([
    ['icu', true],
    ['ic', false],
    ['dev-libs/icu', true],
    ['dev-libs/icu-74.2', true],
    ['dev-libs/icu-74', false],
    ['=dev-libs/icu-74.2', true],
    ['>=dev-libs/icu-75', false],
    ['dev-libs/icu:0/74', true],
    ['dev-libs/icu:1', false],
    ['dev-libs/icu::gentoo', true],
    ['dev-libs/icu[static-libs]', true],
    ['dev-libs/icu[-static-libs]', false],
    ['dev-libs/icu[-doc]', true],
    ['dev-libs/ic', false],
  ])('%s means dev-libs/icu-74.2: %s', (text, expected) => {
    expect(means(text)).toBe(expected);
  });

  it('is a member of a release by its name, though nothing more is known of that', () => {
    const test = packageTest('dev-libs/icu');
    expect(test.ok && test.value({ cpv: icu.cpv })).toBe(true);
  });

  it.each(['', 'dev-libs/', '>=dev-libs/icu', 'dev-libs/icu[', '!dev-libs/icu', 'a b', '@world'])(
    '"%s" is nothing that can be meant, and the error says so',
    (text) => {
      const test = packageTest(text);
      expect([test.ok, test.ok ? '' : test.error]).toEqual([false, expect.stringContaining(`"${text}"`)]);
    },
  );
});
