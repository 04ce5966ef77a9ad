import { describe, expect, it } from '@jest/globals';

import { acceptArtifact, type ExpectedArtifact } from './accept-artifact.js';
import { greet, verifyPorts, writePorts } from './binpkg.arbitrary.js';
import { verifyGpkg } from './gpkg.js';
import { writeGpkg } from './gpkg-writer.js';

const verified = verifyGpkg(writeGpkg(greet, writePorts), verifyPorts);
if (!verified.ok) throw new Error(verified.error.message);
const actual = verified.value;
const matching: ExpectedArtifact = {
  cpv: 'lab-apps/greet-1.0-r1',
  slot: '0/1',
  use: ['nls', 'flag-of-another-package'],
  repository: 'swarm-lab',
  chost: 'x86_64-pc-linux-gnu',
  eapi: '8',
  synthetic: true,
};

describe('an artifact', () => {
  it('that is what the attempt was to build is accepted', () => {
    expect(acceptArtifact(matching, actual)).toEqual({ ok: true, value: undefined });
    expect(acceptArtifact({ cpv: matching.cpv, synthetic: true }, actual).ok).toBe(true);
    expect(acceptArtifact({ ...matching, slot: '0' }, actual).ok).toBe(true);
  });

  it.each<[string, Partial<ExpectedArtifact>]>([
    ['wrong-cpv', { cpv: 'lab-apps/greet-1.0' }],
    ['wrong-slot', { slot: '0/2' }],
    ['wrong-slot', { slot: '1' }],
    ['wrong-use', { use: [] }],
    ['wrong-use', { use: ['nls', 'shout'] }],
    ['wrong-repository', { repository: 'gentoo' }],
    ['wrong-chost', { chost: 'aarch64-unknown-linux-gnu' }],
    ['wrong-eapi', { eapi: '7' }],
    ['wrong-origin', { synthetic: false }],
  ])('is refused as %s where the attempt says %j', (reason, difference) => {
    expect(acceptArtifact({ ...matching, ...difference }, actual)).toMatchObject({
      ok: false,
      error: { reason },
    });
  });
});
