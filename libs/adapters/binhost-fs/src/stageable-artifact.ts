import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import {
  type ArtifactRefusal,
  type BinpkgFormat,
  type BinpkgMetadata,
  entryOf,
  type IndexEntry,
  parsePackageName,
  refusal,
} from '@swarm/domain-binpkg';
import { ok, type Result } from '@swarm/kernel';

import { linkOver } from './durable-files.js';
import { objectPath } from './layout.js';
import type { FileDigests } from './object-store.js';
import { reserveName } from './package-names.js';

/** A stored object with what the ledger keeps of it: enough to index it again without reading it. */
export interface StageableArtifact extends FileDigests {
  readonly mtimeSeconds: number;
  readonly cpv: string;
  readonly format: BinpkgFormat;
  readonly metadata: BinpkgMetadata;
  /** Its path in the profile, once one has been given; keep it in the ledger. */
  readonly path?: string;
}

/** An artifact that has its place in a profile. */
export interface PlacedArtifact {
  readonly artifact: StageableArtifact;
  /** `cat/pn/pf-N.gpkg.tar`, below the channel. */
  readonly path: string;
  readonly entry: IndexEntry;
}

/** Gives an artifact its path and its index entry; no file is linked yet. */
export async function placeArtifact(
  profileDirectory: string,
  artifact: StageableArtifact,
): Promise<Result<PlacedArtifact, ArtifactRefusal>> {
  const cpv = parsePackageName(artifact.cpv);
  if (cpv === undefined)
    return refusal('bad-metadata', `${JSON.stringify(artifact.cpv)} is no valid package name`);
  // The entry is tried first: what cannot be indexed takes no name.
  const tried = entryOf(artifact, { ...artifact, path: `${cpv.category}/${cpv.pn}/${cpv.pf}-1.gpkg.tar` });
  if (!tried.ok) return tried;
  const { format, sha256, path: known } = artifact;
  const path = await reserveName(profileDirectory, {
    cpv,
    format,
    sha256,
    ...(known === undefined ? {} : { path: known }),
  });
  const entry = entryOf(artifact, { ...artifact, path });
  return entry.ok ? ok({ artifact, path, entry: entry.value }) : entry;
}

/** Links a placed artifact's object into a directory; a second time it changes nothing. Throws when the object is not in the store. */
export async function linkArtifact(root: string, directory: string, placed: PlacedArtifact): Promise<void> {
  const target = join(directory, placed.path);
  await mkdir(dirname(target), { recursive: true });
  await linkOver(objectPath(root, placed.artifact.sha256), target);
}

/** Whether the file of an entry is there with the entry's size. */
export async function hasFile(directory: string, entry: IndexEntry): Promise<boolean> {
  try {
    const found = await stat(join(directory, entry.path));
    return found.isFile() && found.size === entry.sizeBytes;
  } catch {
    return false;
  }
}
