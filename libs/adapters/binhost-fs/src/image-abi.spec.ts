import { execFileSync } from 'node:child_process';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type ArtifactAbi,
  compareAbi,
  type Compression,
  defaultBinpkgLimits,
  type GpkgSpec,
  writeGpkg,
} from '@swarm/domain-binpkg';

import { digestOf } from './codecs.js';
import { readImageAbi } from './image-abi.js';
import { inspectBinpkg } from './inspect.js';
import { zstdStored } from './zstd.fixture.js';

const fixtures = new URL('../../../domain/binpkg/fixtures/', import.meta.url);
const zstdProgram = hasZstd();
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'image-abi-'));
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

function hasZstd(): boolean {
  try {
    return execFileSync('zstd', ['--version']).length > 0;
  } catch {
    return false;
  }
}

/** libwords.so.1 with these functions, by gcc. */
async function library(...functions: readonly string[]): Promise<Uint8Array> {
  const source = join(root, 'words.c');
  const out = join(root, 'libwords.so.1.0');
  await writeFile(source, functions.map((name) => `int ${name}(void) { return 1; }\n`).join(''));
  execFileSync('gcc', ['-shared', '-fPIC', '-nostdlib', '-Wl,-soname,libwords.so.1', '-o', out, source]);
  return readFile(out);
}

type Apply = (bytes: Uint8Array) => Uint8Array;
type Compressed = readonly [kind: Exclude<Compression, 'none'>, apply: Apply];
const gzip: Compressed = ['gzip', (bytes) => gzipSync(bytes)];

async function abiOf(
  content: Uint8Array | undefined,
  [kind, apply]: Compressed = gzip,
  more: Partial<GpkgSpec> = {},
): Promise<ArtifactAbi | null> {
  const image: GpkgSpec['image'] = [
    { kind: 'directory', path: 'usr' },
    { kind: 'directory', path: 'usr/lib64' },
    ...(content === undefined ? [] : [{ kind: 'file', path: 'usr/lib64/libwords.so.1.0', content } as const]),
    { kind: 'symlink', path: 'usr/lib64/libwords.so', linkName: 'libwords.so.1.0' },
  ];
  const spec = {
    ...{ category: 'lab-libs', pf: 'words-1.0', buildId: 1, metadata: new Map(), image, mtimeSeconds: 1 },
    ...{ synthetic: false, ...more },
  };
  return inspected(writeGpkg(spec, { digestOf, compress: { kind, apply } }));
}

async function inspected(bytes: Uint8Array): Promise<ArtifactAbi | null> {
  const path = join(root, 'package');
  await writeFile(path, bytes);
  const result = await inspectBinpkg(path, defaultBinpkgLimits);
  if (!result.ok) throw new Error(result.error.message);
  return result.value.abi;
}

describe('the ABI of a package', () => {
  it('is what its libraries export, whatever packs them', async () => {
    const content = await library('greet', 'part');
    const abi = await abiOf(content);
    expect(Object.keys(abi ?? {})).toEqual([expect.stringMatching(/^\w+:libwords\.so\.1$/)]);
    expect(Object.values(abi ?? {})).toMatchObject([{ symbols: ['greet', 'part'] }]);
    expect(await abiOf(content, ['zstd', (bytes) => zstdStored(bytes, 3)])).toEqual(abi);
  });

  (zstdProgram ? it : it.skip).each(['-1', '-19', '--long=27'])(
    'is found in what `zstd %s` packed',
    async (level) => {
      const content = await library('greet', 'part');
      const pack: Apply = (bytes) => execFileSync('zstd', ['-qc', level], { input: bytes });
      expect(await abiOf(content, ['zstd', pack])).toEqual(await abiOf(content));
    },
  );

  it('is compatible after a rebuild that adds a function, and not after one that drops one (Q14, Q15)', async () => {
    const before = await abiOf(await library('greet', 'part'));
    expect(compareAbi(before, await abiOf(await library('part', 'greet')))).toEqual({
      compatible: true,
      changes: [],
    });
    const more = await abiOf(await library('greet', 'part', 'wave'));
    expect(compareAbi(before, more)).toEqual({ compatible: true, changes: [] });
    expect(compareAbi(more, before)).toEqual({
      compatible: false,
      changes: ['libwords.so.1 lost 1 symbol: wave'],
    });
    expect(compareAbi(before, await abiOf(undefined)).changes).toEqual(['libwords.so.1 is gone']);
  });

  it('is empty for a package without libraries, and for a synthetic one, whatever is in it', async () => {
    expect(await abiOf(undefined)).toEqual({});
    expect(await abiOf(await library('greet'), gzip, { synthetic: true })).toEqual({});
    expect(await inspected(await readFile(new URL('greet-1.0-r1-1.gpkg.tar', fixtures)))).toEqual({});
  });

  it('is not known for an XPAK package', async () => {
    expect(await inspected(await readFile(new URL('greet-1.0-r1-1.xpak', fixtures)))).toBeNull();
  });

  it('is not known, and the package is taken, when a library in it is damaged', async () => {
    const content = await library('greet');
    expect(await abiOf(content.subarray(0, content.length / 2))).toBeNull();
  });
});

describe('an image', () => {
  /** The ABI of bytes that are one image archive. */
  async function abiOfImage(bytes: Uint8Array, compression: Compression): Promise<ArtifactAbi | null> {
    const path = join(root, 'image');
    await writeFile(path, bytes);
    const handle = await open(path, 'r');
    const declared = { name: 'image', sizeBytes: bytes.length, digests: new Map() };
    const member = {
      role: 'image',
      name: 'image',
      offsetBytes: 0,
      sizeBytes: bytes.length,
      declared,
    } as const;
    try {
      return await readImageAbi(handle, { ...member, compression });
    } finally {
      await handle.close();
    }
  }

  it('of another compression, or that is cut, or no archive, has no known ABI', async () => {
    const empty = new Uint8Array(10_240);
    expect(await abiOfImage(empty, 'none')).toEqual({});
    expect(await abiOfImage(empty, 'xz')).toBeNull();
    expect(await abiOfImage(gzipSync(empty).subarray(0, 15), 'gzip')).toBeNull();
    expect(await abiOfImage(zstdStored(empty).subarray(0, 100), 'zstd')).toBeNull();
    expect(await abiOfImage(Buffer.alloc(10_240, 'x'), 'none')).toBeNull();
    expect(await abiOfImage(new Uint8Array(), 'none')).toBeNull();
  });

  it('that the disk cannot give is an error, and the next one is read', async () => {
    const path = join(root, 'gone');
    await writeFile(path, new Uint8Array(10_240));
    const handle = await open(path, 'r');
    await handle.close();
    const declared = { name: 'image', sizeBytes: 10_240, digests: new Map() };
    const member = { role: 'image', name: 'image', offsetBytes: 0, sizeBytes: 10_240, declared } as const;
    for (const compression of ['gzip', 'zstd'] as const)
      await expect(readImageAbi(handle, { ...member, compression })).rejects.toThrow();
    expect(await abiOfImage(new Uint8Array(10_240), 'none')).toEqual({});
  });
});
