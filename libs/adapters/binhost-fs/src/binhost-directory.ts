import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import {
  type ArtifactRefusal,
  type BinpkgLimits,
  defaultBinpkgLimits,
  type IndexFields,
  type InspectedBinpkg,
} from '@swarm/domain-binpkg';
import { err, ok, type Result } from '@swarm/kernel';

import { makeDirectory, unlessMissing } from './durable-files.js';
import {
  currentGeneration,
  type Generation,
  type GenerationError,
  listGenerations,
  type Promotion,
  promoteGeneration,
  rollbackGeneration,
} from './generations.js';
import { inspectBinpkg } from './inspect.js';
import {
  type Channel,
  generationsDirectory,
  incomingDirectory,
  objectPath,
  profileDirectory,
  resolvePath,
} from './layout.js';
import {
  commitObject,
  type DeclaredUpload,
  digestFile,
  receiveUpload,
  type ReceivedFile,
  type StoredObject,
} from './object-store.js';
import type { StageableArtifact } from './stageable-artifact.js';
import {
  type RebuildReport,
  rebuildStaging,
  type StageOutcome,
  stageArtifacts,
  type StagingContext,
  unstagePaths,
} from './staging.js';

export interface BinhostDirectoryOptions {
  /** Everything lives below this one directory, on one file system that knows hard links. */
  readonly root: string;
  /** The time in seconds of the epoch. */
  readonly nowSeconds: () => number;
  readonly limits?: BinpkgLimits;
}

/** A file to be sent to a client. */
export interface ServableFile {
  readonly path: string;
  readonly kind: 'index' | 'package';
  readonly sizeBytes: number;
  /** Its Last-Modified; for an index this is its TIMESTAMP. */
  readonly mtimeSeconds: number;
}

/**
 * A binhost on disk: write-once objects, a moving staging index per profile, immutable release generations.
 * Changes to one profile are made one after the other; two processes must not write at the same time (one leader).
 */
export class BinhostDirectory {
  readonly #options: BinhostDirectoryOptions;
  readonly #limits: BinpkgLimits;
  /** The last change of each profile; the next one waits for it. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(options: BinhostDirectoryOptions) {
    this.#options = options;
    this.#limits = options.limits ?? defaultBinpkgLimits;
  }

  /** Makes the directories and removes what uploads and promotions of an earlier process left. To be called by the leader before anything else. */
  async recover(): Promise<void> {
    const { root } = this.#options;
    await makeDirectory(join(root, 'objects'));
    await makeDirectory(join(root, 'profiles'));
    await rm(incomingDirectory(root), { recursive: true, force: true });
    await makeDirectory(incomingDirectory(root));
    for (const profile of await readdir(join(root, 'profiles'))) {
      const generations = generationsDirectory(root, profile);
      for (const name of (await unlessMissing(readdir(generations))) ?? []) {
        if (name.startsWith('.tmp-')) await rm(join(generations, name), { recursive: true, force: true });
      }
    }
  }

  /** Takes an upload; nothing of it is visible yet. See `receiveUpload`. */
  receive(
    body: AsyncIterable<Uint8Array>,
    declared: DeclaredUpload,
  ): Promise<Result<ReceivedFile, ArtifactRefusal>> {
    return receiveUpload(this.#options.root, body, declared);
  }

  /** Verifies the container of a received file, reads its metadata and finds its ABI. */
  inspect(received: ReceivedFile): Promise<Result<InspectedBinpkg, ArtifactRefusal>> {
    return inspectBinpkg(received.tempPath, this.#limits);
  }

  /** Forgets a received file that was refused. */
  async discard(received: ReceivedFile): Promise<void> {
    await rm(received.tempPath, { force: true });
  }

  /** Makes a received file durable in the store; its sender may forget it only after this (S15). */
  commit(received: ReceivedFile): Promise<StoredObject> {
    return commitObject(this.#options.root, received, this.#options.nowSeconds());
  }

  /** Reads an object through and describes it again, for a ledger that lost it; refuses one whose content is not its name. */
  async describe(
    sha256: string,
  ): Promise<
    Result<StageableArtifact, ArtifactRefusal | { readonly reason: 'missing'; readonly message: string }>
  > {
    const path = objectPath(this.#options.root, sha256);
    const digests = await digestFile(path);
    if (!digests.ok) return err({ reason: 'missing', message: `no object ${sha256}` });
    if (digests.value.sha256 !== sha256)
      return err({ reason: 'wrong-sha256', message: `the object ${sha256} is damaged` });
    const binpkg = await inspectBinpkg(path, this.#limits);
    if (!binpkg.ok) return binpkg;
    const { cpv, format, metadata } = binpkg.value;
    return ok({
      ...digests.value,
      cpv,
      format,
      metadata,
      mtimeSeconds: Math.floor((await stat(path)).mtimeMs / 1000),
    });
  }

  /** Shows committed artifacts in a profile's staging index. See `stageArtifacts`. */
  stage(
    profile: string,
    artifacts: readonly StageableArtifact[],
    header?: IndexFields,
  ): Promise<StageOutcome> {
    return this.#inTurn(profile, (context) => stageArtifacts(context, artifacts, header));
  }

  /** Takes paths out of a profile's staging index; answers its TIMESTAMP, 0 when there is no index. */
  unstage(profile: string, paths: readonly string[]): Promise<number> {
    return this.#inTurn(profile, (context) => unstagePaths(context, paths));
  }

  /** Makes staging equal to the ledger's artifacts. See `rebuildStaging`. */
  rebuild(
    profile: string,
    artifacts: readonly StageableArtifact[],
    header?: IndexFields,
  ): Promise<RebuildReport> {
    return this.#inTurn(profile, (context) => rebuildStaging(context, artifacts, header));
  }

  /** Makes a release generation and shows it. See `promoteGeneration`. */
  promote(profile: string, promotion: Promotion): Promise<Result<Generation, GenerationError>> {
    return this.#inTurn(profile, (context) => promoteGeneration(context, promotion));
  }

  /** Shows an earlier generation's packages again, as generation `number`. See `rollbackGeneration`. */
  rollback(
    profile: string,
    rollback: { readonly to: number; readonly number: number },
  ): Promise<Result<Generation, GenerationError>> {
    return this.#inTurn(profile, (context) => rollbackGeneration(context, rollback));
  }

  /** All generations of a profile, oldest first. */
  generations(profile: string): Promise<readonly Generation[]> {
    return listGenerations({ root: this.#options.root, profile });
  }

  /** The generation that clients see. */
  current(profile: string): Promise<Generation | undefined> {
    return currentGeneration({ root: this.#options.root, profile });
  }

  /**
   * The file that a client's request means. A package of an earlier generation is still found after a promotion,
   * for a client may have taken its index just before; no path ever stands for two contents, so this cannot mix them.
   */
  async locate(profile: string, channel: Channel, relative: string): Promise<ServableFile | undefined> {
    const path = resolvePath(this.#options.root, { profile, channel }, relative);
    if (path === undefined) return undefined;
    const kind = relative.startsWith('Packages') ? 'index' : 'package';
    const found = await servable(path, kind);
    if (found !== undefined || kind === 'index' || channel === 'staging') return found;
    for (const generation of (await this.generations(profile)).toReversed()) {
      const older = await servable(
        join(generationsDirectory(this.#options.root, profile), String(generation.number), relative),
        kind,
      );
      if (older !== undefined) return older;
    }
    return undefined;
  }

  async #inTurn<T>(profile: string, change: (context: StagingContext) => Promise<T>): Promise<T> {
    const { root, nowSeconds } = this.#options;
    const before = this.#turns.get(profile) ?? Promise.resolve();
    const run = async (): Promise<T> => {
      await makeDirectory(profileDirectory(root, profile));
      return change({ root, profile, nowSeconds: nowSeconds() });
    };
    const turn = before.then(run, run);
    this.#turns.set(profile, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(profile) === turn) this.#turns.delete(profile);
    }
  }
}

async function servable(path: string, kind: ServableFile['kind']): Promise<ServableFile | undefined> {
  const found = await unlessMissing(stat(path));
  if (found?.isFile() !== true) return undefined;
  return { path, kind, sizeBytes: found.size, mtimeSeconds: Math.floor(found.mtimeMs / 1000) };
}
