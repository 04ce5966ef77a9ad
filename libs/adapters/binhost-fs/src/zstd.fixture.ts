/** One block as it stands in a frame. */
export interface ZstdBlock {
  readonly type: 'raw' | 'repeated';
  readonly content: Uint8Array;
  /** Length after decoding; that of the content unless given. */
  readonly sizeBytes?: number;
}

/** A zstd frame of blocks that are not compressed, with a window of `2 ** windowLog` bytes (RFC 8878). */
export function zstdFrame(blocks: readonly ZstdBlock[], windowLog = 17): Buffer {
  const parts = blocks.map(({ type, content, sizeBytes = content.length }, index) => {
    const head = Buffer.alloc(3);
    head.writeUIntLE(
      sizeBytes * 8 + (type === 'repeated' ? 2 : 0) + (index === blocks.length - 1 ? 1 : 0),
      0,
      3,
    );
    return Buffer.concat([head, content]);
  });
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, (windowLog - 10) << 3]), ...parts]);
}

/** Bytes as a zstd stream of `frames` frames with a skippable one before each. */
export function zstdStored(bytes: Uint8Array, frames = 1): Buffer {
  const frameBytes = Math.ceil(bytes.length / frames);
  return Buffer.concat(
    Array.from({ length: frames }, (_, frame) => {
      const content = bytes.subarray(frame * frameBytes, (frame + 1) * frameBytes);
      const blocks: ZstdBlock[] = [];
      for (let at = 0; at === 0 || at < content.length; at += 65_536)
        blocks.push({ type: 'raw', content: content.subarray(at, at + 65_536) });
      return Buffer.concat([Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]), zstdFrame(blocks)]);
    }),
  );
}
