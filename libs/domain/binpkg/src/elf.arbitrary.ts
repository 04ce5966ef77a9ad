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

/** Where a table was written. */
interface Place {
  readonly from: number;
  readonly sizeBytes: number;
}

/** Addresses are offsets plus this, so that a reader that mixes them up is found out. */
const loadAddress = 0x10000;
const tablesFrom = 1024;

/** Writes tables one after the other, in one byte order and word size. */
class Tables {
  readonly bytes = new Uint8Array(16_384);
  at = tablesFrom;
  readonly #view = new DataView(this.bytes.buffer);
  readonly #strings: number[] = [0];

  constructor(
    readonly wide: boolean,
    private readonly little: boolean,
  ) {}

  /** Writes one value for each letter: its size in bytes, or `w` for a word. */
  put(sizes: string, ...values: readonly number[]): void {
    for (const [index, size] of Array.from(sizes).entries()) {
      const value = values[index] ?? 0;
      if (size === '1') this.#view.setUint8(this.at, value);
      else if (size === '2') this.#view.setUint16(this.at, value, this.little);
      else if (size === '4' || !this.wide) this.#view.setUint32(this.at, value, this.little);
      else this.#view.setBigUint64(this.at, BigInt(value), this.little);
      this.at += size === 'w' ? (this.wide ? 8 : 4) : Number(size);
    }
  }

  /** The offset that a text will have among the strings. */
  string(text: string): number {
    const offset = this.#strings.length;
    this.#strings.push(...new TextEncoder().encode(text), 0);
    return offset;
  }

  strings(): void {
    this.bytes.set(this.#strings, this.at);
    this.at += this.#strings.length;
  }

  table(write: () => void): Place {
    this.at = Math.ceil(this.at / 8) * 8;
    const from = this.at;
    write();
    return { from, sizeBytes: this.at - from };
  }
}

/** Writes the smallest library that a dynamic linker would understand. */
export function writeElf(spec: ElfSpec): Uint8Array {
  const tables = new Tables(spec.wide, spec.little);
  // GNU hash tables list what is undefined first.
  const symbols = [...spec.symbols.filter((s) => !s.defined), ...spec.symbols.filter((s) => s.defined)];
  const versions = ['base', ...spec.versions];
  const written = {
    symbols: tables.table(() => putSymbols(tables, symbols)),
    versym: tables.table(() => {
      tables.put('2', 0);
      for (const { version } of symbols)
        tables.put('2', version === undefined || spec.versions.length === 0 ? 1 : version + 2 + 0x8000);
    }),
    verdef: tables.table(() => putVersions(tables, versions)),
    hash: tables.table(() => putHash(tables, spec.hash, symbols)),
  };
  const soname = spec.soname === undefined ? [] : [[14, tables.string(spec.soname)] as const];
  const strings = tables.table(() => tables.strings());
  const tags: readonly (readonly [tag: number, value: number])[] = [
    [5, strings.from + loadAddress],
    [6, written.symbols.from + loadAddress],
    [10, strings.sizeBytes],
    [spec.hash === 'sysv' ? 4 : 0x6ffffef5, written.hash.from + loadAddress],
    [0x6ffffff0, written.versym.from + loadAddress],
    [0x6ffffffc, written.verdef.from + loadAddress],
    [0x6ffffffd, versions.length],
    ...soname,
    [0, 0],
  ];
  const dynamic = tables.table(() => {
    for (const [tag, value] of tags) tables.put('ww', tag, value);
  });
  const end = tables.at;
  const sections = tables.table(() => {
    if (spec.headers === 'segments') return;
    const section = (type: number, place: Place, link = 0, info = 0): void =>
      tables.put('44wwww44ww', 0, type, 0, place.from, place.from, place.sizeBytes, link, info, 1, 0);
    section(0, { from: 0, sizeBytes: 0 });
    section(3, strings);
    section(6, dynamic, 1);
    section(11, written.symbols, 1, 1);
    section(0x6fffffff, written.versym, 3);
    section(0x6ffffffd, written.verdef, 1, versions.length);
  });
  const file = tables.bytes.slice(0, tables.at);
  putHead(tables, spec, { dynamic, sections, end });
  file.set(tables.bytes.subarray(0, tablesFrom));
  return file;
}

function putSymbols(tables: Tables, symbols: readonly ElfSymbolSpec[]): void {
  tables.put(tables.wide ? '4112ww' : '4ww112');
  for (const { name, bind, type, visibility, defined } of symbols) {
    const head = [bind * 16 + type, visibility, defined ? 7 : 0];
    if (tables.wide) tables.put('4112ww', tables.string(name), ...head, 0x1000, 8);
    else tables.put('4ww112', tables.string(name), 0x1000, 8, ...head);
  }
}

function putVersions(tables: Tables, versions: readonly string[]): void {
  for (const [index, text] of versions.entries()) {
    const next = index === versions.length - 1 ? 0 : 28;
    tables.put('2222444', 1, index === 0 ? 1 : 0, index + 1, 1, 0, 20, next);
    tables.put('44', tables.string(text), 0);
  }
}

function putHash(tables: Tables, kind: ElfSpec['hash'], symbols: readonly ElfSymbolSpec[]): void {
  const count = symbols.length + 1;
  if (kind === 'sysv') {
    tables.put('444', 1, count);
    for (let index = 0; index < count; index += 1) tables.put('4', 0);
    return;
  }
  const firstHashed = 1 + symbols.filter((symbol) => !symbol.defined).length;
  tables.put('4444w4', 1, firstHashed, 1, 0, 0, firstHashed < count ? firstHashed : 0);
  for (let index = firstHashed; index < count; index += 1) tables.put('4', index === count - 1 ? 1 : 2);
}

function putHead(
  tables: Tables,
  { wide, little, headers }: ElfSpec,
  places: { readonly dynamic: Place; readonly sections: Place; readonly end: number },
): void {
  const loaded = headers === 'segments';
  const headBytes = wide ? 64 : 52;
  tables.bytes.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, little ? 1 : 2, 1]);
  tables.at = 16;
  tables.put('224www4', 3, wide ? 62 : 3, 1, 0, loaded ? headBytes : 0, loaded ? 0 : places.sections.from);
  tables.put('222222', headBytes, wide ? 56 : 32, loaded ? 2 : 0, wide ? 64 : 40, loaded ? 0 : 6);
  const segment = (type: number, { from, sizeBytes }: Place): void => {
    const fields = [from, from + loadAddress, 0, sizeBytes, sizeBytes];
    if (wide) tables.put('44wwwwww', type, 5, ...fields, 1);
    else tables.put('4wwwww44', type, ...fields, 5, 1);
  };
  if (!loaded) return;
  segment(1, { from: 0, sizeBytes: places.end });
  segment(2, places.dynamic);
}
