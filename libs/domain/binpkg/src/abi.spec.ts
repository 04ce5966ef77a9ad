import { createHash } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { type ArtifactAbi, compareAbi } from './abi.js';
import { AbiLibraries } from './abi-libraries.js';
import { type AbiLimits, defaultAbiLimits } from './abi-limits.js';
import type { ElfFacts } from './elf.js';

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function library(soname: string, symbols: readonly string[], machine = 'x86_64'): ElfFacts {
  return { type: 'shared', machine, soname, symbols: [...symbols].sort() };
}

function abiOf(libraries: readonly ElfFacts[], limits: Partial<AbiLimits> = {}): ArtifactAbi {
  const collected = new AbiLibraries(digestOf, { ...defaultAbiLimits, ...limits });
  for (const one of libraries) {
    const added = collected.add(one);
    if (!added.ok) throw new Error(added.error);
  }
  return collected.abi();
}

const foo = library('libfoo.so.6', ['a', 'b', 'c', 'd']);
const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,3}$/), { maxLength: 12 });
const someLibraries = fc
  .uniqueArray(fc.record({ number: fc.nat(4), names }), { selector: ({ number }) => number })
  .map((all) => all.map((one) => library(`lib${one.number}.so`, one.names)));

describe('the ABI of a package', () => {
  it('has each library that others can be linked with, and nothing else (Q15)', () => {
    const program: ElfFacts = { ...foo, type: 'executable', soname: 'program' };
    const plugin: ElfFacts = { ...foo, soname: undefined };
    expect(abiOf([plugin, foo, program, library('libfoo.so.6', [], 'x86_32')])).toEqual({
      'x86_32:libfoo.so.6': { digest: digestOf(new Uint8Array()), symbols: [] },
      'x86_64:libfoo.so.6': { digest: digestOf(Buffer.from('a\nb\nc\nd')), symbols: ['a', 'b', 'c', 'd'] },
    });
  });

  it('has one entry for copies of a library, and only a digest where they differ', () => {
    expect(abiOf([foo, foo])).toEqual(abiOf([foo]));
    const other = library('libfoo.so.6', ['z']);
    const abi = abiOf([foo, other]);
    expect(abi).toEqual(abiOf([other, foo, other]));
    expect(abi['x86_64:libfoo.so.6']?.symbols).toBeNull();
    expect(compareAbi(abi, abiOf([foo, library('libfoo.so.6', ['y'])])).compatible).toBe(false);
  });

  it('keeps the digest alone of what is too long, whatever the order of the libraries', () => {
    expect(abiOf([foo], { listedSymbols: 3 })['x86_64:libfoo.so.6']?.symbols).toBeNull();
    fc.assert(
      fc.property(someLibraries, fc.nat(60), (libraries, listedChars) => {
        const abi = abiOf(libraries, { listedChars });
        expect(abiOf(libraries.toReversed(), { listedChars })).toEqual(abi);
        const lists = Object.values(abi).map(({ symbols }) => symbols?.join('\n') ?? '');
        expect(lists.join('').length).toBeLessThanOrEqual(listedChars);
        expect(compareAbi(abi, abi)).toEqual({ compatible: true, changes: [] });
      }),
    );
  });

  it('is not known when there are more libraries than may be', () => {
    expect(() => abiOf([foo, library('libbar.so', [])], { libraries: 1 })).toThrow('more than 1 libraries');
  });
});

describe('a rebuilt package', () => {
  it('is compatible when it exports the same, or more (Q15)', () => {
    const more = library('libfoo.so.6', ['a', 'b', 'c', 'd', 'e']);
    expect(compareAbi(abiOf([foo]), abiOf([foo]))).toEqual({ compatible: true, changes: [] });
    expect(compareAbi(abiOf([foo]), abiOf([more, library('libnew.so.1', ['x'])])).compatible).toBe(true);
    expect(compareAbi({}, abiOf([foo])).compatible).toBe(true);
  });

  it('is incompatible when a symbol is gone, and says which (Q14)', () => {
    expect(compareAbi(abiOf([foo]), abiOf([library('libfoo.so.6', ['d', 'e'])]))).toEqual({
      compatible: false,
      changes: ['libfoo.so.6 lost 3 symbols: a, b, c'],
    });
    expect(compareAbi(abiOf([foo]), abiOf([library('libfoo.so.6', ['a', 'b', 'c'])])).changes).toEqual([
      'libfoo.so.6 lost 1 symbol: d',
    ]);
  });

  it('names a few of many symbols, and the head of a long one', () => {
    const many = library('libfoo.so.6', ['a'.repeat(500), 'b', 'c', 'd', 'e', 'f', 'g']);
    expect(compareAbi(abiOf([many]), abiOf([library('libfoo.so.6', [])])).changes).toEqual([
      `libfoo.so.6 lost 7 symbols: ${'a'.repeat(120)}…, b, c, d, e and 2 more`,
    ]);
  });

  it('is incompatible when a library is gone, also for one of two machines', () => {
    expect(compareAbi(abiOf([foo]), abiOf([library('libfoo.so.7', foo.symbols)])).changes).toEqual([
      'libfoo.so.6 is gone',
    ]);
    const both = abiOf([foo, library('libfoo.so.6', ['a'], 'x86_32')]);
    expect(compareAbi(both, abiOf([foo])).changes).toEqual(['libfoo.so.6 (x86_32) is gone']);
  });

  it('is compared by digest where names are not known', () => {
    const limits = { listedSymbols: 3 };
    const more = library('libfoo.so.6', [...foo.symbols, 'e']);
    expect(compareAbi(abiOf([foo], limits), abiOf([foo])).compatible).toBe(true);
    expect(compareAbi(abiOf([foo], limits), abiOf([more]))).toEqual({
      compatible: false,
      changes: ['libfoo.so.6 exports other symbols; they are too many to say which'],
    });
  });

  it('is never called compatible when one of the two is not known', () => {
    expect(compareAbi(null, {}).changes).toEqual(['the ABI of the earlier build is not known']);
    expect(compareAbi({}, null)).toEqual({
      compatible: false,
      changes: ['the ABI of the later build is not known'],
    });
  });

  it('is compatible exactly when all that was exported still is', () => {
    fc.assert(
      fc.property(someLibraries, someLibraries, (before, after) => {
        const offered = new Set(
          after.flatMap(({ soname, symbols }) => [soname, ...symbols.map((s) => `${soname}/${s}`)]),
        );
        const asked = before.flatMap(({ soname, symbols }) => [
          soname,
          ...symbols.map((s) => `${soname}/${s}`),
        ]);
        const { compatible, changes } = compareAbi(abiOf(before), abiOf(after));
        expect(compatible).toBe(asked.every((one) => offered.has(one)));
        expect(compatible).toBe(changes.length === 0);
      }),
    );
  });
});
