import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import {
  addEntry,
  type ArtifactRefusal,
  emptyIndex,
  type IndexFields,
  type PackagesIndex,
  removeEntry,
  withEntries,
  withHeader,
} from '@swarm/domain-binpkg';

import { makeDirectory, syncDirectory } from './durable-files.js';
import { formsAgree, readIndex, replaceIndex, takeTimestamp } from './index-files.js';
import { channelDirectory, profileDirectory } from './layout.js';
import { hasObject } from './object-store.js';
import {
  hasFile,
  linkArtifact,
  placeArtifact,
  type PlacedArtifact,
  type StageableArtifact,
} from './stageable-artifact.js';

/** What staging did with each artifact. */
export interface StageOutcome {
  /** In the index, with the path that the ledger should keep. */
  readonly staged: readonly { readonly sha256: string; readonly path: string }[];
  /** Not in the index: metadata that would harm a client, or no object. */
  readonly refused: readonly { readonly sha256: string; readonly error: ArtifactRefusal }[];
  /** TIMESTAMP of the index that clients now see. */
  readonly timestampSeconds: number;
}

/** What differed between ledger, files and index before a rebuild; all lists are empty when nothing did. */
export interface RebuildReport extends StageOutcome {
  /** Paths that had no file, or a wrong one, and were linked again from the store. */
  readonly relinked: readonly string[];
  /** Paths of the ledger that the index did not show. */
  readonly added: readonly string[];
  /** Entries of the index that the ledger does not know; dropped. */
  readonly dropped: readonly string[];
  /** Artifacts of the ledger whose object is gone or has another size; not indexed. */
  readonly missing: readonly { readonly sha256: string; readonly cpv: string }[];
  /** Files in staging that the ledger does not know; left alone, since an older index may name them. */
  readonly strays: readonly string[];
}

/** A staging directory and the time; one caller at a time. */
export interface StagingContext {
  readonly root: string;
  readonly profile: string;
  /** Seconds of the epoch. */
  readonly nowSeconds: number;
}

/**
 * Shows artifacts to the drones: files first, then the index, so that a crash in between leaves at worst a file without an entry.
 * Doing it again changes nothing, not even TIMESTAMP.
 */
export async function stageArtifacts(
  context: StagingContext,
  artifacts: readonly StageableArtifact[],
  header?: IndexFields,
): Promise<StageOutcome> {
  const directory = await stagingDirectory(context);
  const before = (await readIndex(directory))?.index;
  const { placed, refused } = await place(context, artifacts);
  await linkAll(context, directory, placed);
  let index = before ?? emptyIndex();
  if (header !== undefined && !sameHeader(index, header)) index = withHeader(index, header);
  const shown = new Map(index.entries.map((entry) => [entry.path, entry]));
  for (const { path, entry } of placed) {
    const old = shown.get(path);
    if (old === undefined || !sameFields(old.fields, entry.fields)) index = addEntry(index, entry);
  }
  const timestampSeconds =
    index === before ? index.timestampSeconds : await publish(context, directory, index);
  return {
    staged: placed.map(({ artifact, path }) => ({ sha256: artifact.sha256, path })),
    refused,
    timestampSeconds,
  };
}

/** Takes entries out of the index. Their files stay: clients that hold the index before may still fetch them. */
export async function unstagePaths(context: StagingContext, paths: readonly string[]): Promise<number> {
  const directory = await stagingDirectory(context);
  const before = (await readIndex(directory))?.index;
  if (before === undefined) return 0;
  const index = paths.reduce(removeEntry, before);
  return index === before ? before.timestampSeconds : publish(context, directory, index);
}

/** Makes files and index agree with the ledger, whatever state a crash has left, and says what differed (S20). */
export async function rebuildStaging(
  context: StagingContext,
  artifacts: readonly StageableArtifact[],
  header?: IndexFields,
): Promise<RebuildReport> {
  const directory = await stagingDirectory(context);
  await removeTemporaries(directory);
  const before = await readIndex(directory);
  const missing: StageableArtifact[] = [];
  const present: StageableArtifact[] = [];
  for (const artifact of artifacts)
    ((await hasObject(context.root, artifact)) ? present : missing).push(artifact);
  const { placed, refused } = await place(context, present);
  const relinked: string[] = [];
  for (const { path, entry } of placed) if (!(await hasFile(directory, entry))) relinked.push(path);
  await linkAll(context, directory, placed);
  const known = new Set(placed.map(({ path }) => path));
  const base = before?.index ?? emptyIndex();
  const shown = new Set(base.entries.map((entry) => entry.path));
  const index = withEntries(
    withHeader(base, header ?? base.header),
    placed.map(({ entry }) => entry),
  );
  const same = before?.problems.length === 0 && sameIndex(base, index) && (await formsAgree(directory));
  return {
    staged: placed.map(({ artifact, path }) => ({ sha256: artifact.sha256, path })),
    refused,
    timestampSeconds: same ? base.timestampSeconds : await publish(context, directory, index),
    relinked,
    added: [...known].filter((path) => !shown.has(path)),
    dropped: [...shown].filter((path) => !known.has(path)),
    missing: missing.map(({ sha256, cpv }) => ({ sha256, cpv })),
    strays: (await packageFiles(directory)).filter((path) => !known.has(path)),
  };
}

async function publish(context: StagingContext, directory: string, index: PackagesIndex): Promise<number> {
  const profile = profileDirectory(context.root, context.profile);
  const timestampSeconds = await takeTimestamp(profile, context.nowSeconds, [index.timestampSeconds]);
  await replaceIndex(directory, index, timestampSeconds);
  return timestampSeconds;
}

async function place(
  context: StagingContext,
  artifacts: readonly StageableArtifact[],
): Promise<{ readonly placed: readonly PlacedArtifact[]; readonly refused: StageOutcome['refused'] }> {
  const placed: PlacedArtifact[] = [];
  const refused: { sha256: string; error: ArtifactRefusal }[] = [];
  for (const artifact of artifacts) {
    const result = await placeArtifact(profileDirectory(context.root, context.profile), artifact);
    if (result.ok) placed.push(result.value);
    else refused.push({ sha256: artifact.sha256, error: result.error });
  }
  return { placed, refused };
}

async function linkAll(
  context: StagingContext,
  directory: string,
  placed: readonly PlacedArtifact[],
): Promise<void> {
  const touched = new Set([directory]);
  for (const one of placed) {
    await linkArtifact(context.root, directory, one);
    const leaf = dirname(join(directory, one.path));
    touched.add(leaf).add(dirname(leaf));
  }
  for (const path of touched) await syncDirectory(path);
}

async function stagingDirectory(context: StagingContext): Promise<string> {
  const directory = channelDirectory(context.root, context.profile, 'staging');
  await makeDirectory(directory);
  return directory;
}

/** Whether both have the same header and the same entries. */
function sameIndex(a: PackagesIndex, b: PackagesIndex): boolean {
  if (!sameFields(a.header, b.header) || a.entries.length !== b.entries.length) return false;
  return a.entries.every((entry, at) => sameFields(entry.fields, b.entries[at]?.fields ?? new Map()));
}

function sameHeader(index: PackagesIndex, header: IndexFields): boolean {
  return sameFields(index.header, emptyIndex(header).header);
}

function sameFields(a: IndexFields, b: IndexFields): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}

async function packageFiles(directory: string): Promise<string[]> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true });
  return found
    .filter((item) => item.isFile() && /\.(?:gpkg\.tar|xpak)$/.test(item.name))
    .map((item) => join(item.parentPath, item.name).slice(directory.length + 1))
    .sort();
}

async function removeTemporaries(directory: string): Promise<void> {
  for (const item of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (item.isFile() && item.name.startsWith('.tmp-'))
      await rm(join(item.parentPath, item.name), { force: true });
  }
}
