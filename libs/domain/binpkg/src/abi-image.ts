import { err, ok, type Result } from '@swarm/kernel';

import type { ArtifactAbi } from './abi.js';
import { type AbiDigest, AbiLibraries } from './abi-libraries.js';
import { type AbiLimits, defaultAbiLimits } from './abi-limits.js';
import { readElf } from './elf.js';
import { elfHeadBytes, isSharedElf } from './elf-header.js';
import { blockBytes, parseTarHeader, type TarHeader } from './tar-header.js';
import { isExtension, longestExtensionBytes, readExtension, type TarExtension } from './tar-reader.js';

/** Debug information is kept in copies of libraries, which nobody is linked with. */
const debugDirectory = /^(?:\.\/)*image\/usr\/lib\/debug\//;
/** A file that others may be linked with, by its name: `libfoo.so`, `libfoo.so.6`. */
const libraryName = /\.so(?:\.[^/]*)?$/;
/** Regular files, in the old spelling too. */
const regularFiles = new Set(['0', '7']);

/** What the next bytes are. */
type Expected =
  | { readonly kind: 'bytes'; readonly buffer: Uint8Array; readonly then: (bytes: Uint8Array) => Step }
  | { readonly kind: 'skip'; readonly sizeBytes: number; readonly then: () => Step }
  | { readonly kind: 'end' };
type Step = Result<Expected, string>;

/**
 * Finds the ABI of a package in its image archive, which is pushed through piece by piece.
 * In memory is at most one ELF file, and none that is longer than the limit.
 */
export class AbiImage {
  readonly #limits: AbiLimits;
  readonly #libraries: AbiLibraries;
  #expected: Expected;
  /** Bytes of what is expected that have come. */
  #done = 0;
  #pushedBytes = 0;
  #extension: TarExtension = {};

  constructor(digestOf: AbiDigest, limits: AbiLimits = defaultAbiLimits) {
    this.#limits = limits;
    this.#libraries = new AbiLibraries(digestOf, limits);
    this.#expected = this.#header();
  }

  /** Takes the next piece. After an error, which says in words why the ABI stays unknown, nothing may follow. */
  push(piece: Uint8Array): Result<void, string> {
    this.#pushedBytes += piece.length;
    if (this.#pushedBytes > this.#limits.imageBytes)
      return err(`the image is longer than ${this.#limits.imageBytes} bytes`);
    let at = 0;
    while (at < piece.length && this.#expected.kind !== 'end') {
      at += this.#take(piece.subarray(at));
      const step = this.#settle();
      if (!step.ok) return step;
    }
    return ok(undefined);
  }

  /** What was found, once all was pushed. */
  end(): Result<ArtifactAbi, string> {
    return this.#expected.kind === 'end' ? ok(this.#libraries.abi()) : err('the image lacks its end');
  }

  #take(bytes: Uint8Array): number {
    const expected = this.#expected;
    if (expected.kind === 'end') return bytes.length;
    const wanted = (expected.kind === 'skip' ? expected.sizeBytes : expected.buffer.length) - this.#done;
    const taken = Math.min(wanted, bytes.length);
    if (expected.kind === 'bytes') expected.buffer.set(bytes.subarray(0, taken), this.#done);
    this.#done += taken;
    return taken;
  }

  /** Goes on for as long as all that is expected has come; what is empty has come at once. */
  #settle(): Result<void, string> {
    for (;;) {
      const expected = this.#expected;
      if (expected.kind === 'end') return ok(undefined);
      const sizeBytes = expected.kind === 'skip' ? expected.sizeBytes : expected.buffer.length;
      if (this.#done < sizeBytes) return ok(undefined);
      const next = expected.kind === 'skip' ? expected.then() : expected.then(expected.buffer);
      if (!next.ok) return next;
      this.#expected = next.value;
      this.#done = 0;
    }
  }

  #header(): Expected {
    return whole(blockBytes, (block) => this.#member(block));
  }

  #member(block: Uint8Array): Step {
    if (block.every((byte) => byte === 0)) return ok({ kind: 'end' });
    const header = parseTarHeader(block);
    if (header === undefined) return err('the image has no valid tar header where one must be');
    if (isExtension(header)) return this.#extend(header);
    const sizeBytes = this.#extension.sizeBytes ?? header.sizeBytes;
    const path = this.#extension.path ?? header.name;
    this.#extension = {};
    const isCandidate =
      regularFiles.has(header.typeFlag) && sizeBytes >= elfHeadBytes && !debugDirectory.test(path);
    return ok(isCandidate ? this.#candidate(path, sizeBytes) : this.#skip(padded(sizeBytes)));
  }

  #extend(header: TarHeader): Step {
    const { sizeBytes } = header;
    if (sizeBytes > longestExtensionBytes)
      return err(`a tar header of the image is longer than ${longestExtensionBytes} bytes`);
    return ok(
      whole(padded(sizeBytes), (content) => {
        const read = readExtension(header, content.subarray(0, sizeBytes));
        if (!read.ok) return err(read.error.message);
        this.#extension = { ...this.#extension, ...read.value };
        return ok(this.#header());
      }),
    );
  }

  /** Looks at the head of a file; only what may be a library is read as a whole. */
  #candidate(path: string, sizeBytes: number): Expected {
    return whole(elfHeadBytes, (head) => {
      if (!isSharedElf(head)) return ok(this.#skip(padded(sizeBytes) - elfHeadBytes));
      if (sizeBytes <= this.#limits.fileBytes) return ok(this.#library(path, head, sizeBytes));
      return libraryName.test(path)
        ? err(`${path} is longer than ${this.#limits.fileBytes} bytes`)
        : ok(this.#skip(padded(sizeBytes) - elfHeadBytes));
    });
  }

  #library(path: string, head: Uint8Array, sizeBytes: number): Expected {
    const file = new Uint8Array(sizeBytes);
    file.set(head);
    return {
      kind: 'bytes',
      buffer: file.subarray(elfHeadBytes),
      then: () => {
        const facts = readElf(file, this.#limits.elf);
        // What is named as a library and cannot be read may still be one: then the whole is unknown.
        if (!facts.ok && libraryName.test(path)) return err(`${path}: ${facts.error}`);
        const added = facts.ok && facts.value ? this.#libraries.add(facts.value) : ok(undefined);
        return added.ok ? ok(this.#skip(padded(sizeBytes) - sizeBytes)) : added;
      },
    };
  }

  #skip(sizeBytes: number): Expected {
    return { kind: 'skip', sizeBytes, then: () => ok(this.#header()) };
  }
}

function whole(sizeBytes: number, then: (bytes: Uint8Array) => Step): Expected {
  return { kind: 'bytes', buffer: new Uint8Array(sizeBytes), then };
}

function padded(sizeBytes: number): number {
  return Math.ceil(sizeBytes / blockBytes) * blockBytes;
}
