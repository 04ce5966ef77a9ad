import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseIndex, writeGpkg } from '@swarm/domain-binpkg';

import { BinhostDirectory } from './binhost-directory.js';
import { gpkgWriterPorts } from './codecs.js';
import { resolvePath } from './layout.js';
import type { StageableArtifact } from './stageable-artifact.js';

const startSeconds = 1_795_000_000;
let root: string;
let nowSeconds: number;
let binhost: BinhostDirectory;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'generations-'));
  nowSeconds = startSeconds;
  binhost = new BinhostDirectory({ root, nowSeconds: () => nowSeconds });
  await binhost.recover();
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

async function artifact(pf: string): Promise<StageableArtifact> {
  const bytes = writeGpkg(
    {
      category: 'lab-apps',
      pf,
      buildId: 1,
      metadata: new Map(),
      image: [],
      mtimeSeconds: startSeconds,
      synthetic: true,
    },
    gpkgWriterPorts,
  );
  async function* body(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(bytes);
  }
  const declared = {
    sizeBytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    maxBytes: 1e6,
  };
  const received = await binhost.receive(body(), declared);
  if (!received.ok) throw new Error(received.error.message);
  const { cpv, format, metadata } = await binhost.inspect(received.value).then((result) => {
    if (!result.ok) throw new Error(result.error.message);
    return result.value;
  });
  return { ...(await binhost.commit(received.value)), cpv, format, metadata };
}

/** CPVs and TIMESTAMP of the release as a client fetches it. */
async function release(): Promise<{ readonly cpvs: readonly string[]; readonly timestampSeconds: number }> {
  const located = await binhost.locate('desk', 'release', 'Packages');
  const parsed = parseIndex(await readFile(located?.path ?? '', 'utf8'));
  if (!parsed.ok) throw new Error(parsed.error);
  expect(parsed.value.index.timestampSeconds).toBe(located?.mtimeSeconds);
  return {
    cpvs: parsed.value.index.entries.map((entry) => entry.cpv),
    timestampSeconds: parsed.value.index.timestampSeconds,
  };
}

describe('a release', () => {
  it('is a generation that clients see at once and as a whole', async () => {
    const [a, b] = [await artifact('a-1'), await artifact('b-1')];
    expect(await binhost.current('desk')).toBeUndefined();
    expect(await binhost.locate('desk', 'release', 'Packages')).toBeUndefined();
    await binhost.stage('desk', [a, b]);
    const promoted = await binhost.promote('desk', { number: 4, artifacts: [b, a] });
    expect(promoted).toMatchObject({ ok: true, value: { number: 4, timestampSeconds: startSeconds + 1 } });
    expect(await release()).toEqual({
      cpvs: ['lab-apps/a-1', 'lab-apps/b-1'],
      timestampSeconds: startSeconds + 1,
    });
    expect(await binhost.current('desk')).toEqual(promoted.ok && promoted.value);
  });

  it('that is promoted twice is the same, and never moves clients back (S28)', async () => {
    const [a, b] = [await artifact('a-1'), await artifact('b-1')];
    const first = await binhost.promote('desk', { number: 1, artifacts: [a] });
    expect(await binhost.promote('desk', { number: 1, artifacts: [a] })).toEqual(first);
    await binhost.promote('desk', { number: 2, artifacts: [a, b] });
    expect(await binhost.promote('desk', { number: 1, artifacts: [a] })).toEqual(first);
    expect((await binhost.current('desk'))?.number).toBe(2);
    expect(await binhost.promote('desk', { number: 1, artifacts: [b] })).toEqual({
      ok: false,
      error: { kind: 'generation-exists', number: 1 },
    });
  });

  it('is finished by the same promotion after a crash before the switch', async () => {
    const [a, b] = [await artifact('a-1'), await artifact('b-1')];
    await binhost.promote('desk', { number: 1, artifacts: [a] });
    await binhost.promote('desk', { number: 2, artifacts: [b] });
    const profile = join(root, 'profiles', 'desk');
    await rm(join(profile, 'current'));
    await binhost.promote('desk', { number: 2, artifacts: [b] });
    expect((await release()).cpvs).toEqual(['lab-apps/b-1']);
  });

  it('that is rolled back reaches clients as something newer, and leaves every generation as it was (S28)', async () => {
    const [a, b] = [await artifact('a-1'), await artifact('b-1')];
    await binhost.promote('desk', { number: 1, artifacts: [a] });
    await binhost.promote('desk', { number: 2, artifacts: [b] });
    const before = await release();
    nowSeconds -= 3600;
    expect(await binhost.rollback('desk', { to: 1, number: 3 })).toMatchObject({
      ok: true,
      value: { number: 3, restores: 1 },
    });
    const after = await release();
    expect(after.cpvs).toEqual(['lab-apps/a-1']);
    expect(after.timestampSeconds).toBeGreaterThan(before.timestampSeconds);
    expect((await binhost.generations('desk')).map(({ number, restores }) => [number, restores])).toEqual([
      [1, undefined],
      [2, undefined],
      [3, 1],
    ]);
    expect(await binhost.rollback('desk', { to: 9, number: 4 })).toEqual({
      ok: false,
      error: { kind: 'unknown-generation', number: 9 },
    });
  });

  it('still serves the files of the one before to a client that has its index (Q16)', async () => {
    const [a, b] = [await artifact('a-1'), await artifact('b-1')];
    await binhost.promote('desk', { number: 1, artifacts: [a] });
    await binhost.promote('desk', { number: 2, artifacts: [b] });
    const located = await binhost.locate('desk', 'release', 'lab-apps/a/a-1-1.gpkg.tar');
    expect(located).toMatchObject({ kind: 'package', sizeBytes: a.sizeBytes });
    expect(await binhost.locate('desk', 'release', 'lab-apps/c/c-1-1.gpkg.tar')).toBeUndefined();
  });

  it('shares its files with the store instead of copying them', async () => {
    const a = await artifact('a-1');
    await binhost.promote('desk', { number: 1, artifacts: [a] });
    const located = await binhost.locate('desk', 'release', 'lab-apps/a/a-1-1.gpkg.tar');
    expect((await stat(located?.path ?? '')).nlink).toBe(2);
    expect((await readdir(join(root, 'profiles', 'desk', 'generations'))).sort()).toEqual(['1']);
  });
});

describe('a request', () => {
  it.each([
    '../../../etc/passwd',
    '/etc/passwd',
    'lab-apps/../../x/a-1-1.gpkg.tar',
    'Packages/..',
    '',
    '.',
    'generation.json',
    '.tmp-x',
    'lab-apps/a',
    'lab-apps/a/a-1-1.gpkg.tar/',
    'lab-apps/a/a-1-1.gpkg.tar\0',
    'lab-apps//a-1-1.gpkg.tar',
    String.raw`lab-apps\a\a-1-1.gpkg.tar`,
  ])('for %j leads nowhere (S32)', (relative) => {
    expect(resolvePath('/srv', { profile: 'desk', channel: 'release' }, relative)).toBeUndefined();
  });

  it.each(['..', '', 'a/b', '.hidden', 'x'.repeat(65)])(
    'for the profile %j leads nowhere (S32)',
    (profile) => {
      expect(resolvePath('/srv', { profile, channel: 'staging' }, 'Packages')).toBeUndefined();
    },
  );

  it('for an index or a package leads below its channel', () => {
    expect(resolvePath('/srv', { profile: 'desk', channel: 'staging' }, 'Packages.gz')).toBe(
      '/srv/profiles/desk/staging/Packages.gz',
    );
    expect(
      resolvePath(
        '/srv',
        { profile: 'desk', channel: 'release' },
        'dev-libs/glib+2/glib+2-2.0_rc1-r3-12.gpkg.tar',
      ),
    ).toBe('/srv/profiles/desk/current/dev-libs/glib+2/glib+2-2.0_rc1-r3-12.gpkg.tar');
  });
});
