import { err, ok, type Result } from '@swarm/kernel';

import { elfMachine } from './elf-machine.js';

/** Reads integers of an ELF file in its own byte order and word size; what lies beyond the end reads as 0. */
export interface ElfBytes {
  readonly bytes: Uint8Array;
  /** Whether addresses and offsets have 8 bytes instead of 4. */
  readonly wide: boolean;
  u8(at: number): number;
  u16(at: number): number;
  u32(at: number): number;
  u64(at: number): number;
  /** An address or offset, in the file's word size. Beyond 2^53 it is not exact, and outside of every file. */
  word(at: number): number;
  /** Whether the whole range lies in the file. */
  has(at: number, lengthBytes: number): boolean;
}

export type ElfType = 'relocatable' | 'executable' | 'shared' | 'core' | 'other';

/** The head of an ELF file. */
export interface ElfHeader {
  readonly file: ElfBytes;
  readonly type: ElfType;
  /** As Portage's NEEDED.ELF.2 names it: `x86_64`, `x86_32`, `arm_64`. */
  readonly machine: string;
  /** `e_machine`. */
  readonly machineNumber: number;
  readonly programHeaders: { readonly at: number; readonly entryBytes: number; readonly count: number };
  readonly sections: { readonly at: number; readonly entryBytes: number; readonly count: number };
}

/** Bytes of which the kind of an ELF file can be told: `isSharedElf` needs no more. */
export const elfHeadBytes = 18;

const types: readonly ElfType[] = ['other', 'relocatable', 'executable', 'shared', 'core'];
const headerBytes = { narrow: 52, wide: 64 } as const;

/** Whether the bytes begin as an ELF file does. */
export function isElf(head: Uint8Array): boolean {
  return head[0] === 0x7f && head[1] === 0x45 && head[2] === 0x4c && head[3] === 0x46;
}

/** Whether an ELF file begins here that is a shared object: a library, or a program that may lie anywhere. */
export function isSharedElf(head: Uint8Array): boolean {
  return isElf(head) && (head[5] === 2 ? head[17] === 3 && head[16] === 0 : head[16] === 3 && head[17] === 0);
}

/** Reads the head of a file that begins as ELF does. */
export function readElfHeader(bytes: Uint8Array): Result<ElfHeader, string> {
  const [wordClass, order] = [bytes[4], bytes[5]];
  if (wordClass !== 1 && wordClass !== 2) return err(`unknown ELF class ${wordClass ?? 'none'}`);
  if (order !== 1 && order !== 2) return err(`unknown ELF byte order ${order ?? 'none'}`);
  const wide = wordClass === 2;
  if (bytes.length < (wide ? headerBytes.wide : headerBytes.narrow)) return err('ends inside the ELF header');
  const file = elfBytes(bytes, wide, order === 1);
  const machineNumber = file.u16(18);
  const tail = wide ? 48 : 36;
  return ok({
    file,
    type: types[file.u16(16)] ?? 'other',
    machine: elfMachine({ number: machineNumber, wide, flags: file.u32(tail) }),
    machineNumber,
    programHeaders: {
      at: file.word(wide ? 32 : 28),
      entryBytes: file.u16(tail + 6),
      count: file.u16(tail + 8),
    },
    sections: { at: file.word(wide ? 40 : 32), entryBytes: file.u16(tail + 10), count: file.u16(tail + 12) },
  });
}

function elfBytes(bytes: Uint8Array, wide: boolean, little: boolean): ElfBytes {
  const u8 = (at: number): number => bytes[at] ?? 0;
  const pair = (low: number, high: number, base: number): number => low + high * base;
  const u16 = (at: number): number =>
    little ? pair(u8(at), u8(at + 1), 0x100) : pair(u8(at + 1), u8(at), 0x100);
  const u32 = (at: number): number =>
    little ? pair(u16(at), u16(at + 2), 0x10000) : pair(u16(at + 2), u16(at), 0x10000);
  const u64 = (at: number): number =>
    little ? pair(u32(at), u32(at + 4), 0x100000000) : pair(u32(at + 4), u32(at), 0x100000000);
  return {
    ...{ bytes, wide, u8, u16, u32, u64 },
    word: wide ? u64 : u32,
    has: (at, lengthBytes) => at >= 0 && lengthBytes >= 0 && at + lengthBytes <= bytes.length,
  };
}
