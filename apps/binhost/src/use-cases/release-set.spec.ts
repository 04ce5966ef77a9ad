import { describe, expect, it } from '@jest/globals';
import type { Artifact } from '@swarm/domain-release';

import { releaseSet } from './release-set.js';

const artifact = (cpv: string, sha256: string): Artifact => ({
  ...{
    cpv,
    sha256,
    profile: 'lab',
    jobId: '',
    attemptId: '',
    buildKey: sha256,
    state: 'published',
    path: null,
  },
  ...{ sizeBytes: 1, md5: '', sha1: '', receivedAt: new Date(0), metadata: {}, synthetic: false, abi: null },
});

describe('the next release', () => {
  const greet = artifact('app/greet-1', 'a');
  const library = artifact('lib/greet-1', 'b');
  const rebuilt = artifact('lib/greet-1', 'c');

  it('is what the plan consists of when there is none yet', () => {
    expect(releaseSet({ current: [], members: [library, greet], planIsNewer: true })).toEqual(['a', 'b']);
  });

  it('keeps what the plan does not speak of', () => {
    expect(releaseSet({ current: [greet], members: [library], planIsNewer: true })).toEqual(['a', 'b']);
  });

  it('replaces a package by the one that a newer plan chose', () => {
    expect(releaseSet({ current: [greet, library], members: [rebuilt], planIsNewer: true })).toEqual([
      'a',
      'c',
    ]);
  });

  it('lets a plan that is older, but was longer in coming, add and not replace', () => {
    expect(releaseSet({ current: [rebuilt], members: [library, greet], planIsNewer: false })).toEqual([
      'a',
      'c',
    ]);
  });

  it('is none when nothing would change', () => {
    expect(releaseSet({ current: [greet, library], members: [library], planIsNewer: true })).toBeUndefined();
  });

  it('counts a file once that is the artifact of two jobs', () => {
    expect(releaseSet({ current: [], members: [greet, greet], planIsNewer: true })).toEqual(['a']);
  });
});
