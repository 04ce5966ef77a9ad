/** What reading one ELF file may cost; everything beyond is refused, nothing is guessed. */
export interface ElfLimits {
  /** Most program headers. */
  readonly programHeaders: number;
  /** Most section headers. */
  readonly sections: number;
  /** Most entries of the dynamic section. */
  readonly dynamicEntries: number;
  /** Most entries of the dynamic symbol table. */
  readonly symbols: number;
  /** Longest name of a symbol, a version or a library, in bytes. */
  readonly nameBytes: number;
  /** Longest names of all symbols together, in bytes: many symbols may share one long name. */
  readonly allNamesBytes: number;
  /** Most symbol versions that a library defines. */
  readonly versions: number;
}

/** Limits that the largest libraries of a Gentoo tree fit into several times (libLLVM: 45,000 symbols, 4 MB of names). */
export const defaultElfLimits: ElfLimits = {
  programHeaders: 4096,
  sections: 65_279,
  dynamicEntries: 65_536,
  symbols: 1_000_000,
  nameBytes: 64 * 1024,
  allNamesBytes: 64 * 1024 * 1024,
  versions: 32_766,
};
