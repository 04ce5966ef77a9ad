import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { compiled, elfSpec, writeElf } from './elf.arbitrary.js';
import { type ElfFacts, readElf } from './elf.js';
import { elfMachine } from './elf-machine.js';
import { defaultElfLimits } from './elf-limits.js';

const source = `
  int shown(void) { return 1; }
  int counter = 3;
  __attribute__((weak)) int weak(void) { return 2; }
  __attribute__((visibility("hidden"))) int hidden(void) { return 4; }
  __attribute__((visibility("protected"))) int guarded(void) { return 5; }
  static int private(void) { return 6; }
  extern int needed(void);
  int uses(void) { return needed() + private() + hidden(); }
`;
const versioned = `
  __asm__(".symver old_1, old@V_1"); __asm__(".symver old_2, old@@V_2");
  int old_1(void) { return 1; }
  int old_2(void) { return 2; }
  int fresh(void) { return 3; }
  int local(void) { return 4; }
`;

function read(bytes: Uint8Array): ElfFacts {
  const facts = readElf(bytes);
  if (!facts.ok) throw new Error(facts.error);
  if (facts.value === undefined) throw new Error('no ELF file');
  return facts.value;
}

/** Exported symbols in the words of binutils; nm writes `@@` for a default version. */
function symbolsOfNm(path: string): readonly string[] {
  const out = execFileSync('nm', ['-D', '--defined-only', '--with-symbol-versions', path], {
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const lines = out
    .toString()
    .split('\n')
    .filter((line) => line !== '');
  return [
    ...new Set(
      lines.map((line) =>
        line
          .replace(/^\S* +\S /, '')
          .trim()
          .replace('@@', '@'),
      ),
    ),
  ].sort();
}

function sonameOfReadelf(path: string): string | undefined {
  const out = execFileSync('readelf', ['-d', path], { stdio: ['ignore', 'pipe', 'ignore'] }).toString();
  return /soname: \[(.*)\]/.exec(out)?.[1];
}

describe('a library that gcc made', () => {
  it('is known by its SONAME, and exports what is neither private nor needed from others', () => {
    const facts = read(compiled(source, ['-Wl,-soname,libshown.so.3', '-nostdlib']));
    expect(facts.soname).toBe('libshown.so.3');
    expect(facts.type).toBe('shared');
    expect(facts.symbols.filter((symbol) => !symbol.startsWith('_'))).toEqual([
      'counter',
      'guarded',
      'shown',
      'uses',
      'weak',
    ]);
  });

  it.each(['gnu', 'sysv', 'both'])('is read the same with the hash table %s', (style) => {
    const facts = read(compiled(source, ['-nostdlib', `-Wl,--hash-style=${style}`]));
    expect(facts.symbols).toEqual(read(compiled(source, ['-nostdlib'])).symbols);
  });

  it('has its versions in the names, and for themselves', () => {
    const facts = read(versionedLibrary());
    expect(facts.symbols).toEqual(['V_1', 'V_2', 'fresh@V_2', 'old@V_1', 'old@V_2']);
  });

  it('needs no section headers', () => {
    const bytes = compiled(source, ['-nostdlib', '-Wl,-soname,a.so']);
    const bare = bytes.slice();
    bare.fill(0, 0x28, 0x30);
    bare.fill(0, 0x3c, 0x40);
    expect(read(bare)).toEqual(read(bytes));
  });
});

function versionedLibrary(): Uint8Array {
  const script = 'V_1 { global: old; }; V_2 { global: fresh; old; local: *; } V_1;';
  return compiled(versioned, ['-nostdlib', '-Wl,--version-script=a.map'], { 'a.map': script });
}

describe('a file of any word size and byte order', () => {
  it('is read as it was written, through either kind of header and hash table', () => {
    fc.assert(
      fc.property(elfSpec, (spec) => {
        const exported = spec.symbols.filter(
          ({ defined, bind, type, visibility }) =>
            defined && bind !== 0 && type !== 3 && type !== 4 && (visibility === 0 || visibility === 3),
        );
        const names = exported.map(({ name, version }) => {
          const wanted = version === undefined ? undefined : spec.versions[version];
          return wanted === undefined || wanted === name ? name : `${name}@${wanted}`;
        });
        expect(read(writeElf(spec))).toEqual({
          type: 'shared',
          machine: spec.wide ? 'x86_64' : 'x86_32',
          soname: spec.soname,
          symbols: [...new Set([...spec.versions, ...names])].sort(),
        });
      }),
      { numRuns: 500 },
    );
  });

  it('never makes the reader fail, whatever is cut or flipped', () => {
    fc.assert(
      fc.property(
        elfSpec,
        fc.array(fc.tuple(fc.double({ min: 0, max: 1 }), fc.nat(255))),
        fc.nat(),
        (spec, flips, cut) => {
          const bytes = writeElf(spec);
          for (const [place, value] of flips) bytes[Math.floor(place * (bytes.length - 1))] = value;
          const result = readElf(bytes.subarray(0, bytes.length - (cut % bytes.length)));
          expect(typeof result.ok).toBe('boolean');
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('a damaged library that gcc made', () => {
  let bytes: Uint8Array;
  let tables: number;
  beforeAll(() => {
    bytes = versionedLibrary();
    tables = Math.min(bytes.length, 0x800);
  });

  it('is refused in words or read, wherever it is cut', () => {
    for (let length = 0; length < bytes.length; length += 7) {
      const result = readElf(bytes.slice(0, length));
      if (!result.ok) expect(result.error).not.toBe('');
    }
  });

  it('is refused in words or read, whichever bit of its tables is flipped', () => {
    const damaged = bytes.slice();
    let refused = 0;
    for (let at = 0; at < tables; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
        if (!readElf(damaged).ok) refused += 1;
        damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
      }
    }
    expect(refused).toBeGreaterThan(100);
  });

  it('is refused, and not read for long, when all its symbols share one long name', () => {
    const symbols = Array.from({ length: 100 }, () => ({
      ...{ name: 'n'.repeat(20), version: undefined, bind: 1, type: 2, visibility: 0, defined: true },
    }));
    const spec = {
      wide: true,
      little: true,
      headers: 'segments',
      hash: 'gnu',
      soname: 'a',
      versions: [],
      symbols,
    } as const;
    const limits = { ...defaultElfLimits, allNamesBytes: 1999 };
    expect(readElf(writeElf(spec), limits)).toEqual({ ok: false, error: 'more than 1999 bytes of names' });
    expect(readElf(writeElf(spec), { ...defaultElfLimits, symbols: 100 })).toMatchObject({ ok: false });
    expect(readElf(writeElf(spec), { ...defaultElfLimits, nameBytes: 19 })).toMatchObject({ ok: false });
    expect(readElf(writeElf(spec)).ok).toBe(true);
  });
});

describe('what is no library', () => {
  it('is no ELF file', () => {
    expect(readElf(new TextEncoder().encode('!<arch>\n'))).toEqual({ ok: true, value: undefined });
    expect(readElf(new Uint8Array())).toEqual({ ok: true, value: undefined });
  });

  it('is an object file, and exports nothing', () => {
    expect(read(compiled('int f(void) { return 1; }', ['-r', '-nostdlib', '-no-pie']))).toMatchObject({
      soname: undefined,
    });
  });
});

/** Libraries of this machine, a few of the largest among them. */
const directory = ['/usr/lib64', '/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib'].find(
  (path) => libraries(path).length > 5,
);

function libraries(path: string): readonly string[] {
  try {
    return readdirSync(path)
      .filter((name) => /\.so\.\d+(?:\.\d+)*$/.test(name))
      .map((name) => join(path, name))
      .filter(
        (file) =>
          statSync(file).size < 64 * 1024 * 1024 && readFileSync(file).subarray(1, 4).toString() === 'ELF',
      );
  } catch {
    return [];
  }
}

(directory === undefined ? describe.skip : describe)('the libraries of this machine', () => {
  const bySize = libraries(directory ?? '').toSorted((a, b) => statSync(b).size - statSync(a).size);
  const step = Math.max(1, Math.floor(bySize.length / 12));
  const sample = [...bySize.slice(0, 3), ...bySize.filter((_, index) => index % step === 0)];

  it.each([...new Set(sample)])('export what nm and readelf say: %s', (path) => {
    const facts = read(new Uint8Array(readFileSync(path)));
    expect(facts.soname).toBe(sonameOfReadelf(path));
    if (facts.soname !== undefined) expect(facts.symbols).toEqual(symbolsOfNm(path));
  });
});

describe('the name of a machine', () => {
  it.each([
    [62, true, 0, 'x86_64'],
    [62, false, 0, 'x86_x32'],
    [3, false, 0, 'x86_32'],
    [183, true, 0, 'arm_64'],
    [40, false, 0x5000400, 'arm_32'],
    [243, true, 5, 'riscv_lp64d'],
    [258, true, 0x43, 'loong_lp64d'],
    [8, true, 0, 'mips_n64'],
    [8, false, 0x1000, 'mips_o32'],
    [8, false, 0x20, 'mips_n32'],
    [21, true, 2, 'ppc_64'],
    [9999, true, 0, 'em9999_64'],
  ])(
    'is the one that Portage writes: e_machine %i, 64 bits %s, flags %i is %s',
    (number, wide, flags, name) => {
      expect(elfMachine({ number, wide, flags })).toBe(name);
    },
  );
});
