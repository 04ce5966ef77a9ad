import { readdir, readFile, readlink, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import {
  type ArtifactRefusal,
  emptyIndex,
  type IndexFields,
  type PackagesIndex,
  withEntries,
} from '@swarm/domain-binpkg';
import { err, ok, type Result } from '@swarm/kernel';

import {
  linkOver,
  makeDirectory,
  switchLink,
  syncDirectory,
  temporaryBeside,
  unlessMissing,
  writeSynced,
} from './durable-files.js';
import { readIndex, takeTimestamp, writeNewIndex } from './index-files.js';
import { channelDirectory, generationsDirectory, objectPath, profileDirectory } from './layout.js';
import {
  linkArtifact,
  placeArtifact,
  type PlacedArtifact,
  type StageableArtifact,
} from './stageable-artifact.js';
import type { StagingContext } from './staging.js';

/** One immutable state of a release; told by `generation.json` in its directory. */
export interface Generation {
  readonly number: number;
  readonly timestampSeconds: number;
  readonly createdAtSeconds: number;
  /** The generation whose packages these are again, when this one is a rollback. */
  readonly restores?: number;
  /** Every package, by path and object. */
  readonly packages: readonly { readonly path: string; readonly sha256: string }[];
}

/** Why a generation was not made. */
export type GenerationError =
  | { readonly kind: 'generation-exists'; readonly number: number }
  | { readonly kind: 'unknown-generation'; readonly number: number }
  | {
      readonly kind: 'refused-artifacts';
      readonly refused: readonly { readonly sha256: string; readonly error: ArtifactRefusal }[];
    };

export interface Promotion {
  /** Above every number used before in that profile. */
  readonly number: number;
  readonly artifacts: readonly StageableArtifact[];
  readonly header?: IndexFields;
}

/**
 * Makes a generation and shows it to clients by one rename. A crash before that rename leaves the old one in place;
 * the same promotion again then finishes. It never moves clients back to an older generation.
 */
export async function promoteGeneration(
  context: StagingContext,
  promotion: Promotion,
): Promise<Result<Generation, GenerationError>> {
  const placed: PlacedArtifact[] = [];
  const refused: { sha256: string; error: ArtifactRefusal }[] = [];
  const profile = profileDirectory(context.root, context.profile);
  for (const artifact of promotion.artifacts) {
    const result = await placeArtifact(profile, artifact);
    if (result.ok) placed.push(result.value);
    else refused.push({ sha256: artifact.sha256, error: result.error });
  }
  if (refused.length > 0) return err({ kind: 'refused-artifacts', refused });
  const packages = placed
    .map(({ artifact, path }) => ({ path, sha256: artifact.sha256 }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  return settle(context, { number: promotion.number, packages }, async (directory) => {
    for (const one of placed) await linkArtifact(context.root, directory, one);
    return withEntries(
      emptyIndex(promotion.header),
      placed.map(({ entry }) => entry),
    );
  });
}

/**
 * Shows an earlier generation's packages again, as a new generation with a newer TIMESTAMP:
 * a client never takes an index older than its own (Portage 3.0.82), so moving the link back alone would not reach anybody.
 */
export async function rollbackGeneration(
  context: StagingContext,
  rollback: { readonly to: number; readonly number: number },
): Promise<Result<Generation, GenerationError>> {
  const old = await readGeneration(context, rollback.to);
  const oldDirectory = join(generationsDirectory(context.root, context.profile), String(rollback.to));
  const oldIndex = await readIndex(oldDirectory);
  if (old === undefined || oldIndex === undefined)
    return err({ kind: 'unknown-generation', number: rollback.to });
  const made = { number: rollback.number, packages: old.packages, restores: old.restores ?? old.number };
  return settle(context, made, async (directory) => {
    for (const { path, sha256 } of old.packages) {
      await makeDirectory(dirname(join(directory, path)));
      await linkOver(objectPath(context.root, sha256), join(directory, path));
    }
    return oldIndex.index;
  });
}

/** All complete generations of a profile, oldest first. */
export async function listGenerations(
  context: Pick<StagingContext, 'root' | 'profile'>,
): Promise<readonly Generation[]> {
  const names = (await unlessMissing(readdir(generationsDirectory(context.root, context.profile)))) ?? [];
  const numbers = names.filter((name) => /^[1-9]\d*$/.test(name)).map(Number);
  const found = await Promise.all(numbers.map((number) => readGeneration(context, number)));
  return found.filter((generation) => generation !== undefined).sort((a, b) => a.number - b.number);
}

/** The generation that clients see; `undefined` before the first promotion. */
export async function currentGeneration(
  context: Pick<StagingContext, 'root' | 'profile'>,
): Promise<Generation | undefined> {
  const target = await unlessMissing(readlink(channelDirectory(context.root, context.profile, 'release')));
  return target === undefined ? undefined : readGeneration(context, Number(basename(target)));
}

/** Makes the directory under a name that nobody reads, renames it, then switches. */
async function settle(
  context: StagingContext,
  made: Pick<Generation, 'number' | 'packages' | 'restores'>,
  fill: (directory: string) => Promise<PackagesIndex>,
): Promise<Result<Generation, GenerationError>> {
  const parent = generationsDirectory(context.root, context.profile);
  await makeDirectory(parent);
  const current = await currentGeneration(context);
  const existing = await readGeneration(context, made.number);
  if (existing !== undefined) {
    if (JSON.stringify(existing.packages) !== JSON.stringify(made.packages))
      return err({ kind: 'generation-exists', number: made.number });
    if (current === undefined || current.number < made.number) await show(context, made.number);
    return ok(existing);
  }
  if (current !== undefined && current.number > made.number)
    return err({ kind: 'generation-exists', number: made.number });
  const directory = temporaryBeside(join(parent, String(made.number)));
  try {
    await makeDirectory(directory);
    const index = await fill(directory);
    const profile = profileDirectory(context.root, context.profile);
    const timestampSeconds = await takeTimestamp(profile, context.nowSeconds, [
      current?.timestampSeconds ?? 0,
    ]);
    await writeNewIndex(directory, index, timestampSeconds);
    const generation: Generation = {
      ...made,
      timestampSeconds,
      createdAtSeconds: Math.floor(context.nowSeconds),
    };
    await writeSynced(join(directory, 'generation.json'), `${JSON.stringify(generation, undefined, 2)}\n`);
    await syncTree(directory);
    await rename(directory, join(parent, String(made.number)));
    await syncDirectory(parent);
    await show(context, made.number);
    return ok(generation);
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

async function show(context: StagingContext, number: number): Promise<void> {
  await switchLink(
    channelDirectory(context.root, context.profile, 'release'),
    join('generations', String(number)),
  );
}

async function readGeneration(
  context: Pick<StagingContext, 'root' | 'profile'>,
  number: number,
): Promise<Generation | undefined> {
  const path = join(generationsDirectory(context.root, context.profile), String(number), 'generation.json');
  const text = await unlessMissing(readFile(path, 'utf8'));
  // Written and synced by `settle` before the directory got its name, and never changed.
  return text === undefined ? undefined : (JSON.parse(text) as Generation);
}

async function syncTree(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    if ((await stat(path)).isDirectory()) await syncTree(path);
  }
  await syncDirectory(directory);
}
