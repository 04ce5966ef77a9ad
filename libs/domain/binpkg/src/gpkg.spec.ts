import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { fixture, greet, verifyPorts, writePorts } from './binpkg.arbitrary.js';
import { bytesSource } from './byte-source.js';
import { verifyGpkg } from './gpkg.js';
import { type GpkgContainer, openGpkg } from './gpkg-container.js';
import { manifestLine } from './gpkg-manifest.js';
import { writeGpkg } from './gpkg-writer.js';
import { defaultBinpkgLimits } from './limits.js';
import { type TarInput, writeTar } from './tar-writer.js';
import { bytesOf, textOf } from './text.js';

const good = writeGpkg(greet, writePorts);
const reasonOf = (bytes: Uint8Array): string => {
  const result = verifyGpkg(bytes, verifyPorts);
  return result.ok ? 'accepted' : result.error.reason;
};
const open = (bytes: Uint8Array): GpkgContainer => {
  const opened = openGpkg(bytesSource(bytes), defaultBinpkgLimits);
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
};

/** A container of the given members with a Manifest over those that are named. */
function container(
  members: readonly (readonly [string, Uint8Array])[],
  extra: readonly TarInput[] = [],
): Uint8Array {
  const manifest = members
    .map(([name, content]) => manifestLine(name, content, writePorts.digestOf))
    .join('');
  const all = [...members, ['Manifest', bytesOf(manifest)] as const];
  return writeTar(
    [...all.map(([name, content]) => ({ kind: 'file', path: `a-1/${name}`, content }) as const), ...extra],
    0,
  );
}

const empty = new Uint8Array();
const pack = (members: readonly TarInput[]): Uint8Array => writePorts.compress.apply(writeTar(members, 0));
const metadataOf = (files: Readonly<Record<string, string>>): Uint8Array =>
  pack(
    Object.entries(files).map(([key, value]) => ({
      kind: 'file',
      path: `metadata/${key}`,
      content: bytesOf(value),
    })),
  );
const image = pack([{ kind: 'directory', path: 'image' }]);
const minimal = { CATEGORY: 'c', PF: 'a-1', SLOT: '0', BUILD_TIME: '1' };

describe('a GPKG', () => {
  it('that our writer made is accepted, with a revision in its name (S27)', () => {
    const result = verifyGpkg(good, verifyPorts);
    expect(result).toMatchObject({
      ok: true,
      value: {
        cpv: 'lab-apps/greet-1.0-r1',
        pn: 'greet',
        pf: 'greet-1.0-r1',
        synthetic: true,
        signed: false,
      },
    });
    expect(result.ok && result.value.metadata.get('BUILD_ID')).toBe('3');
  });

  it('that Portage made opens, with its members in order', () => {
    expect(open(fixture('greet-1.0-r1-1.gpkg.tar'))).toMatchObject({
      base: 'greet-1.0-r1-1',
      members: [
        { role: 'version', name: 'gpkg-1' },
        { role: 'metadata', compression: 'zstd', sizeBytes: 548 },
        { role: 'image', compression: 'zstd', sizeBytes: 156 },
      ],
    });
  });

  it('is written the same twice', () => {
    expect(writeGpkg(greet, writePorts)).toEqual(good);
  });

  it('of zeros is refused (S27)', () => {
    expect(reasonOf(new Uint8Array(1024))).toBe('not-a-binpkg');
    expect(reasonOf(new Uint8Array(20480))).toBe('not-a-binpkg');
    expect(reasonOf(empty)).toBe('not-a-binpkg');
  });

  it('that is cut anywhere is refused', () => {
    for (const sample of [good, fixture('greet-1.0-r1-1.gpkg.tar')]) {
      fc.assert(
        fc.property(fc.integer({ min: 0, max: sample.length - 1 }), (length) => {
          expect(openGpkg(bytesSource(sample.subarray(0, length)), defaultBinpkgLimits).ok).toBe(false);
        }),
        { numRuns: 300 },
      );
    }
    expect(reasonOf(good.subarray(0, 3000))).toBe('truncated');
  });

  it('with a flipped bit anywhere is refused, whether in a header, a member, the Manifest or the padding', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: good.length - 1 }), fc.integer({ min: 0, max: 7 }), (at, bit) => {
        const damaged = good.slice();
        damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
        expect(reasonOf(damaged)).not.toBe('accepted');
      }),
      { numRuns: 2000 },
    );
  });

  it('with a flipped bit in each byte that is not zero is refused', () => {
    for (const [at, byte] of good.entries()) {
      if (byte === 0) continue;
      const damaged = good.slice();
      damaged[at] = byte ^ 0x20;
      expect([at, reasonOf(damaged)]).not.toEqual([at, 'accepted']);
    }
  });

  it('whose image is another one is refused as a digest mismatch', () => {
    const { image: real } = open(good);
    const damaged = good.slice();
    damaged[real.offsetBytes + 20] = (damaged[real.offsetBytes + 20] ?? 0) ^ 1;
    expect(reasonOf(damaged)).toBe('digest-mismatch');
  });

  it('of random bytes never makes the reader throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4096 }), (bytes) => {
        expect(reasonOf(bytes)).toBe('not-a-binpkg');
      }),
    );
  });

  const metadata = metadataOf(minimal);
  it.each<[string, Uint8Array, string]>([
    [
      'has all it needs',
      container([
        ['gpkg-1', empty],
        ['metadata.tar.gz', metadata],
        ['image.tar.gz', image],
      ]),
      'accepted',
    ],
    [
      'has its members in another order',
      container([
        ['gpkg-1', empty],
        ['image.tar.gz', image],
        ['metadata.tar.gz', metadata],
      ]),
      'malformed-container',
    ],
    [
      'lacks the image',
      container([
        ['gpkg-1', empty],
        ['metadata.tar.gz', metadata],
      ]),
      'malformed-container',
    ],
    [
      'has a strange member',
      container([
        ['gpkg-1', empty],
        ['metadata.tar.gz', metadata],
        ['image.tar.gz', image],
        ['extra', empty],
      ]),
      'malformed-container',
    ],
    [
      'has a member after the Manifest',
      container(
        [
          ['gpkg-1', empty],
          ['metadata.tar.gz', metadata],
          ['image.tar.gz', image],
        ],
        [{ kind: 'file', path: 'a-1/late', content: empty }],
      ),
      'malformed-container',
    ],
    [
      'leaves its directory',
      container([
        ['gpkg-1', empty],
        ['metadata.tar.gz', metadata],
        ['image.tar.gz', image],
        ['../x', empty],
      ]),
      'unsafe-path',
    ],
    [
      'is not compressed, which Portage would not install',
      container([
        ['gpkg-1', empty],
        ['metadata.tar', writeTar([], 0)],
        ['image.tar', writeTar([], 0)],
      ]),
      'unsupported-compression',
    ],
    [
      'is compressed with xz',
      container([
        ['gpkg-1', empty],
        ['metadata.tar.xz', metadata],
        ['image.tar.xz', image],
      ]),
      'unsupported-compression',
    ],
    [
      'has no category',
      container([
        ['gpkg-1', empty],
        ['metadata.tar.gz', metadataOf({ ...minimal, CATEGORY: '' })],
        ['image.tar.gz', image],
      ]),
      'bad-metadata',
    ],
    [
      'has a name that would break an index',
      container([
        ['gpkg-1', empty],
        ['metadata.tar.gz', metadataOf({ ...minimal, PF: 'a' })],
        ['image.tar.gz', image],
      ]),
      'bad-metadata',
    ],
    [
      'is named unlike its metadata',
      container([
        ['gpkg-1', empty],
        ['metadata.tar.gz', metadataOf({ ...minimal, PF: 'b-1' })],
        ['image.tar.gz', image],
      ]),
      'bad-metadata',
    ],
    [
      'hides metadata in a directory',
      container([
        ['gpkg-1', empty],
        ['metadata.tar.gz', pack([{ kind: 'file', path: 'metadata/x/PF', content: empty }])],
        ['image.tar.gz', image],
      ]),
      'bad-metadata',
    ],
  ])('that %s', (_, bytes, expected) => {
    expect(reasonOf(bytes)).toBe(expected);
  });

  it('with a clear-signed Manifest is read, and said to be signed', () => {
    const members: readonly (readonly [string, Uint8Array])[] = [
      ['gpkg-1', empty],
      ['metadata.tar.gz', metadata],
      ['image.tar.gz', image],
    ];
    const lines = members.map(([name, content]) => manifestLine(name, content, writePorts.digestOf)).join('');
    const signed = `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n${lines}-----BEGIN PGP SIGNATURE-----\n\niQEz\n-----END PGP SIGNATURE-----\n`;
    const bytes = writeTar(
      [...members, ['Manifest', bytesOf(signed)] as const].map(([name, content]) => ({
        kind: 'file',
        path: `a-1/${name}`,
        content,
      })),
      0,
    );
    expect(verifyGpkg(bytes, verifyPorts)).toMatchObject({ ok: true, value: { signed: true } });
    expect(textOf(bytes)).toContain('Hash: SHA256');
  });
});
