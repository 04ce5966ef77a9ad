import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

import { type AbiDigest, AbiImage, type ArtifactAbi, type GpkgMember } from '@swarm/domain-binpkg';

import { type Pieces, plainStream } from './plain-stream.js';

/** Bytes of a package that are read at once. */
const readBytes = 256 * 1024;

const sha256Of: AbiDigest = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** The reading before this one; one at a time, so that its limit on memory is that of the whole process. */
let turn: Promise<unknown> = Promise.resolve();

/**
 * Finds the ABI of a package in its image, whose digests have been checked. Null where it cannot be found out: another
 * compression, an archive or a library that cannot be read or is too large. Rejects only when the disk fails.
 */
export function readImageAbi(handle: FileHandle, image: GpkgMember): Promise<ArtifactAbi | null> {
  const read = (): Promise<ArtifactAbi | null> => abiOf(handle, image);
  const reading = turn.then(read, read);
  turn = reading;
  return reading;
}

async function abiOf(handle: FileHandle, member: GpkgMember): Promise<ArtifactAbi | null> {
  const disk = new DiskPieces(handle, member);
  const plain = plainStream(member.compression, disk.pieces());
  if (plain === undefined) return null;
  const image = new AbiImage(sha256Of);
  for await (const piece of untilDamage(plain, disk)) {
    if (piece === 'damaged' || !image.push(piece).ok) return null;
  }
  const abi = image.end();
  return abi.ok ? abi.value : null;
}

/** What can be decoded. Decoders throw all kinds of things at damaged bytes; what the disk has thrown stays thrown. */
async function* untilDamage(plain: Pieces, disk: DiskPieces): AsyncGenerator<Uint8Array | 'damaged'> {
  try {
    for await (const piece of plain) yield piece;
  } catch (error) {
    if (disk.failed) throw error;
    yield 'damaged';
  }
}

/** The content of a member from disk. It is remembered when the disk fails, so that this is not taken for damage. */
class DiskPieces {
  failed = false;

  constructor(
    private readonly handle: FileHandle,
    private readonly member: GpkgMember,
  ) {}

  async *pieces(): Pieces {
    const { offsetBytes, sizeBytes } = this.member;
    for (let done = 0; done < sizeBytes;) {
      const piece = await this.#read(offsetBytes + done, Math.min(readBytes, sizeBytes - done));
      if (piece.length === 0) return;
      done += piece.length;
      yield piece;
    }
  }

  async #read(at: number, lengthBytes: number): Promise<Uint8Array> {
    try {
      const buffer = Buffer.allocUnsafe(lengthBytes);
      const { bytesRead } = await this.handle.read(buffer, 0, lengthBytes, at);
      return buffer.subarray(0, bytesRead);
    } catch (error) {
      this.failed = true;
      throw error;
    }
  }
}
