/** What a zstd stream may ask for. */
export interface ZstdLimits {
  /** Largest window of a frame, in bytes. */
  readonly windowBytes: number;
  /** Most bytes that the decoder may move: it shifts its whole window once for each block. */
  readonly movedBytes: number;
}

/** Longest head of a frame, and longest content of a block (RFC 8878, 3.1.1). */
const longestHeadBytes = 18;
const longestBlockBytes = 128 * 1024;
const magicBytes = 4;
const blockHeadBytes = 3;
const checksumBytes = 4;
const blockType = { repeated: 1 } as const;

/** Where in the stream the next bytes are. */
type Place = 'frame' | 'block' | 'content';

/**
 * Reads the heads of all frames and blocks of a zstd stream (RFC 8878) as it passes by, and throws before the decoder
 * would take more memory or time than it may. Damage that costs nothing is left to the decoder.
 */
export class ZstdFrames {
  #place: Place = 'frame';
  #head = Buffer.alloc(0);
  #skipBytes = 0;
  #windowBytes = 0;
  #movedBytes = 0;
  #hasChecksum = false;
  #isLast = false;

  constructor(private readonly limits: ZstdLimits) {}

  /** Looks at the next bytes of the stream. */
  pass(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#place === 'content') {
        const skipped = Math.min(this.#skipBytes, bytes.length - at);
        at += skipped;
        this.#skipBytes -= skipped;
        if (this.#skipBytes > 0) return;
        this.#place = this.#isLast ? 'frame' : 'block';
        continue;
      }
      const wanted = this.#headBytes() - this.#head.length;
      this.#head = Buffer.concat([this.#head, bytes.subarray(at, at + wanted)]);
      at += wanted;
      if (this.#head.length < this.#headBytes()) continue;
      if (this.#place === 'frame') this.#beginFrame(this.#head);
      else this.#beginBlock(this.#head);
      this.#head = Buffer.alloc(0);
    }
  }

  /** Length of the head that comes now, as far as its first bytes tell. */
  #headBytes(): number {
    if (this.#place === 'block') return blockHeadBytes;
    const head = this.#head;
    if (head.length < magicBytes + 1) return magicBytes + 1;
    if (isSkippable(head)) return 2 * magicBytes;
    return Math.min(longestHeadBytes, magicBytes + 1 + frameFields(head[magicBytes] ?? 0).allBytes);
  }

  #beginFrame(head: Buffer): void {
    if (isSkippable(head)) {
      this.#place = 'content';
      this.#skipBytes = head.readUInt32LE(magicBytes);
      this.#isLast = true;
      return;
    }
    this.#windowBytes = windowBytes(head);
    if (this.#windowBytes > this.limits.windowBytes)
      throw new Error(`its zstd window has ${this.#windowBytes} bytes`);
    this.#hasChecksum = ((head[magicBytes] ?? 0) & 4) !== 0;
    this.#place = 'block';
  }

  #beginBlock(head: Buffer): void {
    const value = head.readUIntLE(0, blockHeadBytes);
    const sizeBytes = value >> 3;
    if (sizeBytes > longestBlockBytes) throw new Error(`it has a zstd block of ${sizeBytes} bytes`);
    this.#movedBytes += this.#windowBytes;
    if (this.#movedBytes > this.limits.movedBytes)
      throw new Error('its zstd window is too large for its length');
    this.#place = 'content';
    this.#isLast = (value & 1) === 1;
    const contentBytes = ((value >> 1) & 3) === blockType.repeated ? 1 : sizeBytes;
    this.#skipBytes = contentBytes + (this.#isLast && this.#hasChecksum ? checksumBytes : 0);
  }
}

function isSkippable(head: Buffer): boolean {
  return head.readUInt32LE(0) >>> 4 === 0x184d2a5;
}

/** Lengths of the fields after a frame's descriptor. */
function frameFields(descriptor: number): {
  window: number;
  dictionary: number;
  size: number;
  allBytes: number;
} {
  const single = (descriptor & 0x20) !== 0;
  const window = single ? 0 : 1;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const size = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  return { window, dictionary, size, allBytes: window + dictionary + size };
}

/** The memory that a frame asks for (RFC 8878, 3.1.1.1), from its whole head. */
function windowBytes(head: Buffer): number {
  const fields = frameFields(head[magicBytes] ?? 0);
  const at = magicBytes + 1;
  if (fields.window === 1) {
    const base = 2 ** (10 + ((head[at] ?? 0) >> 3));
    return base + (base / 8) * ((head[at] ?? 0) & 7);
  }
  const sizeAt = at + fields.dictionary;
  if (fields.size === 8) return head.readUInt32LE(sizeAt) + head.readUInt32LE(sizeAt + 4) * 2 ** 32;
  return head.readUIntLE(sizeAt, fields.size) + (fields.size === 2 ? 256 : 0);
}
