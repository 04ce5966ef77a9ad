import { err, ok, type Result } from '@swarm/kernel';

import type { ArtifactAbi, LibraryAbi } from './abi.js';
import type { AbiLimits } from './abi-limits.js';
import type { ElfFacts } from './elf.js';
import { bytesOf, compareText } from './text.js';

/** Digest of bytes, in lower-case hexadecimal. */
export type AbiDigest = (bytes: Uint8Array) => string;

interface Collected {
  /** One for each different set of exports. */
  readonly digests: readonly string[];
  readonly symbols: readonly string[] | null;
  readonly chars: number;
}

/** The libraries of one package so far, whatever the order in which they come. */
export class AbiLibraries {
  readonly #libraries = new Map<string, Collected>();
  #listedChars = 0;

  constructor(
    private readonly digestOf: AbiDigest,
    private readonly limits: AbiLimits,
  ) {}

  /** Adds what others can be linked with: a shared object with a name. All else is passed over. */
  add({ type, machine, soname, symbols }: ElfFacts): Result<void, string> {
    if (type !== 'shared' || soname === undefined || soname === '') return ok(undefined);
    const key = `${machine}:${soname}`;
    const list = symbols.join('\n');
    const digest = this.digestOf(bytesOf(list));
    const held = this.#libraries.get(key);
    if (held?.digests.includes(digest) === true) return ok(undefined);
    if (held === undefined && this.#libraries.size >= this.limits.libraries)
      return err(`more than ${this.limits.libraries} libraries`);
    const listed = held === undefined && symbols.length <= this.limits.listedSymbols;
    this.#put(key, {
      digests: [...(held?.digests ?? []), digest],
      // Of two libraries with one name, who is linked with which is unknown: any change of either counts.
      symbols: listed ? symbols : null,
      chars: listed ? list.length : 0,
    });
    this.#shorten();
    return ok(undefined);
  }

  /** What was collected, sorted by key. */
  abi(): ArtifactAbi {
    const entries = [...this.#libraries].sort(([a], [b]) => compareText(a, b));
    return Object.fromEntries(
      entries.map(([key, { digests, symbols }]): [string, LibraryAbi] => {
        const [only = '', ...more] = digests;
        const digest = more.length === 0 ? only : this.digestOf(bytesOf([...digests].sort().join('\n')));
        return [key, { digest, symbols }];
      }),
    );
  }

  #put(key: string, library: Collected): void {
    this.#listedChars += library.chars - (this.#libraries.get(key)?.chars ?? 0);
    this.#libraries.set(key, library);
  }

  /** Drops the longest lists until the rest fits. */
  #shorten(): void {
    while (this.#listedChars > this.limits.listedChars) {
      const [longest] = [...this.#libraries].sort(
        ([keyA, a], [keyB, b]) => b.chars - a.chars || compareText(keyA, keyB),
      );
      if (longest === undefined) return;
      this.#put(longest[0], { ...longest[1], symbols: null, chars: 0 });
    }
  }
}
