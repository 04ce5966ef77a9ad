import { createHash } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';
import type { Result } from '@swarm/kernel';
import fc from 'fast-check';

import type { ArtifactAbi } from './abi.js';
import { AbiImage } from './abi-image.js';
import { type AbiLimits, defaultAbiLimits } from './abi-limits.js';
import { elfSpec, type ElfSpec, writeElf } from './elf.arbitrary.js';
import { type TarInput, writeTar } from './tar-writer.js';
import { bytesOf } from './text.js';

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const spec: ElfSpec = {
  ...{ wide: true, little: true, headers: 'segments', hash: 'gnu', soname: 'libfoo.so.6', versions: ['V'] },
  symbols: ['a', 'b'].map((name) => ({ name, version: 0, bind: 1, type: 2, visibility: 0, defined: true })),
};
const elf = writeElf(spec);
const key = 'x86_64:libfoo.so.6';
const file = (path: string, content: Uint8Array): TarInput => ({ kind: 'file', path, content });
const library = file('image/usr/lib64/libfoo.so.6.1', elf);

function pushed(
  archive: Uint8Array,
  pieces: readonly number[] = [],
  limits: Partial<AbiLimits> = {},
): Result<ArtifactAbi, string> {
  const image = new AbiImage(digestOf, { ...defaultAbiLimits, ...limits });
  let at = 0;
  for (const size of [...pieces, archive.length]) {
    const taken = image.push(archive.subarray(at, at + size));
    if (!taken.ok) return taken;
    at += size;
  }
  return image.end();
}

const tar = (...members: readonly TarInput[]): Uint8Array =>
  writeTar([{ kind: 'directory', path: 'image' }, ...members], 0);

describe('the image of a package', () => {
  it('gives the ABI of its libraries, in whatever pieces it comes', () => {
    const longPath = `image/usr/${'d/'.repeat(150)}libbar.so`;
    const archive = tar(
      file('image/empty', new Uint8Array()),
      file('image/usr/bin/sh', bytesOf('#!/bin/sh\n')),
      library,
      { kind: 'symlink', path: 'image/usr/lib64/libfoo.so', linkName: 'libfoo.so.6.1' },
      file(longPath, writeElf({ ...spec, soname: 'libbar.so' })),
    );
    const whole = pushed(archive);
    expect(whole).toMatchObject({
      ok: true,
      value: { [key]: { symbols: ['V', 'a@V', 'b@V'] }, 'x86_64:libbar.so': {} },
    });
    fc.assert(
      fc.property(fc.array(fc.nat(1500)), (pieces) => {
        expect(pushed(archive, pieces)).toEqual(whole);
      }),
    );
    expect(
      pushed(
        archive,
        Array.from(archive, () => 1),
      ),
    ).toEqual(whole);
  });

  it('gives an empty ABI when there is no library', () => {
    expect(pushed(tar())).toEqual({ ok: true, value: {} });
    expect(pushed(tar(file('image/a', elf.subarray(0, 17))))).toEqual({ ok: true, value: {} });
  });

  it('says nothing of the copies that hold debug information', () => {
    expect(pushed(tar(file('image/usr/lib/debug/usr/lib64/libfoo.so.6.debug', elf)))).toEqual({
      ok: true,
      value: {},
    });
  });

  it('has no known ABI when a library is too large, and passes over a program that is', () => {
    const limits = { fileBytes: elf.length - 1 };
    expect(pushed(tar(library), [], limits)).toEqual({
      ok: false,
      error: `image/usr/lib64/libfoo.so.6.1 is longer than ${elf.length - 1} bytes`,
    });
    expect(pushed(tar(file('image/usr/bin/foo', elf)), [], limits)).toEqual({ ok: true, value: {} });
    expect(pushed(tar(library), [], { imageBytes: 2048 })).toMatchObject({ ok: false });
  });

  it('has no known ABI when a library cannot be read', () => {
    const cut = elf.slice(0, 700);
    expect(pushed(tar(file('image/usr/lib64/libfoo.so', cut)))).toMatchObject({ ok: false });
    expect(pushed(tar(file('image/usr/share/test/broken', cut)))).toEqual({ ok: true, value: {} });
  });

  it('has no known ABI when the archive is cut', () => {
    const archive = tar(library);
    const end = archive.findLastIndex((byte) => byte !== 0);
    for (let length = 0; length < end; length += 97)
      expect(pushed(archive.subarray(0, length))).toMatchObject({ ok: false });
  });

  it('never makes the reader fail, whatever is in it', () => {
    fc.assert(
      fc.property(elfSpec, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 20 }), (some, flips) => {
        const archive = tar(file('image/a.so', writeElf(some)), file(`image/${'p'.repeat(150)}`, elf));
        for (const [place, value] of flips) archive[place % archive.length] = value;
        expect(typeof pushed(archive).ok).toBe('boolean');
      }),
    );
  });
});
