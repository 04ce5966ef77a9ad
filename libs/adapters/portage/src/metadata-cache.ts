import { availableParallelism } from 'node:os';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { makePrefix } from './build-prefix.js';
import { cleanEnvironment } from './inherited-environment.js';
import { repositoriesConf } from './make-conf.js';
import type { Portage } from './portage.js';
import type { RepositoryLocation } from './repository-location.js';
import { runProcess } from './run-process.js';

/** Gentoo's tree has 20,000 ebuilds, and each costs about 0.1 s of one core. */
export const METADATA_TIMEOUT_MS = 2 * 60 * 60_000;
const SAID_LINES = 3;

export interface MetadataRequest {
  readonly repository: RepositoryLocation;
  /** Repositories that it takes eclasses from. */
  readonly masters?: readonly RepositoryLocation[];
  readonly portage: Portage;
  /** An own directory for the time of the run; does not exist yet. */
  readonly scratchDir: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Generates a repository's metadata cache in it, unless it brings one: without one, each look at an ebuild costs a
 * shell. Entries name eclasses by digest, not by path, so the tree may move afterwards.
 * An ebuild that Portage cannot read is left out; it is its own package's matter.
 * Undefined when it is there, or what Portage said when it could not read the repository.
 */
export async function generateMetadata(request: MetadataRequest): Promise<string | undefined> {
  const { repository, masters = [], portage, scratchDir, signal } = request;
  if (await hasMetadata(repository.location)) return undefined;
  await makePrefix(scratchDir, portage);
  const clean = cleanEnvironment(scratchDir);
  try {
    const { exitCode, tail } = await runProcess({
      command: [
        ...portage.egencache,
        '--update',
        `--jobs=${availableParallelism()}`,
        `--repo=${repository.name}`,
        `--repositories-configuration=${repositoriesConf([...masters, repository])}`,
      ],
      environment: {
        ...clean,
        PATH: `${portage.binDir}:${clean['PATH'] ?? ''}`,
        PORTAGE_OVERRIDE_EPREFIX: scratchDir,
      },
      timeoutMs: METADATA_TIMEOUT_MS,
      ...(signal && { signal }),
    });
    if (exitCode === 0) return undefined;
    return tail.trim().split('\n').slice(-SAID_LINES).join(' ') || `egencache ended with ${exitCode}`;
  } finally {
    await rm(scratchDir, { recursive: true, force: true });
  }
}

/** True for a repository that has a metadata cache with something in it. */
async function hasMetadata(repository: string): Promise<boolean> {
  const entries = await readdir(join(repository, 'metadata', 'md5-cache')).catch((): string[] => []);
  return entries.length > 0;
}
