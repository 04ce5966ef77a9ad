import type { Binpkg } from '@swarm/domain-binpkg';
import type { Artifact } from '@swarm/domain-release';

import type { StageableArtifact } from '../ports/package-store.js';

/**
 * Two keys that the ledger's metadata has beside the package's own, by the names that Portage itself uses for them:
 * the index must repeat the file's modification time, and its path says the format.
 */
const MTIME_KEY = '_mtime_';
const FORMAT_KEY = 'BINPKG_FORMAT';

/** The metadata that the ledger keeps of a verified package. */
export function ledgerMetadata(binpkg: Binpkg, mtimeSeconds: number): Readonly<Record<string, string>> {
  return {
    ...Object.fromEntries(binpkg.metadata),
    [MTIME_KEY]: String(mtimeSeconds),
    [FORMAT_KEY]: binpkg.format,
  };
}

/** What the store needs to show an artifact, from the ledger alone. */
export function stageable(artifact: Artifact): StageableArtifact {
  const { sizeBytes, sha256, md5, sha1, cpv, path, metadata, receivedAt } = artifact;
  const mtimeSeconds = Number(metadata[MTIME_KEY] ?? Math.floor(receivedAt.getTime() / 1000));
  return {
    ...{ sizeBytes, sha256, md5, sha1, cpv, mtimeSeconds },
    format: metadata[FORMAT_KEY] === 'xpak' ? 'xpak' : 'gpkg',
    metadata: new Map(Object.entries(metadata)),
    ...(path !== null && { path }),
  };
}

/** The same file may be the artifact of two jobs; the store is told of it once, under the path that it has. */
export function stageables(artifacts: readonly Artifact[]): readonly StageableArtifact[] {
  const bySha256 = new Map<string, StageableArtifact>();
  for (const artifact of artifacts) {
    const known = bySha256.get(artifact.sha256);
    if (known?.path === undefined) bySha256.set(artifact.sha256, stageable(artifact));
  }
  return [...bySha256.values()];
}
