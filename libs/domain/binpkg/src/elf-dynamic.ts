import { err, ok, type Result } from '@swarm/kernel';

import type { ElfHeader } from './elf-header.js';
import type { ElfLimits } from './elf-limits.js';

/** A table in the file. */
export interface ElfTable {
  readonly at: number;
  readonly count: number;
}

/** Where the file keeps what a dynamic linker reads. */
export interface ElfDynamic {
  readonly strings: { readonly at: number; readonly sizeBytes: number };
  /** Offset of the library's own name in the strings; 0 when it has none. */
  readonly soname: number;
  readonly symbols: ElfTable | undefined;
  /** A version number of 2 bytes for each symbol. */
  readonly symbolVersions: number | undefined;
  readonly versionDefinitions: ElfTable | undefined;
}

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly sizeBytes: number;
}

interface Section {
  readonly type: number;
  readonly offset: number;
  readonly sizeBytes: number;
  readonly link: number;
  readonly info: number;
  readonly entryBytes: number;
}

const segment = { load: 1, dynamic: 2 } as const;
const section = { dynamic: 6, dynsym: 11, verdef: 0x6ffffffd, versym: 0x6fffffff } as const;
const tag = {
  null: 0,
  hash: 4,
  strtab: 5,
  symtab: 6,
  strsz: 10,
  syment: 11,
  soname: 14,
  gnuHash: 0x6ffffef5,
  versym: 0x6ffffff0,
  verdef: 0x6ffffffc,
  verdefnum: 0x6ffffffd,
} as const;
/** Machines whose 64-bit DT_HASH has entries of 8 bytes: Alpha and s390x. */
const wideHashMachines = new Set([0x9026, 22]);

/**
 * Finds the dynamic tables: through the program headers, as a dynamic linker does, and where there are none through
 * the section headers. `undefined` for a file that is not linked dynamically.
 */
export function findDynamic(header: ElfHeader, limits: ElfLimits): Result<ElfDynamic | undefined, string> {
  const segments = readSegments(header, limits);
  if (!segments.ok) return segments;
  const dynamic = segments.value.find(({ type, sizeBytes }) => type === segment.dynamic && sizeBytes > 0);
  // Whatever is loaded has segments; their absence alone makes the sections the better witness.
  if (dynamic === undefined && segments.value.length > 0) return ok(undefined);
  const sections = readSections(header, limits);
  if (dynamic !== undefined) {
    const usable = sections.ok ? sections.value : [];
    return throughSegments(header, { segments: segments.value, sections: usable, dynamic }, limits);
  }
  return sections.ok ? throughSections(header, sections.value, limits) : sections;
}

/** Size of one entry of the symbol table. */
export function symbolBytes(header: ElfHeader): number {
  return header.file.wide ? 24 : 16;
}

function throughSegments(
  header: ElfHeader,
  found: { segments: readonly Segment[]; sections: readonly Section[]; dynamic: Segment },
  limits: ElfLimits,
): Result<ElfDynamic | undefined, string> {
  const tags = readTags(header, found.dynamic.offset, found.dynamic.sizeBytes, limits);
  if (!tags.ok) return tags;
  const { file } = header;
  const placeOf: PlaceOf = (name) => {
    const address = tags.value.get(tag[name]);
    return address === undefined ? undefined : offsetOf(found.segments, address);
  };
  const strings = { at: placeOf('strtab') ?? -1, sizeBytes: tags.value.get(tag.strsz) ?? 0 };
  if (!tags.value.has(tag.strtab)) return ok(undefined);
  if (!file.has(strings.at, strings.sizeBytes)) return err('the string table lies outside of the file');
  const entryBytes = tags.value.get(tag.syment) ?? symbolBytes(header);
  if (entryBytes !== symbolBytes(header)) return err(`symbols of ${entryBytes} bytes`);
  const symbols = symbolsOf(header, placeOf, found.sections);
  if (!symbols.ok) return symbols;
  if (symbols.value === undefined && tags.value.has(tag.symtab))
    return err('the symbol table lies outside of the file');
  const verdef = placeOf('verdef');
  return ok({
    strings,
    soname: tags.value.get(tag.soname) ?? 0,
    symbols: symbols.value,
    symbolVersions: placeOf('versym'),
    versionDefinitions:
      verdef === undefined ? undefined : { at: verdef, count: tags.value.get(tag.verdefnum) ?? 0 },
  });
}

/** Where the table of that tag lies in the file. */
type PlaceOf = (name: keyof typeof tag) => number | undefined;

function symbolsOf(
  header: ElfHeader,
  placeOf: PlaceOf,
  sections: readonly Section[],
): Result<ElfTable | undefined, string> {
  const at = placeOf('symtab');
  if (at === undefined) return ok(undefined);
  const count = countSymbols(header, {
    hash: placeOf('hash'),
    gnuHash: placeOf('gnuHash'),
    section: sections.find((one) => one.type === section.dynsym && one.offset === at),
  });
  return count.ok ? ok({ at, count: count.value }) : count;
}

function throughSections(
  header: ElfHeader,
  sections: readonly Section[],
  limits: ElfLimits,
): Result<ElfDynamic | undefined, string> {
  const of = (type: number): Section | undefined => sections.find((one) => one.type === type);
  const dynamic = of(section.dynamic);
  const strings = dynamic && sections[dynamic.link];
  if (dynamic === undefined || strings === undefined) return ok(undefined);
  if (!header.file.has(strings.offset, strings.sizeBytes))
    return err('the string table lies outside of the file');
  const tags = readTags(header, dynamic.offset, dynamic.sizeBytes, limits);
  if (!tags.ok) return tags;
  const symbols = of(section.dynsym);
  const verdef = of(section.verdef);
  return ok({
    strings: { at: strings.offset, sizeBytes: strings.sizeBytes },
    soname: tags.value.get(tag.soname) ?? 0,
    symbols: symbols && { at: symbols.offset, count: Math.floor(symbols.sizeBytes / symbolBytes(header)) },
    symbolVersions: of(section.versym)?.offset,
    versionDefinitions: verdef && { at: verdef.offset, count: verdef.info },
  });
}

function readSegments(header: ElfHeader, limits: ElfLimits): Result<readonly Segment[], string> {
  const { file, programHeaders } = header;
  const { at, entryBytes, count } = programHeaders;
  if (count > limits.programHeaders) return err(`more than ${limits.programHeaders} program headers`);
  if (count > 0 && (entryBytes < (file.wide ? 56 : 32) || !file.has(at, count * entryBytes)))
    return err('the program headers lie outside of the file');
  return ok(
    Array.from({ length: count }, (_, index) => {
      const from = at + index * entryBytes;
      return {
        type: file.u32(from),
        offset: file.word(from + (file.wide ? 8 : 4)),
        address: file.word(from + (file.wide ? 16 : 8)),
        sizeBytes: file.word(from + (file.wide ? 32 : 16)),
      };
    }),
  );
}

function readSections(header: ElfHeader, limits: ElfLimits): Result<readonly Section[], string> {
  const { file, sections } = header;
  const { at, entryBytes, count } = sections;
  if (count > limits.sections) return err(`more than ${limits.sections} sections`);
  if (count > 0 && (entryBytes < (file.wide ? 64 : 40) || !file.has(at, count * entryBytes)))
    return err('the section headers lie outside of the file');
  return ok(
    Array.from({ length: count }, (_, index) => {
      const from = at + index * entryBytes;
      return {
        type: file.u32(from + 4),
        offset: file.word(from + (file.wide ? 24 : 16)),
        sizeBytes: file.word(from + (file.wide ? 32 : 20)),
        link: file.u32(from + (file.wide ? 40 : 24)),
        info: file.u32(from + (file.wide ? 44 : 28)),
        entryBytes: file.word(from + (file.wide ? 56 : 36)),
      };
    }),
  );
}

/** The entries of the dynamic section by their tag, up to DT_NULL; of those that occur twice, the last. */
function readTags(
  { file }: ElfHeader,
  at: number,
  sizeBytes: number,
  limits: ElfLimits,
): Result<ReadonlyMap<number, number>, string> {
  if (!file.has(at, sizeBytes)) return err('the dynamic section lies outside of the file');
  const wordBytes = file.wide ? 8 : 4;
  const count = Math.floor(sizeBytes / (2 * wordBytes));
  if (count > limits.dynamicEntries) return err(`more than ${limits.dynamicEntries} dynamic entries`);
  const tags = new Map<number, number>();
  for (let index = 0; index < count; index += 1) {
    const from = at + index * 2 * wordBytes;
    const key = file.word(from);
    if (key === tag.null) break;
    tags.set(key, file.word(from + wordBytes));
  }
  return ok(tags);
}

/** Where an address of the loaded program lies in the file. */
function offsetOf(segments: readonly Segment[], address: number): number | undefined {
  const found = segments.find(
    (one) => one.type === segment.load && address >= one.address && address < one.address + one.sizeBytes,
  );
  return found && found.offset + address - found.address;
}

/** No header tells the length of the symbol table: the hash tables imply it, and its section does. */
function countSymbols(
  header: ElfHeader,
  tables: {
    readonly hash: number | undefined;
    readonly gnuHash: number | undefined;
    readonly section: Section | undefined;
  },
): Result<number, string> {
  const { file } = header;
  if (tables.hash !== undefined) {
    const wide = file.wide && wideHashMachines.has(header.machineNumber);
    return ok(wide ? file.u64(tables.hash + 8) : file.u32(tables.hash + 4));
  }
  if (tables.gnuHash !== undefined) return countOfGnuHash(header, tables.gnuHash);
  return tables.section === undefined
    ? err('nothing tells the number of symbols')
    : ok(Math.floor(tables.section.sizeBytes / symbolBytes(header)));
}

function countOfGnuHash({ file }: ElfHeader, at: number): Result<number, string> {
  const [buckets, firstHashed, bloomWords] = [file.u32(at), file.u32(at + 4), file.u32(at + 8)];
  const bucketsAt = at + 16 + bloomWords * (file.wide ? 8 : 4);
  const chainsAt = bucketsAt + buckets * 4;
  if (!file.has(bucketsAt, buckets * 4)) return err('the hash table lies outside of the file');
  let last = 0;
  for (let index = 0; index < buckets; index += 1) last = Math.max(last, file.u32(bucketsAt + index * 4));
  if (last < firstHashed) return ok(firstHashed);
  // The last chain ends at the last symbol; the lowest bit marks its end.
  for (;;) {
    const linkAt = chainsAt + (last - firstHashed) * 4;
    if (!file.has(linkAt, 4)) return err('the hash table ends outside of the file');
    last += 1;
    if (file.u32(linkAt) % 2 === 1) return ok(last);
  }
}
