import { createHash, randomUUID } from 'node:crypto';
import { chmod, link, open, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { type ArtifactRefusal, refusal } from '@swarm/domain-binpkg';
import { err, ok, type Result } from '@swarm/kernel';

import { hasCode, makeDirectory, syncDirectory, unlessMissing } from './durable-files.js';
import { incomingDirectory, objectPath } from './layout.js';

/** What a sender says of an upload, and what it may cost. */
export interface DeclaredUpload {
  readonly sizeBytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  /** Longest upload taken, in bytes. */
  readonly maxBytes: number;
  /** Ends the upload early, for example when it is idle for too long. */
  readonly signal?: AbortSignal;
}

/** The digests of a whole file, in lower-case hexadecimal. */
export interface FileDigests {
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly md5: string;
  readonly sha1: string;
}

/** An upload that is complete and as declared, synced, but not yet in the store. */
export interface ReceivedFile extends FileDigests {
  readonly tempPath: string;
}

/** A file in the store, durable and never changed again. */
export interface StoredObject extends FileDigests {
  readonly objectPath: string;
  /** Modification time of the file in whole seconds; the index must say the same. */
  readonly mtimeSeconds: number;
}

/**
 * Takes an upload into a temporary file, counting and hashing on the way, and syncs it.
 * A refused or interrupted upload leaves nothing behind. Errors of the disk are thrown.
 */
export async function receiveUpload(
  root: string,
  body: AsyncIterable<Uint8Array>,
  declared: DeclaredUpload,
): Promise<Result<ReceivedFile, ArtifactRefusal>> {
  if (declared.sizeBytes > declared.maxBytes)
    return refusal(
      'too-large',
      `${declared.sizeBytes} bytes declared, at most ${declared.maxBytes} are taken`,
    );
  await makeDirectory(incomingDirectory(root));
  const tempPath = join(incomingDirectory(root), `${randomUUID()}.part`);
  let taken = false;
  try {
    const written = await writeBody(tempPath, body, declared);
    if (!written.ok) return written;
    const digests = written.value;
    if (digests.sizeBytes !== declared.sizeBytes)
      return refusal('wrong-size', `${digests.sizeBytes} bytes arrived of ${declared.sizeBytes} declared`);
    if (digests.sha256 !== declared.sha256)
      return refusal('wrong-sha256', `sha256 is ${digests.sha256}, declared was ${declared.sha256}`);
    taken = true;
    return ok({ ...digests, tempPath });
  } finally {
    if (!taken) await rm(tempPath, { force: true });
  }
}

async function writeBody(
  tempPath: string,
  body: AsyncIterable<Uint8Array>,
  declared: DeclaredUpload,
): Promise<Result<FileDigests, ArtifactRefusal>> {
  const hashes = { sha256: createHash('sha256'), md5: createHash('md5'), sha1: createHash('sha1') };
  const handle = await open(tempPath, 'wx', 0o644);
  let sizeBytes = 0;
  try {
    const chunks = body[Symbol.asyncIterator]();
    for (;;) {
      const next = await nextChunk(chunks, declared.signal);
      if (!next.ok) return next;
      if (next.value === undefined) break;
      sizeBytes += next.value.length;
      if (sizeBytes > declared.sizeBytes) {
        await chunks.return?.();
        return refusal('wrong-size', `more than the ${declared.sizeBytes} declared bytes arrived`);
      }
      for (const hash of Object.values(hashes)) hash.update(next.value);
      await handle.writeFile(next.value);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  const { sha256, md5, sha1 } = hashes;
  return ok({ sizeBytes, sha256: sha256.digest('hex'), md5: md5.digest('hex'), sha1: sha1.digest('hex') });
}

/** The next piece, or `undefined` at the end; a sender that breaks off is a refusal, not an error of ours. */
async function nextChunk(
  chunks: AsyncIterator<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<Result<Uint8Array | undefined, ArtifactRefusal>> {
  let stop: (() => void) | undefined;
  const stopped = new Promise<'stopped'>((resolve) => {
    stop = (): void => {
      resolve('stopped');
    };
    if (signal?.aborted === true) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
  try {
    const next = await Promise.race([stopped, chunks.next()]);
    if (next === 'stopped') return refusal('interrupted', 'the upload was stopped');
    return ok(next.done === true ? undefined : next.value);
  } catch (error) {
    return refusal(
      'interrupted',
      `the upload broke off: ${error instanceof Error ? error.message : 'unknown error'}`,
    );
  } finally {
    if (stop !== undefined) signal?.removeEventListener('abort', stop);
  }
}

/**
 * Moves a received file into the store and makes it durable; only after this may its sender forget it.
 * Committing the same content again keeps the object that is there, with its modification time.
 */
export async function commitObject(
  root: string,
  received: ReceivedFile,
  nowSeconds: number,
): Promise<StoredObject> {
  const { tempPath, ...digests } = received;
  const path = objectPath(root, digests.sha256);
  await makeDirectory(dirname(path));
  const mtimeSeconds = Math.floor(nowSeconds);
  await utimes(tempPath, mtimeSeconds, mtimeSeconds);
  await chmod(tempPath, 0o444);
  await syncFile(tempPath);
  try {
    await link(tempPath, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
  await syncDirectory(dirname(path));
  await rm(tempPath, { force: true });
  return { ...digests, objectPath: path, mtimeSeconds: Math.floor((await stat(path)).mtimeMs / 1000) };
}

/** Whether an object is there with the size that it should have; its content is not read. */
export async function hasObject(
  root: string,
  object: { readonly sha256: string; readonly sizeBytes: number },
): Promise<boolean> {
  const found = await unlessMissing(stat(objectPath(root, object.sha256)));
  return found?.isFile() === true && found.size === object.sizeBytes;
}

/** Reads a file through and computes its digests; an object whose sha256 is not its name is damaged. */
export async function digestFile(path: string): Promise<Result<FileDigests, 'missing'>> {
  const handle = await unlessMissing(open(path, 'r'));
  if (handle === undefined) return err('missing');
  const hashes = [createHash('sha256'), createHash('md5'), createHash('sha1')] as const;
  let sizeBytes = 0;
  try {
    for await (const chunk of handle.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      for (const hash of hashes) hash.update(chunk);
    }
  } finally {
    await handle.close();
  }
  const [sha256, md5, sha1] = hashes;
  return ok({ sizeBytes, sha256: sha256.digest('hex'), md5: md5.digest('hex'), sha1: sha1.digest('hex') });
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
