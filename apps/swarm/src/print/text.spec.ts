import { describe, expect, it } from '@jest/globals';

import { duration, logText, percent, plain } from './text.js';

describe('text for a terminal', () => {
  it('never says 100 % when something failed', () => {
    expect([percent(1), percent(0.9999), percent(0), percent(null)]).toEqual([
      '100 %',
      '99.9 %',
      '0.0 %',
      'none attempted',
    ]);
  });

  it.each([
    ['a\u001b]0;title\u0007b', 'ab'],
    ['a\u001b[2Jb', 'ab'],
    ['a\u0007\u0008b', 'ab'],
    ['a\u009b31mb', 'a31mb'],
    ['tab\tand\r\nline\n', 'tab\tand\r\nline\n'],
  ])('a log line %j drives no terminal', (given, kept) => {
    expect(logText(given, false)).toBe(kept);
    expect(logText(given, true)).toBe(kept);
  });

  it('keeps colours for a person, and for nobody else', () => {
    const red = '\u001b[01;31merror\u001b[0m';
    expect([logText(red, true), logText(red, false)]).toEqual([red, 'error']);
  });

  it('makes one line of anything for a table', () => {
    expect(plain('a\n\u001b[31mb\u202e')).toBe('a [31mb');
  });

  it.each([
    [999, '1 s'],
    [61_000, '1 min'],
    [3_700_000, '1 h 1 min'],
    [200_000_000, '2 d'],
  ])('%d ms are %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});
