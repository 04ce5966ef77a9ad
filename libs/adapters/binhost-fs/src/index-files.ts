import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';

import {
  nextTimestamp,
  type PackagesIndex,
  type ParsedIndex,
  parseIndex,
  renderIndex,
} from '@swarm/domain-binpkg';

import { replaceFile, syncDirectory, temporaryBeside, unlessMissing, writeSynced } from './durable-files.js';

/** Longest index read, in bytes after decompression; 20,000 packages need some 30 MB. */
const longestIndexBytes = 512 * 1024 * 1024;
const inflate = promisify(gunzip);
const deflate = promisify(gzip);

/** Writes both forms of an index into a directory that nobody reads yet. Modification times equal TIMESTAMP, as Portage does. */
export async function writeNewIndex(
  directory: string,
  index: PackagesIndex,
  timestampSeconds: number,
): Promise<void> {
  const { text, compressed } = await renderBoth(index, timestampSeconds);
  await writeSynced(join(directory, 'Packages.gz'), compressed, timestampSeconds);
  await writeSynced(join(directory, 'Packages'), text, timestampSeconds);
}

/**
 * Replaces both forms of an index under their readers: written and synced beside, then renamed, `Packages.gz` first because clients ask for it first.
 * A crash in between leaves two sound files, the newer of which is read back.
 */
export async function replaceIndex(
  directory: string,
  index: PackagesIndex,
  timestampSeconds: number,
): Promise<void> {
  const { text, compressed } = await renderBoth(index, timestampSeconds);
  const targets = [
    { path: join(directory, 'Packages.gz'), content: compressed },
    { path: join(directory, 'Packages'), content: text },
  ].map((target) => ({ ...target, temporary: temporaryBeside(target.path) }));
  try {
    for (const { temporary, content } of targets) await writeSynced(temporary, content, timestampSeconds);
    for (const { temporary, path } of targets) await rename(temporary, path);
  } catch (error) {
    for (const { temporary } of targets) await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(directory);
}

/** Reads an index back, whichever of its two forms is newer; `undefined` when neither is there and sound. */
export async function readIndex(directory: string): Promise<ParsedIndex | undefined> {
  const found = [await readText(directory), await readInflated(directory)]
    .map(soundIndex)
    .filter((parsed) => parsed !== undefined);
  return found.sort(
    (a, b) => a.problems.length - b.problems.length || b.index.timestampSeconds - a.index.timestampSeconds,
  )[0];
}

/**
 * Takes the next TIMESTAMP of a profile and remembers it before it is used,
 * so that it rises over staging, releases, rollbacks, crashes and a clock that is set back.
 */
export async function takeTimestamp(
  profileDirectory: string,
  nowSeconds: number,
  seen: readonly number[],
): Promise<number> {
  const path = join(profileDirectory, 'highest-timestamp');
  const written = Number((await unlessMissing(readFile(path, 'utf8'))) ?? '0');
  const highest = Math.max(Number.isSafeInteger(written) ? written : 0, ...seen);
  const next = nextTimestamp(nowSeconds, highest);
  await replaceFile(path, `${next}\n`);
  return next;
}

async function renderBoth(
  index: PackagesIndex,
  timestampSeconds: number,
): Promise<{ readonly text: Buffer; readonly compressed: Buffer }> {
  const text = Buffer.from(renderIndex(index, timestampSeconds), 'utf8');
  return { text, compressed: await deflate(text) };
}

/** Whether both forms of an index are there and say the same; false after a crash between their renames. */
export async function formsAgree(directory: string): Promise<boolean> {
  const [plain, compressed] = [await readText(directory), await readInflated(directory)];
  return plain !== undefined && plain === compressed;
}

async function readText(directory: string): Promise<string | undefined> {
  return unlessMissing(readFile(join(directory, 'Packages'), 'utf8'));
}

async function readInflated(directory: string): Promise<string | undefined> {
  const bytes = await unlessMissing(readFile(join(directory, 'Packages.gz')));
  if (bytes === undefined) return undefined;
  try {
    return (await inflate(bytes, { maxOutputLength: longestIndexBytes })).toString('utf8');
  } catch {
    // Cut or damaged: the other form, or the ledger, has the truth.
    return undefined;
  }
}

function soundIndex(text: string | undefined): ParsedIndex | undefined {
  const parsed = text === undefined ? undefined : parseIndex(text);
  return parsed?.ok === true ? parsed.value : undefined;
}
