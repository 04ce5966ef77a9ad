import { err, ok, type Result } from '@swarm/kernel';

import { type ElfDynamic, findDynamic, symbolBytes } from './elf-dynamic.js';
import { type ElfHeader, type ElfType, isElf, readElfHeader } from './elf-header.js';
import { defaultElfLimits, type ElfLimits } from './elf-limits.js';
import { compareText, textOf } from './text.js';

/** What an ELF file offers to those that are linked with it. */
export interface ElfFacts {
  readonly type: ElfType;
  /** As Portage's NEEDED.ELF.2 names it: `x86_64`, `x86_32`, `arm_64`. */
  readonly machine: string;
  /** The name under which others ask for the library (DT_SONAME). */
  readonly soname: string | undefined;
  /**
   * The exported dynamic symbols, sorted, each once: `name`, or `name@VERSION` where the library has versions,
   * which are in the list themselves. Whether a version is the default one (`@@`) matters to the linker and not to what was linked, so it is not told.
   */
  readonly symbols: readonly string[];
}

const bind = { global: 1, weak: 2, gnuUnique: 10 } as const;
const exportedBinds: ReadonlySet<number> = new Set(Object.values(bind));
const visibility = { default: 0, protected: 3 } as const;
/** Symbols that stand for a section or a source file. */
const nameless: ReadonlySet<number> = new Set([3, 4]);
const undefinedSection = 0;
/** Version numbers of symbols: 0 is local, 1 has no version, the highest bit marks all but the default. */
const version = { local: 0, global: 1, mask: 0x7fff } as const;
const versionDefinitionBytes = 20;
const isBase = 1;

/**
 * Reads what an ELF file exports: 32 or 64 bits, either byte order, with or without section headers.
 * `undefined` for what is no ELF file; an error in words for one that contradicts itself or breaks a limit.
 */
export function readElf(
  bytes: Uint8Array,
  limits: ElfLimits = defaultElfLimits,
): Result<ElfFacts | undefined, string> {
  if (!isElf(bytes)) return ok(undefined);
  const header = readElfHeader(bytes);
  if (!header.ok) return header;
  const { type, machine } = header.value;
  const dynamic = findDynamic(header.value, limits);
  if (!dynamic.ok) return dynamic;
  if (dynamic.value === undefined) return ok({ type, machine, soname: undefined, symbols: [] });
  const names = stringsOf(bytes, dynamic.value.strings, limits.nameBytes);
  const soname = dynamic.value.soname === 0 ? ok(undefined) : names(dynamic.value.soname);
  if (!soname.ok) return soname;
  const symbols = readSymbols(header.value, dynamic.value, { names, limits });
  return symbols.ok ? ok({ type, machine, soname: soname.value?.text, symbols: symbols.value }) : symbols;
}

interface Name {
  readonly text: string;
  readonly sizeBytes: number;
}

type Names = (offset: number) => Result<Name, string>;

/** Names by their offset in a string table; each ends with a NUL inside of it. */
function stringsOf(bytes: Uint8Array, { at, sizeBytes }: ElfDynamic['strings'], longestBytes: number): Names {
  return (offset) => {
    if (offset >= sizeBytes) return err('a name lies outside of the string table');
    const from = at + offset;
    const room = bytes.subarray(from, Math.min(at + sizeBytes, from + longestBytes + 1));
    const end = room.indexOf(0);
    if (end === -1) return err(`a name without end, or longer than ${longestBytes} bytes`);
    return ok({ text: textOf(room.subarray(0, end)), sizeBytes: end });
  };
}

function readSymbols(
  header: ElfHeader,
  dynamic: ElfDynamic,
  { names, limits }: { readonly names: Names; readonly limits: ElfLimits },
): Result<readonly string[], string> {
  const { symbols, symbolVersions } = dynamic;
  const { file } = header;
  if (symbols === undefined) return ok([]);
  const { at, count } = symbols;
  const entryBytes = symbolBytes(header);
  if (count > limits.symbols) return err(`more than ${limits.symbols} symbols`);
  if (!file.has(at, count * entryBytes)) return err('the symbol table lies outside of the file');
  if (symbolVersions !== undefined && !file.has(symbolVersions, count * 2))
    return err('the symbol versions lie outside of the file');
  const versions = readVersions(header, dynamic, { names, limits });
  if (!versions.ok) return versions;
  // The versions themselves are asked for, too. GNU ld writes a symbol for each, others do not.
  const found = new Set(versions.value.values());
  let namesBytes = 0;
  for (let index = 1; index < count; index += 1) {
    const nameAt = exportedName(header, at + index * entryBytes);
    const number =
      symbolVersions === undefined ? version.global : file.u16(symbolVersions + index * 2) & version.mask;
    if (nameAt === undefined || number === version.local) continue;
    const name = names(nameAt);
    if (!name.ok) return name;
    const wanted = versions.value.get(number);
    const suffix = wanted === undefined || wanted === name.value.text ? '' : `@${wanted}`;
    namesBytes += name.value.sizeBytes + suffix.length;
    if (namesBytes > limits.allNamesBytes) return err(`more than ${limits.allNamesBytes} bytes of names`);
    found.add(name.value.text + suffix);
  }
  return ok([...found].sort(compareText));
}

/** Offset of the name of a symbol that others may use; `undefined` for one that is needed from others, or private. */
function exportedName({ file }: ElfHeader, at: number): number | undefined {
  const info = file.u8(at + (file.wide ? 4 : 12));
  const seen = file.u8(at + (file.wide ? 5 : 13)) & 3;
  const sectionIndex = file.u16(at + (file.wide ? 6 : 14));
  const name = file.u32(at);
  const isExported =
    sectionIndex !== undefinedSection &&
    exportedBinds.has(info >> 4) &&
    !nameless.has(info & 0xf) &&
    (seen === visibility.default || seen === visibility.protected);
  return isExported && name !== 0 ? name : undefined;
}

/** Versions by their number; the base, which is the library itself, is none. */
function readVersions(
  { file }: ElfHeader,
  { versionDefinitions }: ElfDynamic,
  { names, limits }: { readonly names: Names; readonly limits: ElfLimits },
): Result<ReadonlyMap<number, string>, string> {
  const versions = new Map<number, string>();
  if (versionDefinitions === undefined) return ok(versions);
  const { count } = versionDefinitions;
  if (count > limits.versions) return err(`more than ${limits.versions} versions`);
  let { at } = versionDefinitions;
  let namesBytes = 0;
  for (let index = 0; index < count; index += 1) {
    const nameAt = at + file.u32(at + 12);
    if (!file.has(at, versionDefinitionBytes) || !file.has(nameAt, 4))
      return err('the versions lie outside of the file');
    const number = file.u16(at + 4) & version.mask;
    const name = names(file.u32(nameAt));
    if (!name.ok) return name;
    namesBytes += name.value.sizeBytes;
    if (namesBytes > limits.allNamesBytes) return err(`more than ${limits.allNamesBytes} bytes of versions`);
    if ((file.u16(at + 2) & isBase) === 0 && number > version.global) versions.set(number, name.value.text);
    const next = file.u32(at + 16);
    if (next === 0) break;
    at += next;
  }
  return ok(versions);
}
