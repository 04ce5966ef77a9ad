import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ArtifactRefusal, type GpkgSpec, parseIndex, writeGpkg } from '@swarm/domain-binpkg';
import type { Result } from '@swarm/kernel';

import { BinhostDirectory } from './binhost-directory.js';
import { gpkgWriterPorts } from './codecs.js';
import type { DeclaredUpload, ReceivedFile } from './object-store.js';
import type { StageableArtifact } from './stageable-artifact.js';

const fixtures = new URL('../../../domain/binpkg/fixtures/', import.meta.url);
const startSeconds = 1_795_000_000;
let root: string;
let nowSeconds: number;
let binhost: BinhostDirectory;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'binhost-'));
  nowSeconds = startSeconds;
  binhost = restarted();
  await binhost.recover();
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

/** The same directory, seen by a new process. */
function restarted(): BinhostDirectory {
  return new BinhostDirectory({ root, nowSeconds: () => nowSeconds });
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const staging = (...parts: string[]): string => join(root, 'profiles', 'desk', 'staging', ...parts);

async function* pieces(bytes: Uint8Array, size = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

function upload(
  bytes: Uint8Array,
  declared: Partial<DeclaredUpload> = {},
): Promise<Result<ReceivedFile, ArtifactRefusal>> {
  return binhost.receive(pieces(bytes), {
    sizeBytes: bytes.length,
    sha256: sha256(bytes),
    maxBytes: 1_000_000,
    ...declared,
  });
}

function gpkg(pf: string, more: Partial<GpkgSpec> = {}): Uint8Array {
  const metadata = new Map([
    ['KEYWORDS', 'amd64'],
    ['repository', 'swarm-lab'],
  ]);
  return writeGpkg(
    {
      category: 'lab-apps',
      pf,
      buildId: 1,
      metadata,
      image: [],
      mtimeSeconds: startSeconds,
      synthetic: true,
      ...more,
    },
    gpkgWriterPorts,
  );
}

async function accepted(bytes: Uint8Array): Promise<StageableArtifact> {
  const received = await upload(bytes);
  if (!received.ok) throw new Error(received.error.message);
  const inspected = await binhost.inspect(received.value);
  if (!inspected.ok) throw new Error(inspected.error.message);
  const { cpv, format, metadata } = inspected.value;
  return { ...(await binhost.commit(received.value)), cpv, format, metadata };
}

interface Shown {
  readonly timestampSeconds: number;
  readonly paths: readonly string[];
}

/** What a client sees, after checking that both forms agree and each entry's file is there and is the one described. */
async function shown(directory = staging()): Promise<Shown> {
  const text = await readFile(join(directory, 'Packages'), 'utf8');
  expect(gunzipSync(await readFile(join(directory, 'Packages.gz'))).toString()).toBe(text);
  const parsed = parseIndex(text);
  if (!parsed.ok) throw new Error(parsed.error);
  expect(parsed.value.problems).toEqual([]);
  for (const { path, fields } of parsed.value.index.entries) {
    const content = await readFile(join(directory, path));
    expect(createHash('md5').update(content).digest('hex')).toBe(fields.get('MD5'));
    expect(String(Math.floor((await stat(join(directory, path))).mtimeMs / 1000))).toBe(fields.get('MTIME'));
  }
  const { timestampSeconds, entries } = parsed.value.index;
  expect((await stat(join(directory, 'Packages'))).mtimeMs).toBe(timestampSeconds * 1000);
  return { timestampSeconds, paths: entries.map((entry) => entry.path) };
}

describe('an upload', () => {
  it('that is as declared is received, verified and kept for good (S15)', async () => {
    const bytes = gpkg('greet-1.0-r1');
    const artifact = await accepted(bytes);
    expect(artifact).toMatchObject({
      sha256: sha256(bytes),
      sizeBytes: bytes.length,
      cpv: 'lab-apps/greet-1.0-r1',
      mtimeSeconds: startSeconds,
    });
    expect(await readFile(join(root, 'objects', artifact.sha256.slice(0, 2), artifact.sha256))).toEqual(
      Buffer.from(bytes),
    );
    expect(await readdir(join(root, 'incoming'))).toEqual([]);
  });

  it('that comes twice is one object, with its first modification time', async () => {
    const first = await accepted(gpkg('greet-1.0'));
    nowSeconds += 100;
    expect(await accepted(gpkg('greet-1.0'))).toEqual(first);
    expect(await binhost.describe(first.sha256)).toEqual({
      ok: true,
      value: expect.objectContaining({ mtimeSeconds: startSeconds }),
    });
  });

  const good = gpkg('greet-1.0');
  it.each<[string, Partial<DeclaredUpload>]>([
    ['too-large', { maxBytes: good.length - 1 }],
    ['wrong-size', { sizeBytes: good.length + 1 }],
    ['wrong-size', { sizeBytes: good.length - 1 }],
    ['wrong-sha256', { sha256: 'f'.repeat(64) }],
    ['interrupted', { signal: AbortSignal.abort() }],
  ])('is refused as %s where the sender says %j, and leaves nothing behind', async (reason, declared) => {
    expect(await upload(good, declared)).toMatchObject({ ok: false, error: { reason } });
    expect(await readdir(join(root, 'incoming'))).toEqual([]);
  });

  it('whose sender breaks off is refused, and leaves nothing behind', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(good.subarray(0, 100));
      throw new Error('ECONNRESET');
    }
    const received = await binhost.receive(broken(), {
      sizeBytes: good.length,
      sha256: sha256(good),
      maxBytes: 1e6,
    });
    expect(received).toMatchObject({ ok: false, error: { reason: 'interrupted' } });
    expect(await readdir(join(root, 'incoming'))).toEqual([]);
  });

  it.each<[string, Uint8Array]>([
    ['not-a-binpkg', new Uint8Array(1024)],
    ['truncated', good.subarray(0, 2048)],
    ['digest-mismatch', good.map((byte, at) => (at === 1100 ? byte ^ 1 : byte))],
  ])('that is no sound package is refused as %s (S27)', async (reason, bytes) => {
    const received = await upload(bytes);
    if (!received.ok) throw new Error(received.error.message);
    expect(await binhost.inspect(received.value)).toMatchObject({ ok: false, error: { reason } });
    await binhost.discard(received.value);
    expect(await readdir(join(root, 'incoming'))).toEqual([]);
  });

  it.each(['greet-1.0-r1-1.gpkg.tar', 'greet-1.0-r1-1.xpak'])(
    'that Portage made is read: %s',
    async (name) => {
      const artifact = await accepted(await readFile(new URL(name, fixtures)));
      expect(artifact.cpv).toBe('lab-apps/greet-1.0-r1');
      expect(artifact.metadata.get('RDEPEND')).toBe('lab-libs/libgreet:0/1=');
    },
  );
});

describe('staging', () => {
  it('shows a package under a number of its own, and tells its path', async () => {
    const artifact = await accepted(gpkg('greet-1.0', { buildId: 7 }));
    const outcome = await binhost.stage('desk', [artifact]);
    expect(outcome).toEqual({
      staged: [{ sha256: artifact.sha256, path: 'lab-apps/greet/greet-1.0-1.gpkg.tar' }],
      refused: [],
      timestampSeconds: startSeconds,
    });
    expect(await shown()).toEqual({
      timestampSeconds: startSeconds,
      paths: ['lab-apps/greet/greet-1.0-1.gpkg.tar'],
    });
  });

  it('never gives a path to a second content, not even after the first is gone', async () => {
    const [first, second] = [
      await accepted(gpkg('greet-1.0')),
      await accepted(gpkg('greet-1.0', { mtimeSeconds: startSeconds + 1 })),
    ];
    await binhost.stage('desk', [first]);
    await binhost.unstage('desk', ['lab-apps/greet/greet-1.0-1.gpkg.tar']);
    await binhost.stage('desk', [second]);
    expect((await shown()).paths).toEqual(['lab-apps/greet/greet-1.0-2.gpkg.tar']);
    await restarted().stage('desk', [first]);
    expect((await shown()).paths).toEqual([
      'lab-apps/greet/greet-1.0-1.gpkg.tar',
      'lab-apps/greet/greet-1.0-2.gpkg.tar',
    ]);
  });

  it('changes nothing when it is told the same twice', async () => {
    const artifact = await accepted(gpkg('greet-1.0'));
    await binhost.stage('desk', [artifact]);
    const before = await shown();
    nowSeconds += 60;
    await restarted().stage('desk', [artifact]);
    expect(await shown()).toEqual(before);
  });

  it('keeps all of many packages that arrive at once, each under a newer TIMESTAMP', async () => {
    const artifacts = await Promise.all(Array.from({ length: 12 }, (_, at) => accepted(gpkg(`p${at}-1`))));
    const outcomes = await Promise.all(artifacts.map((artifact) => binhost.stage('desk', [artifact])));
    expect((await shown()).paths).toHaveLength(12);
    const stamps = outcomes.map((outcome) => outcome.timestampSeconds);
    expect(stamps).toEqual(Array.from({ length: 12 }, (_, at) => startSeconds + at));
  });

  it('goes on with a newer TIMESTAMP when the clock is set back', async () => {
    await binhost.stage('desk', [await accepted(gpkg('a-1'))]);
    nowSeconds -= 86_400;
    await restarted().stage('desk', [await accepted(gpkg('b-1'))]);
    expect((await shown()).timestampSeconds).toBe(startSeconds + 1);
  });

  it('does not show a package that would harm a client', async () => {
    const artifact = await accepted(gpkg('greet-1.0'));
    const bad = { ...artifact, metadata: new Map([...artifact.metadata, ['RDEPEND', '( a/b']]) };
    const outcome = await binhost.stage('desk', [bad]);
    expect(outcome.refused).toMatchObject([{ sha256: artifact.sha256, error: { reason: 'bad-metadata' } }]);
    expect((await shown()).paths).toEqual([]);
  });
});

describe('index and files', () => {
  const nothing = { relinked: [], added: [], dropped: [], missing: [], strays: [], refused: [] };

  it('agree again after a crash between file and index (S20)', async () => {
    const [a, b] = [await accepted(gpkg('a-1')), await accepted(gpkg('b-1'))];
    await binhost.stage('desk', [a]);
    const [plain, gz] = [await readFile(staging('Packages')), await readFile(staging('Packages.gz'))];
    await binhost.stage('desk', [b]);
    // The crash: files of b are there, the index is the one before.
    await writeFile(staging('Packages'), plain);
    await writeFile(staging('Packages.gz'), gz);
    const report = await restarted().rebuild('desk', [a, b]);
    expect(report).toMatchObject({ ...nothing, added: ['lab-apps/b/b-1-1.gpkg.tar'] });
    expect((await shown()).paths).toEqual(['lab-apps/a/a-1-1.gpkg.tar', 'lab-apps/b/b-1-1.gpkg.tar']);
  });

  it('agree again when files are gone, entries are unknown, and an object is lost (S20)', async () => {
    const [a, b, c] = [await accepted(gpkg('a-1')), await accepted(gpkg('b-1')), await accepted(gpkg('c-1'))];
    const { staged } = await binhost.stage('desk', [a, b, c]);
    await unlink(staging('lab-apps/a/a-1-1.gpkg.tar'));
    await rm(join(root, 'objects', c.sha256.slice(0, 2), c.sha256));
    const known = (artifact: StageableArtifact): StageableArtifact => ({
      ...artifact,
      path: staged.find((one) => one.sha256 === artifact.sha256)?.path ?? '',
    });
    const report = await restarted().rebuild('desk', [known(a), known(c)]);
    expect(report).toMatchObject({
      relinked: ['lab-apps/a/a-1-1.gpkg.tar'],
      dropped: ['lab-apps/b/b-1-1.gpkg.tar', 'lab-apps/c/c-1-1.gpkg.tar'],
      missing: [{ sha256: c.sha256, cpv: 'lab-apps/c-1' }],
      strays: ['lab-apps/b/b-1-1.gpkg.tar', 'lab-apps/c/c-1-1.gpkg.tar'],
    });
    expect((await shown()).paths).toEqual(['lab-apps/a/a-1-1.gpkg.tar']);
  });

  it('are made again from the ledger alone, under the paths that clients know (S20)', async () => {
    const [a, b] = [
      await accepted(gpkg('a-1')),
      await accepted(gpkg('a-1', { mtimeSeconds: 1_794_000_000 })),
    ];
    const { staged } = await binhost.stage('desk', [b, a]);
    const before = await shown();
    await rm(join(root, 'profiles'), { recursive: true });
    const ledger = [a, b].map((artifact) => ({
      ...artifact,
      path: staged.find((one) => one.sha256 === artifact.sha256)?.path ?? '',
    }));
    await restarted().rebuild('desk', ledger);
    expect((await shown()).paths).toEqual(before.paths);
  });

  it('are left alone when they agree', async () => {
    const artifact = await accepted(gpkg('a-1'));
    await binhost.stage('desk', [artifact]);
    const before = await shown();
    nowSeconds += 60;
    expect(await restarted().rebuild('desk', [artifact])).toMatchObject(nothing);
    expect(await shown()).toEqual(before);
  });

  it('agree again when a crash left the two forms of the index apart, or cut one', async () => {
    const artifact = await accepted(gpkg('a-1'));
    await binhost.stage('desk', [artifact]);
    const text = await readFile(staging('Packages'), 'utf8');
    await writeFile(staging('Packages'), text.slice(0, -40));
    await utimes(staging('Packages'), startSeconds, startSeconds);
    await writeFile(staging('.tmp-left-over'), 'x');
    await restarted().rebuild('desk', [artifact]);
    expect(await shown()).toEqual({
      timestampSeconds: startSeconds + 1,
      paths: ['lab-apps/a/a-1-1.gpkg.tar'],
    });
    expect((await readdir(staging())).sort()).toEqual(['Packages', 'Packages.gz', 'lab-apps']);
  });
});
