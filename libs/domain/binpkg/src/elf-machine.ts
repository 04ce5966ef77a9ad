/** `e_machine` by the family that Portage names it with. */
const families: ReadonlyMap<number, string> = new Map([
  [2, 'sparc'],
  [3, 'x86'],
  [4, 'm68k'],
  [8, 'mips'],
  [15, 'hppa'],
  [18, 'sparc'],
  [20, 'ppc'],
  [21, 'ppc'],
  [22, 's390'],
  [40, 'arm'],
  [42, 'sh'],
  [43, 'sparc'],
  [50, 'ia64'],
  [62, 'x86'],
  [183, 'arm'],
  [243, 'riscv'],
  [258, 'loong'],
  [0x9026, 'alpha'],
]);
const x86_64 = 62;

/** Calling conventions of LoongArch by the low bits of `e_flags`. */
const loongAbis = ['', 'lp64s', 'lp64f', 'lp64d', '', 'ilp32s', 'ilp32f', 'ilp32d'] as const;
/** Calling conventions of MIPS by bits 12 to 15 of `e_flags`. */
const mipsAbis = ['', 'o32', 'o64', 'eabi32', 'eabi64'] as const;

/**
 * The multilib category that Portage writes into NEEDED.ELF.2, PROVIDES and REQUIRES: two libraries of one SONAME
 * are the same library only within one category. `em<number>` where Portage has no name.
 */
export function elfMachine(machine: {
  readonly number: number;
  readonly wide: boolean;
  readonly flags: number;
}): string {
  const { number, wide } = machine;
  const bits = wide ? '64' : '32';
  const family = families.get(number);
  if (family === undefined) return `em${number}_${bits}`;
  if (number === x86_64 && !wide) return 'x86_x32';
  return `${family}_${conventionOf(family, machine) || bits}`;
}

/** The calling convention, where the word size alone does not tell it; empty when the flags do not say. */
function conventionOf(family: string, { wide, flags }: { wide: boolean; flags: number }): string {
  switch (family) {
    case 'loong':
      return loongAbis[flags & 7] ?? '';
    case 'mips':
      if ((flags & 0xf000) !== 0) return mipsAbis[(flags & 0xf000) >> 12] ?? '';
      if ((flags & 0x20) !== 0) return 'n32';
      return wide ? 'n64' : '';
    case 'riscv':
      // Portage names only the two that Gentoo has, both with compressed instructions.
      if ((flags & 0xffff) === 5) return wide ? 'lp64d' : 'ilp32d';
      return (flags & 0xffff) === 1 ? (wide ? 'lp64' : 'ilp32') : '';
    default:
      return '';
  }
}
