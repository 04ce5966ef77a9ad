import { defaultElfLimits, type ElfLimits } from './elf-limits.js';

const mebibyte = 1024 * 1024;

/** What finding the ABI of one package may cost, and how much of it is kept. */
export interface AbiLimits {
  readonly elf: ElfLimits;
  /** Longest ELF file that is read, in bytes; one is in memory at a time. */
  readonly fileBytes: number;
  /** Longest image that is read, in bytes after decompression. */
  readonly imageBytes: number;
  /** Most libraries in one package. */
  readonly libraries: number;
  /** Most symbols of one library that are kept by name; of a larger one only the digest is. */
  readonly listedSymbols: number;
  /** Longest lists of one package together, in characters; the largest libraries are the first to lose theirs. */
  readonly listedChars: number;
}

/** Limits that only the very largest packages exceed: libLLVM is kept as a digest. */
export const defaultAbiLimits: AbiLimits = {
  elf: defaultElfLimits,
  fileBytes: 256 * mebibyte,
  imageBytes: 16 * 1024 * mebibyte,
  libraries: 4096,
  listedSymbols: 10_000,
  listedChars: mebibyte,
};
