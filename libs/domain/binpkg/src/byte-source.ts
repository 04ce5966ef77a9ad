/** Bytes that can be read from any place, so that a large file need not be in memory. */
export interface ByteSource {
  readonly sizeBytes: number;
  /** The bytes from `offsetBytes` on; shorter than asked only where the source ends. */
  read(offsetBytes: number, lengthBytes: number): Uint8Array;
}

/** A source over bytes in memory; reads are views, nothing is copied. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    sizeBytes: bytes.length,
    read: (offsetBytes, lengthBytes) => bytes.subarray(offsetBytes, offsetBytes + lengthBytes),
  };
}
