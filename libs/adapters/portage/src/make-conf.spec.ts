import { execFileSync } from 'node:child_process';

import { describe, expect, it } from '@jest/globals';

import { makeConf, repositoriesConf } from './make-conf.js';

const settings = { makeJobs: 3, packages: '/m/packages', distfiles: '/m/d', temporary: '/m/t', logs: '/m/l' };

describe('makeConf', () => {
  it('writes a value so that a shell reads it back, whatever is in it', () => {
    const value = 'a "b" $HOME `id` \\ c';
    const text = makeConf({ ...settings, variables: { LAB_TEXT: value } });
    expect(execFileSync('bash', ['-c', `${text}printf %s "$LAB_TEXT|$MAKEOPTS"`]).toString()).toBe(
      `${value}|-j3`,
    );
  });

  it('refuses what would change the file instead of a value', () => {
    expect(() => makeConf({ ...settings, variables: { 'X=1; Y': '' } })).toThrow('is no name');
    expect(() => makeConf({ ...settings, variables: { X: 'a\nb' } })).toThrow('one line');
  });
});

describe('repositoriesConf', () => {
  it('names one repository, and makes it the main one', () => {
    expect(repositoriesConf({ name: 'lab', location: '/r' })).toContain(
      'main-repo = lab\n\n[lab]\nlocation = /r\n',
    );
  });
});
