import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';

/** Compiles a library with the machine's gcc; `files` lie beside the source. */
export function compiled(
  source: string,
  flags: readonly string[] = [],
  files: Readonly<Record<string, string>> = {},
): Uint8Array {
  const dir = mkdtempSync(join(tmpdir(), 'elf-'));
  try {
    for (const [name, text] of Object.entries({ ...files, 'a.c': source }))
      writeFileSync(join(dir, name), text);
    const out = join(dir, 'a.so');
    execFileSync('gcc', ['-shared', '-fPIC', '-O1', '-o', out, join(dir, 'a.c'), ...flags], { cwd: dir });
    return new Uint8Array(readFileSync(out));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

export interface ElfSymbolSpec {
  readonly name: string;
  /** Index into the versions, or none. */
  readonly version: number | undefined;
  readonly bind: number;
  readonly type: number;
  readonly visibility: number;
  readonly defined: boolean;
}

export interface ElfSpec {
  readonly wide: boolean;
  readonly little: boolean;
  /** Through which headers the tables are found. */
  readonly headers: 'segments' | 'sections';
  /** What tells the number of symbols. */
  readonly hash: 'sysv' | 'gnu';
  readonly soname: string | undefined;
  readonly versions: readonly string[];
  readonly symbols: readonly ElfSymbolSpec[];
}

const identifier = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_$.]{0,20}$/);

export const elfSpec: fc.Arbitrary<ElfSpec> = fc
  .record({
    wide: fc.boolean(),
    little: fc.boolean(),
    headers: fc.constantFrom('segments' as const, 'sections' as const),
    hash: fc.constantFrom('sysv' as const, 'gnu' as const),
    soname: fc.option(identifier, { nil: undefined }),
    versions: fc.uniqueArray(identifier, { maxLength: 3 }),
  })
  .chain((shape) =>
    fc.record({
      ...(Object.fromEntries(Object.entries(shape).map(([key, value]) => [key, fc.constant(value)])) as {
        [Key in keyof typeof shape]: fc.Arbitrary<(typeof shape)[Key]>;
      }),
      symbols: fc.array(
        fc.record({
          name: identifier,
          version: fc.option(fc.nat(Math.max(shape.versions.length - 1, 0)), { nil: undefined }),
          bind: fc.constantFrom(0, 1, 2, 10),
          type: fc.constantFrom(0, 1, 2, 3, 4, 6),
          visibility: fc.nat(3),
          defined: fc.boolean(),
        }),
        { maxLength: 12 },
      ),
    }),
  );

/** Writes the smallest library that a dynamic linker would understand. */
export function writeElf(spec: ElfSpec): Uint8Array {
  const { wide, little } = spec;
  const view = new DataView(new ArrayBuffer(16_384));
  const bytes = new Uint8Array(view.buffer);
  const word = wide ? 8 : 4;
  const put = (at: number, size: number, value: number): number => {
    if (size === 1) view.setUint8(at, value);
    else if (size === 2) view.setUint16(at, value, little);
    else if (size === 4) view.setUint32(at, value, little);
    else view.setBigUint64(at, BigInt(value), little);
    return at + size;
  };
  const putAll = (at: number, fields: readonly (readonly [size: number, value: number])[]): number =>
    fields.reduce((next, [size, value]) => put(next, size, value), at);

  const strings: number[] = [0];
  const string = (text: string): number => {
    const at = strings.length;
    strings.push(...new TextEncoder().encode(text), 0);
    return at;
  };
  // GNU hash tables list what is undefined first.
  const symbols = [...spec.symbols.filter((s) => !s.defined), ...spec.symbols.filter((s) => s.defined)];
  const count = symbols.length + 1;
  const firstHashed = 1 + symbols.filter((s) => !s.defined).length;
  let at = 1024;
  const symtab = at;
  at += wide ? 24 : 16;
  for (const s of symbols) {
    const info = s.bind * 16 + s.type;
    const head: [number, number][] = [
      [1, info],
      [1, s.visibility],
      [2, s.defined ? 7 : 0],
    ];
    const values: [number, number][] = [
      [word, 0x1000],
      [word, 8],
    ];
    at = putAll(
      at,
      wide ? [[4, string(s.name)], ...head, ...values] : [[4, string(s.name)], ...values, ...head],
    );
  }
  const versym = at;
  at = put(at, 2, 0);
  for (const s of symbols)
    at = put(at, 2, s.version === undefined || spec.versions.length === 0 ? 1 : s.version + 2 + 0x8000);
  const verdef = (at = Math.ceil(at / 8) * 8);
  const defined = ['base', ...spec.versions];
  for (const [index, text] of defined.entries()) {
    const last = index === defined.length - 1;
    at = putAll(at, [
      [2, 1],
      [2, index === 0 ? 1 : 0],
      [2, index + 1],
      [2, 1],
      [4, 0],
      [4, 20],
      [4, last ? 0 : 28],
    ]);
    at = putAll(at, [
      [4, string(text)],
      [4, 0],
    ]);
  }
  const hash = at;
  if (spec.hash === 'sysv')
    at = putAll(at, [[4, 1], [4, count], [4, 0], ...symbols.map((): [number, number] => [4, 0]), [4, 0]]);
  else {
    const chains = symbols
      .slice(firstHashed - 1)
      .map((_, index, all): [number, number] => [4, index === all.length - 1 ? 1 : 2]);
    at = putAll(at, [
      [4, 1],
      [4, firstHashed],
      [4, 1],
      [4, 0],
      [word, 0],
      [4, chains.length === 0 ? 0 : firstHashed],
      ...chains,
    ]);
  }
  const soname = spec.soname === undefined ? undefined : string(spec.soname);
  const strtab = at;
  bytes.set(strings, at);
  at += strings.length;
  const dynamic = (at = Math.ceil(at / 8) * 8);
  const tags: [number, number][] = [
    [5, strtab + 0x10000],
    [6, symtab + 0x10000],
    [10, strings.length],
    [11, wide ? 24 : 16],
    [spec.hash === 'sysv' ? 4 : 0x6ffffef5, hash + 0x10000],
    [0x6ffffff0, versym + 0x10000],
    [0x6ffffffc, verdef + 0x10000],
    [0x6ffffffd, defined.length],
    ...(soname === undefined ? [] : [[14, soname] as [number, number]]),
    [0, 0],
  ];
  for (const [tag, value] of tags)
    at = putAll(at, [
      [word, tag],
      [word, value],
    ]);
  const dynamicBytes = at - dynamic;
  const sections = (at = Math.ceil(at / 8) * 8);
  const section = (
    type: number,
    from: number,
    size: number,
    more: readonly [link: number, info: number],
  ): void => {
    at = putAll(at, [
      [4, 0],
      [4, type],
      [word, 0],
      [word, from],
      [word, from],
      [word, size],
      [4, more[0]],
      [4, more[1]],
      [word, 1],
      [word, 0],
    ]);
  };
  if (spec.headers === 'sections') {
    section(0, 0, 0, [0, 0]);
    section(3, strtab, strings.length, [0, 0]);
    section(6, dynamic, dynamicBytes, [1, 0]);
    section(11, symtab, versym - symtab, [1, 1]);
    section(0x6fffffff, versym, count * 2, [3, 0]);
    section(0x6ffffffd, verdef, hash - verdef, [1, defined.length]);
  }
  const inSegments = spec.headers === 'segments';
  bytes.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, little ? 1 : 2, 1]);
  const headerBytes = wide ? 64 : 52;
  putAll(16, [
    [2, 3],
    [2, wide ? 62 : 3],
    [4, 1],
    [word, 0],
    [word, inSegments ? headerBytes : 0],
    [word, inSegments ? 0 : sections],
    [4, 0],
    [2, headerBytes],
    [2, wide ? 56 : 32],
    [2, inSegments ? 2 : 0],
    [2, wide ? 64 : 40],
    [2, inSegments ? 0 : 6],
    [2, 0],
  ]);
  const segment = (from: number, type: number, start: number, size: number): number => {
    const place: [number, number][] = [
      [word, start],
      [word, start + 0x10000],
      [word, 0],
      [word, size],
      [word, size],
    ];
    return putAll(from, wide ? [[4, type], [4, 5], ...place, [8, 1]] : [[4, type], ...place, [4, 5], [4, 1]]);
  };
  if (inSegments) segment(segment(headerBytes, 1, 0, at), 2, dynamic, dynamicBytes);
  return bytes.slice(0, at);
}
