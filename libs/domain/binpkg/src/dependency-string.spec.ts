import { describe, expect, it } from '@jest/globals';

import { reduceDependencies } from './dependency-string.js';

const reduce = (text: string, flags = '', atoms = true): string => {
  const result = reduceDependencies(text, new Set(flags.split(' ')), { atoms });
  return result.ok ? result.value : `error: ${result.error}`;
};

describe('a dependency string', () => {
  // Expected values are what use_reduce and paren_enclose of Portage 3.0.83 gave.
  it.each([
    ['a/b c/d', '', 'a/b c/d'],
    ['x? ( a/b ) !x? ( c/d )', 'x', 'a/b'],
    ['x? ( a/b ) !x? ( c/d )', '', 'c/d'],
    ['( a/b ( c/d ) )', '', 'a/b c/d'],
    ['|| ( a/b c/d )', '', '|| ( a/b c/d )'],
    ['|| ( a/b )', '', 'a/b'],
    ['|| ( x? ( a/b ) c/d )', '', 'c/d'],
    ['|| ( x? ( a/b ) )', '', '__const__/empty-any-of'],
    ['|| ( || ( x? ( a/b ) ) c/d )', '', '|| ( ( __const__/empty-any-of ) c/d )'],
    ['|| ( ( a/b c/d ) e/f )', '', '|| ( ( a/b c/d ) e/f )'],
    ['|| ( a/b || ( c/d e/f ) )', '', '|| ( a/b c/d e/f )'],
    ['a/b[x?,!y?,z=,!w=,-v,u(+)]', 'x z', 'a/b[x,-y,z,w,-v,u(+)]'],
    ['a/b[x?]', '', 'a/b'],
    ['>=a/b-1.0:0/1=[x(-)?]', 'x', '>=a/b-1.0:0/1=[x(-)]'],
    ['', '', ''],
  ])('%s with USE "%s" becomes %s', (text, flags, expected) => {
    expect(reduce(text, flags)).toBe(expected);
  });

  it.each(['( a/b', 'a/b )', '||', 'x? a/b', '|| ( )', 'a', 'a/b[x', 'a/b[x!]', '-x? ( a/b )'])(
    '%s is refused',
    (text) => {
      expect(reduce(text)).toMatch(/^error: /);
    },
  );

  it('may hold plain words where it is a licence', () => {
    expect(reduce('|| ( GPL-2 MIT ) doc? ( FDL-1.3 )', 'doc', false)).toBe('|| ( GPL-2 MIT ) FDL-1.3');
  });
});
