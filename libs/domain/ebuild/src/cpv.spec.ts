import { describe, expect, it } from '@jest/globals';

import { cpvOf, packageOf, parseCpv, splitCpv, type Cpv } from './cpv.js';
import { casesOf } from './fixture.arbitrary.js';

describe('parseCpv', () => {
  it.each(casesOf('cpv_valid.txt'))('%s/%s-%s', (category, pn = '', pvr = '') => {
    const text = `${category}/${pn}-${pvr}`;
    expect(parseCpv(text)).toEqual({ ok: true, value: { cpv: text, category, pn, pvr } });
    expect(splitCpv(text)).toMatchObject({
      ok: true,
      value: { cpv: text, name: `${category}/${pn}`, version: { text: pvr } },
    });
  });

  it.each(casesOf('cpv_invalid.txt'))('refuses, at column %s, %j', (column, text = '') => {
    expect(parseCpv(text)).toEqual({
      ok: false,
      error: `"${text}" is no CPV: expected category/name-version`,
    });
    expect(splitCpv(text)).toMatchObject({ ok: false, error: { column: Number(column) } });
  });

  it.each(['dev-libs/icu-1-2', 'a/b-1-r1-2', 'a/b-1_p-3-r1'])('refuses the name of %j', (text) => {
    expect(parseCpv(text)).toMatchObject({
      ok: false,
      error: expect.stringContaining('ends like a version'),
    });
  });

  it('refuses two revisions', () => {
    expect(parseCpv('a/b-1-r1-r2').ok).toBe(false);
  });

  it('names the package of a version', () => {
    expect(packageOf('x11-libs/gtk+-3.24' as Cpv)).toBe('x11-libs/gtk+');
  });

  it('throws only where it was promised a CPV', () => {
    expect(cpvOf('a/b-1')).toBe('a/b-1');
    expect(() => cpvOf('a/b')).toThrow('is no CPV');
  });
});
