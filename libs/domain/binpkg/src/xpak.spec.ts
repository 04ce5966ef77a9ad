import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { fixture } from './binpkg.arbitrary.js';
import { bytesSource } from './byte-source.js';
import { defaultBinpkgLimits } from './limits.js';
import { verifyXpak } from './xpak.js';

const sample = fixture('greet-1.0-r1-1.xpak');
const verify = (bytes: Uint8Array): ReturnType<typeof verifyXpak> =>
  verifyXpak(bytesSource(bytes), defaultBinpkgLimits);

describe('an XPAK package', () => {
  it('that Portage made is read', () => {
    const result = verify(sample);
    expect(result).toMatchObject({ ok: true, value: { format: 'xpak', cpv: 'lab-apps/greet-1.0-r1' } });
    expect(result.ok && result.value.metadata.get('USE')).toBe('amd64 nls');
  });

  it('of zeros, or cut anywhere, is refused (S27)', () => {
    expect(verify(new Uint8Array(1024))).toMatchObject({ ok: false, error: { reason: 'not-a-binpkg' } });
    for (let length = 0; length < sample.length; length += 1)
      expect(verify(sample.subarray(0, length)).ok).toBe(false);
  });

  it('whose index leads out of its data is refused', () => {
    const damaged = sample.slice();
    const pack = Buffer.from(damaged).indexOf('XPAKPACK');
    const nameBytes = damaged[pack + 19] ?? 0;
    damaged[pack + 20 + nameBytes + 4] = 0x7f;
    expect(verify(damaged)).toMatchObject({ ok: false, error: { reason: 'malformed-container' } });
  });

  it('with a damaged index never makes the reader throw', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 150, max: sample.length - 1 }),
        fc.integer({ min: 0, max: 255 }),
        (at, byte) => {
          const damaged = sample.slice();
          damaged[at] = byte;
          expect(typeof verify(damaged).ok).toBe('boolean');
        },
      ),
    );
  });
});
