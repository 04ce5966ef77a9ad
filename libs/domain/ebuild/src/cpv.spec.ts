import { describe, expect, it } from '@jest/globals';

import { packageOf, parseCpv, type Cpv } from './cpv.js';

describe('parseCpv', () => {
  it.each([
    ['dev-libs/icu-74.2-r1', 'dev-libs', 'icu', '74.2-r1'],
    ['media-libs/harfbuzz-8.3.0', 'media-libs', 'harfbuzz', '8.3.0'],
    ['x11-libs/gtk+-3.24_pre20240101', 'x11-libs', 'gtk+', '3.24_pre20240101'],
    ['sys-devel/gcc-13.2.1_p20240210', 'sys-devel', 'gcc', '13.2.1_p20240210'],
    ['app-text/a-b2-1a', 'app-text', 'a-b2', '1a'],
    ['virtual/libc-1', 'virtual', 'libc', '1'],
  ])('%s', (text, category, pn, pvr) => {
    expect(parseCpv(text)).toEqual({ ok: true, value: { cpv: text, category, pn, pvr } });
  });

  it.each([
    '',
    'icu-74',
    'dev-libs/icu',
    'dev-libs/icu-',
    '/icu-1',
    'dev-libs/icu-1-2',
    '../x-1',
    'a/b-1-r1-r2',
    '.a/b-1',
  ])('refuses %j', (text) => {
    expect(parseCpv(text).ok).toBe(false);
  });

  it('names the package of a version', () => {
    expect(packageOf('x11-libs/gtk+-3.24' as Cpv)).toBe('x11-libs/gtk+');
  });
});
