import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { fixture, greet, verifyPorts, writePorts } from './binpkg.arbitrary.js';
import { verifyGpkg } from './gpkg.js';
import { writeGpkg } from './gpkg-writer.js';
import { entryOf, indexPath } from './index-entry.js';
import { clientToleranceSeconds, indexResponse, nextTimestamp } from './index-freshness.js';
import {
  addEntry,
  emptyIndex,
  type IndexEntry,
  type PackagesIndex,
  removeEntry,
  withEntries,
} from './index-model.js';
import { parseIndex, renderIndex } from './index-text.js';
import { parsePackageName } from './package-name.js';
import { textOf } from './text.js';

const real = textOf(fixture('Packages'));
const digests = { md5: '0'.repeat(32), sha1: '1'.repeat(40) };

function parsed(text: string): PackagesIndex {
  const result = parseIndex(text);
  if (!result.ok) throw new Error(result.error);
  expect(result.value.problems).toEqual([]);
  return result.value.index;
}

function entry(
  cpv: string,
  instance: number,
  buildTimeSeconds: number,
  more: Readonly<Record<string, string>> = {},
): IndexEntry {
  const name = parsePackageName(cpv);
  if (name === undefined) throw new Error(cpv);
  const metadata = new Map([
    ['BUILD_TIME', String(buildTimeSeconds)],
    ['SLOT', '0'],
    ['EAPI', '8'],
    ...Object.entries(more),
  ]);
  const made = entryOf(
    { cpv, metadata },
    { path: indexPath(name, instance, 'gpkg'), sizeBytes: 10240, mtimeSeconds: buildTimeSeconds, ...digests },
  );
  if (!made.ok) throw new Error(made.error.message);
  return made.value;
}

const cpv = fc.constantFrom('a/b-1', 'a/b-1-r1', 'a/b-10', 'a-c/b-1', 'a/bb-1', 'z/Z-0_rc1', 'a/b+-2');
const someEntry = fc
  .record({
    cpv,
    instance: fc.integer({ min: 1, max: 4 }),
    time: fc.integer({ min: 1, max: 99 }),
    chost: fc.constantFrom('x', 'y'),
  })
  .map(({ cpv: name, instance, time, chost }) =>
    entry(name, instance, time, { CHOST: chost, USE: 'a b', DESCRIPTION: 'never indexed' }),
  );
const someIndex = fc
  .tuple(
    fc.array(someEntry, { maxLength: 12 }),
    fc.constantFrom(
      new Map<string, string>(),
      new Map([
        ['CHOST', 'x'],
        ['ARCH', 'amd64'],
      ]),
    ),
  )
  .map(([entries, header]) => withEntries(emptyIndex(header), entries));

describe('a Packages index', () => {
  it('that Portage wrote is rendered again byte for byte', () => {
    const index = parsed(real);
    expect(index.entries).toHaveLength(20);
    expect(renderIndex(index, index.timestampSeconds)).toBe(real);
  });

  it('is parsed as it was rendered', () => {
    fc.assert(
      fc.property(someIndex, fc.integer({ min: 1, max: 2 ** 40 }), (index, timestampSeconds) => {
        expect(parsed(renderIndex(index, timestampSeconds))).toEqual({ ...index, timestampSeconds });
      }),
    );
  });

  it('is the same whatever the order in which packages arrive, and whether at once or one by one', () => {
    fc.assert(
      fc.property(fc.array(someEntry, { maxLength: 12 }), (entries) => {
        const unique = [...new Map(entries.map((one) => [one.path, one])).values()];
        const oneByOne = unique.toReversed().reduce(addEntry, emptyIndex());
        expect(renderIndex(oneByOne, 1)).toBe(renderIndex(withEntries(emptyIndex(), unique), 1));
      }),
    );
  });

  it('is as before when an entry is added and removed', () => {
    fc.assert(
      fc.property(someIndex, (index) => {
        const added = entry('new/one-1', 1, 5);
        expect(removeEntry(addEntry(index, added), added.path)).toEqual(index);
      }),
    );
    expect(removeEntry(parsed(real), 'not/there').entries).toHaveLength(20);
  });

  it('that is cut is recognised as such', () => {
    for (const length of [real.length - 1, real.length - 5, Math.floor(real.length / 2)]) {
      const result = parseIndex(real.slice(0, length));
      expect(result.ok && result.value.problems.length).toBeGreaterThan(0);
    }
    expect(parseIndex('').ok).toBe(false);
    expect(parseIndex('<html>').ok).toBe(false);
    expect(parseIndex('VERSION: 1\n\n').ok).toBe(false);
  });

  it.each([
    ['CPV: lab-apps/greet', 'CPV'],
    ['CPV: lab-apps/greet-1.0 x', 'CPV'],
    ['PATH: ../../etc/passwd', 'PATH'],
    ['SIZE: many', 'SIZE'],
  ])('never shows a client the entry with %s', (line, key) => {
    const text = renderIndex(withEntries(emptyIndex(), [entry('lab-apps/greet-1.0', 1, 7)]), 9);
    const broken = text.replace(new RegExp(`^${key}: .*$`, 'm'), line);
    const result = parseIndex(broken);
    expect(result.ok && result.value.index.entries).toEqual([]);
    expect(result.ok && result.value.problems).toHaveLength(1);
  });
});

describe('an index entry', () => {
  const verified = verifyGpkg(writeGpkg(greet, writePorts), verifyPorts);
  if (!verified.ok) throw new Error(verified.error.message);
  const file = {
    path: 'lab-apps/greet/greet-1.0-r1-7.gpkg.tar',
    sizeBytes: 10240,
    mtimeSeconds: 1_795_000_001,
    ...digests,
  };

  it('has the fields that Portage writes, with its dependencies evaluated', () => {
    const made = entryOf(verified.value, file);
    expect(made.ok && Object.fromEntries(made.value.fields)).toEqual({
      BUILD_ID: '3',
      BUILD_TIME: '1795000000',
      CHOST: 'x86_64-pc-linux-gnu',
      CPV: 'lab-apps/greet-1.0-r1',
      EAPI: '8',
      IUSE: '+nls shout',
      KEYWORDS: '*',
      MD5: digests.md5,
      MTIME: '1795000001',
      PATH: file.path,
      RDEPEND: 'lab-libs/libgreet:0/1= lab-libs/words',
      REPO: 'swarm-lab',
      SHA1: digests.sha1,
      SIZE: '10240',
      SLOT: '0/1',
      USE: 'amd64 nls',
    });
  });

  const withMetadata = (more: Readonly<Record<string, string>>): ReturnType<typeof entryOf> =>
    entryOf(
      {
        cpv: verified.value.cpv,
        metadata: new Map([...verified.value.metadata, ...Object.entries(more)]),
      },
      file,
    );

  // Expected values are what use_reduce of Portage 3.0.82.2 gave under that EAPI; under none where it is not known.
  it.each([
    ['DEPEND', '8', 'x z', 'a/b[x?,!y?,z=,!w=] y? ( c/d )', 'a/b[x,-y,z,w]'],
    ['RDEPEND', '8', '', '|| ( x? ( a/b ) ) c/d', '__const__/empty-any-of c/d'],
    ['RDEPEND', '6', '', '|| ( x? ( a/b ) ) c/d', 'c/d'],
    ['BDEPEND', '10', '', 'x? ( a/b ) c/d:0/1=', 'c/d:0/1='],
    ['LICENSE', '8', 'doc', '|| ( GPL-2 MIT ) doc? ( FDL-1.3 )', '|| ( GPL-2 MIT ) FDL-1.3'],
    ['RESTRICT', '8', '', '!test? ( test ) mirror', 'test mirror'],
  ])('has %s of EAPI %s with USE "%s": %s becomes %s', (key, eapi, use, text, expected) => {
    const made = withMetadata({ EAPI: eapi, USE: use, [key]: text });
    expect(made.ok && made.value.fields.get(key)).toBe(expected);
  });

  it.each([
    ['RDEPEND', '8', '|| ( a/b', 'RDEPEND (EAPI 8), column 4: "(" is not closed'],
    ['LICENSE', '8', 'MIT )', 'LICENSE (EAPI 8), column 5: ")" closes nothing'],
    ['DEPEND', '4', 'a/b c/d:=', 'DEPEND (EAPI 4), column 9: "=" is no slot'],
    ['DEPEND', '', 'a/b c/d:2', 'DEPEND (EAPI 0), column 8: a slot needs EAPI 1'],
  ])('is not made where a client could not read its %s: EAPI "%s", %s', (key, eapi, text, message) => {
    expect(withMetadata({ EAPI: eapi, [key]: text })).toMatchObject({
      ok: false,
      error: { reason: 'bad-metadata', message: expect.stringContaining(message) },
    });
  });

  it('has a licence on one line, whatever separates its words', () => {
    const made = withMetadata({ LICENSE: 'MIT\u2028CPV:\u0085x? (\u00a0BSD )' });
    expect(made.ok && made.value.fields.get('LICENSE')).toBe('MIT CPV:');
  });

  it('cannot be made to write a second line', () => {
    const metadata = new Map([...verified.value.metadata, ['KEYWORDS', 'amd64\u2028CPV: x\u0085y\nZ: 1']]);
    const made = entryOf({ cpv: verified.value.cpv, metadata }, file);
    expect(made.ok && made.value.fields.get('KEYWORDS')).toBe('amd64 CPV: x y Z: 1');
  });

  it('is not made for a path of another package', () => {
    expect(entryOf(verified.value, { ...file, path: 'lab-apps/other/other-1.0-1.gpkg.tar' }).ok).toBe(false);
  });
});

describe('the age of an index', () => {
  /** What Portage's client does (3.0.83): asks with its TIMESTAMP + 5 s, and on 200 takes only what is newer than its own. */
  const refresh = (client: number, server: number): number => {
    const answer = indexResponse(server, new Date((client + clientToleranceSeconds) * 1000).toUTCString());
    const lastModified = Date.parse(answer.lastModified) / 1000;
    return answer.status === 200 && lastModified > client ? server : client;
  };

  it('lets a client see every update, also those one second apart', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1_700_000_000, max: 2 ** 32 }),
        fc.integer({ min: 1, max: 20 }),
        (held, later) => {
          expect(refresh(held, held + later)).toBe(held + later);
        },
      ),
    );
  });

  it('answers 304 to a client that has it', () => {
    expect(indexResponse(1_795_000_000, new Date(1_795_000_005_000).toUTCString()).status).toBe(304);
    expect(indexResponse(1_795_000_000, undefined).status).toBe(200);
    expect(indexResponse(1_795_000_000, 'yesterday').status).toBe(200);
  });

  it('always rises, whatever the clock does', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 2 ** 33 }), { minLength: 1 }), (clock) => {
        let highest = 0;
        for (const now of clock) {
          const next = nextTimestamp(now + 0.7, highest);
          expect(next).toBeGreaterThan(highest);
          expect(next).toBeGreaterThanOrEqual(now);
          highest = next;
        }
      }),
    );
  });
});
