import { execFileSync } from 'node:child_process';

import { describe, expect, it } from '@jest/globals';

import { machineFeatures, makeConf, repositoriesConf } from './make-conf.js';

describe('makeConf', () => {
  it('writes a value so that a shell reads it back, whatever is in it', () => {
    const value = 'a "b" $HOME `id` \\ c';
    const text = makeConf({ MAKEOPTS: '-j3', LAB_TEXT: value });
    expect(execFileSync('bash', ['-c', `${text}printf %s "$LAB_TEXT|$MAKEOPTS"`]).toString()).toBe(
      `${value}|-j3`,
    );
  });

  it('refuses what would change the file instead of a value', () => {
    expect(() => makeConf({ 'X=1; Y': '' })).toThrow('is no name');
    expect(() => makeConf({ X: 'a\nb' })).toThrow('one line');
  });
});

describe('machineFeatures', () => {
  it('keeps a configuration of a workstation from fetching on a builder what it should build', () => {
    expect(machineFeatures({ isGentoo: true, builds: true })).toBe('-binpkg-request-signature -getbinpkg');
    expect(machineFeatures({ isGentoo: true, builds: false })).toBe('');
    expect(machineFeatures({ isGentoo: false, builds: false })).toContain('-sandbox');
  });
});

describe('repositoriesConf', () => {
  it('makes the first repository the main one, and prefers the later of the others', () => {
    const text = repositoriesConf([
      { name: 'main', location: '/m' },
      { name: 'one', location: '/1' },
      { name: 'two', location: '/2' },
    ]);
    expect(text).toContain('main-repo = main\n\n[main]\nlocation = /m\nauto-sync = no\n\n[one]');
    expect(text).toMatch(/\[one\][^[]*priority = 1\n[^[]*\[two\][^[]*priority = 2\n/);
  });

  it('is not written without a repository', () => {
    expect(() => repositoriesConf([])).toThrow('at least one');
  });
});
