import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import type { Logger } from '@swarm/platform';
import { z } from 'zod';

import type { BuildLog, LogChunk, LogOwner } from '../ports/build-log.js';
import { removeFile, writeAtomically } from './durable-file.js';

export interface LogLimits {
  readonly logHeadBytes: number;
  readonly logTailBytes: number;
  readonly logChunkBytes: number;
}

/** What is known of a log beside its text. */
export const LogState = z.object({
  owner: z.object({ attemptId: z.uuid(), jobId: z.uuid(), attempt: z.int().positive() }),
  sealed: z.boolean(),
  /** Bytes that are on the stream. */
  publishedBytes: z.int().nonnegative(),
  /** End of the chunk that is being published: after a crash exactly that chunk is said again. */
  chunkEndBytes: z.int().nonnegative(),
  /** The last chunk is on the stream. */
  complete: z.boolean(),
});
export type LogState = z.output<typeof LogState>;

export const STATE_FILE = 'state.json';
const TEXT_FILE = 'build.log';
/** The tail lives in two halves: the newer one grows, the older one is replaced. */
const TAIL_NEW = 'tail.new';
const TAIL_OLD = 'tail.old';
const COPY_BYTES = 64 * 1024;
const NUL = '\0';
const REPLACEMENT = '\uFFFD';

/**
 * A log in its own directory. Output goes to the disk at once, as valid UTF-8; the first part is kept,
 * of what follows only the end, which is joined to it when the build is over.
 */
export class FileBuildLog implements BuildLog {
  readonly #decoder = new TextDecoder();
  readonly #sealed = new AbortController();
  readonly #textPath: string;
  #writing: number | undefined;
  #reading: FileHandle | undefined;
  #sizeBytes: number;
  #tailNewBytes = 0;
  #tailOldBytes = 0;
  #leftOutBytes = 0;
  #isBroken = false;
  /** The chunk given out last is the end of the log. */
  #isLastChunk = false;

  constructor(
    private readonly directory: string,
    private readonly limits: LogLimits,
    private readonly logger: Logger,
    private state: LogState,
  ) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.#textPath = join(directory, TEXT_FILE);
    this.#writing = openSync(this.#textPath, 'a', 0o600);
    this.#sizeBytes = statSync(this.#textPath).size;
    if (state.sealed) this.#sealed.abort();
  }

  get owner(): LogOwner {
    return this.state.owner;
  }

  get sealed(): AbortSignal {
    return this.#sealed.signal;
  }

  /** Closed: nothing reads or writes it any more. */
  get isClosed(): boolean {
    return this.#writing === undefined;
  }

  get hasFullChunk(): boolean {
    return this.#sizeBytes - this.state.publishedBytes >= this.limits.logChunkBytes;
  }

  append(chunk: Uint8Array): void {
    if (this.sealed.aborted) return;
    this.#attempt(() => this.#write(this.#decoder.decode(chunk, { stream: true })));
  }

  seal(): void {
    if (this.sealed.aborted) return;
    this.#attempt(() => {
      this.#write(this.#decoder.decode());
      this.#joinTail();
    });
    this.state = { ...this.state, sealed: true };
    this.#sealed.abort();
  }

  async next(): Promise<LogChunk | undefined> {
    const { publishedBytes, chunkEndBytes, complete } = this.state;
    if (complete) return undefined;
    const isSealed = this.sealed.aborted;
    const sizeBytes = this.#sizeBytes;
    const isRepeated = chunkEndBytes > publishedBytes;
    const endBytes = isRepeated
      ? chunkEndBytes
      : Math.min(sizeBytes, publishedBytes + this.limits.logChunkBytes);
    if (endBytes === publishedBytes && !isSealed) return undefined;
    const bytes = await this.#read(publishedBytes, endBytes - publishedBytes);
    const whole = endBytes === sizeBytes ? bytes : bytes.subarray(0, wholeCharacters(bytes));
    const chunkEnd = publishedBytes + whole.length;
    await this.#save({ ...this.state, chunkEndBytes: chunkEnd });
    // A repeated chunk stays as it was said; the end then follows as a chunk of its own.
    this.#isLastChunk = isSealed && !isRepeated && chunkEnd >= sizeBytes;
    return { offsetBytes: publishedBytes, text: whole.toString('utf8'), end: this.#isLastChunk };
  }

  async advance(): Promise<void> {
    await this.#save({
      ...this.state,
      publishedBytes: this.state.chunkEndBytes,
      complete: this.#isLastChunk,
    });
  }

  async close(): Promise<void> {
    if (this.#writing !== undefined) closeSync(this.#writing);
    this.#writing = undefined;
    await this.#reading?.close();
    this.#reading = undefined;
  }

  /** A disk that is full costs the rest of the log, never the build. */
  #attempt(write: () => void): void {
    if (this.#isBroken) return;
    try {
      write();
    } catch (error) {
      this.#isBroken = true;
      this.logger.warn({ ...this.owner, error }, 'log cannot be written any further');
    }
  }

  #write(decoded: string): void {
    if (decoded === '') return;
    // Postgres and terminals alike cannot take NUL.
    const bytes = Buffer.from(decoded.replaceAll(NUL, REPLACEMENT));
    const room = Math.max(0, this.limits.logHeadBytes - this.#sizeBytes);
    const isWhole = bytes.length <= room;
    const head = isWhole ? bytes : bytes.subarray(0, wholeCharacters(bytes.subarray(0, room)));
    if (head.length > 0 && this.#tailNewBytes === 0) this.#writeText(head);
    if (!isWhole) this.#writeTail(this.#tailNewBytes === 0 ? bytes.subarray(head.length) : bytes);
  }

  #writeText(bytes: Uint8Array): void {
    if (this.#writing === undefined) return;
    for (let at = 0; at < bytes.length;) at += writeSync(this.#writing, bytes, at);
    this.#sizeBytes += bytes.length;
  }

  #writeTail(bytes: Uint8Array): void {
    const halfBytes = Math.floor(this.limits.logTailBytes / 2);
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, at + halfBytes);
      const isLast = at + piece.length === bytes.length;
      const whole = isLast ? piece : piece.subarray(0, wholeCharacters(piece));
      this.#writeTailPiece(whole, halfBytes);
      at += whole.length;
    }
  }

  #writeTailPiece(bytes: Uint8Array, halfBytes: number): void {
    const isFull = this.#tailNewBytes > 0 && this.#tailNewBytes + bytes.length > halfBytes;
    if (isFull) {
      renameSync(join(this.directory, TAIL_NEW), join(this.directory, TAIL_OLD));
      this.#leftOutBytes += this.#tailOldBytes;
      this.#tailOldBytes = this.#tailNewBytes;
      this.#tailNewBytes = 0;
    }
    const file = openSync(join(this.directory, TAIL_NEW), this.#tailNewBytes === 0 ? 'w' : 'a', 0o600);
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
    } finally {
      closeSync(file);
    }
    this.#tailNewBytes += bytes.length;
  }

  #joinTail(): void {
    if (this.#tailNewBytes === 0) return;
    if (this.#leftOutBytes > 0) {
      this.#writeText(
        Buffer.from(`\n[... ${this.#leftOutBytes} bytes of this log were left out here ...]\n`),
      );
    }
    if (this.#tailOldBytes > 0) this.#copyIntoText(join(this.directory, TAIL_OLD));
    this.#copyIntoText(join(this.directory, TAIL_NEW));
  }

  #copyIntoText(path: string): void {
    const block = Buffer.alloc(COPY_BYTES);
    const file = openSync(path, 'r');
    try {
      for (;;) {
        const length = readSync(file, block, 0, COPY_BYTES, null);
        if (length === 0) return;
        this.#writeText(block.subarray(0, length));
      }
    } finally {
      closeSync(file);
    }
  }

  async #read(offsetBytes: number, lengthBytes: number): Promise<Buffer> {
    if (lengthBytes === 0) return Buffer.alloc(0);
    this.#reading ??= await open(this.#textPath, 'r');
    const { bytesRead, buffer } = await this.#reading.read(
      Buffer.alloc(lengthBytes),
      0,
      lengthBytes,
      offsetBytes,
    );
    return buffer.subarray(0, bytesRead);
  }

  async #save(state: LogState): Promise<void> {
    // `seal` may have come while a chunk was on its way.
    this.state = { ...state, sealed: this.sealed.aborted };
    await writeAtomically(join(this.directory, STATE_FILE), JSON.stringify(this.state));
    if (!this.state.complete) return;
    await removeFile(join(this.directory, TAIL_NEW));
    await removeFile(join(this.directory, TAIL_OLD));
  }
}

/** How many of these bytes are whole UTF-8 characters. */
function wholeCharacters(bytes: Uint8Array): number {
  let start = bytes.length - 1;
  // Continuation bytes are 10xxxxxx; a character has at most four bytes.
  while (start >= 0 && bytes.length - start < 4 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start--;
  const first = bytes[start] ?? 0;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
  return start >= 0 && start + length > bytes.length ? start : bytes.length;
}

/** The stored state of a log; undefined where it cannot be read. */
export function readLogState(directory: string): LogState | undefined {
  try {
    return LogState.parse(JSON.parse(readFileSync(join(directory, STATE_FILE), 'utf8')));
  } catch {
    return undefined;
  }
}
