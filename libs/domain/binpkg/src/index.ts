export { acceptArtifact, type ExpectedArtifact } from './accept-artifact.js';
export {
  type AbiComparison,
  type ArtifactAbi,
  compareAbi,
  type InspectedBinpkg,
  type LibraryAbi,
} from './abi.js';
export { AbiImage } from './abi-image.js';
export { type AbiDigest, AbiLibraries } from './abi-libraries.js';
export { type AbiLimits, defaultAbiLimits } from './abi-limits.js';
export { type ElfFacts, readElf } from './elf.js';
export { type ElfType } from './elf-header.js';
export { defaultElfLimits, type ElfLimits } from './elf-limits.js';
export { type Binpkg, type BinpkgFormat, type BinpkgMetadata, syntheticKey } from './binpkg-metadata.js';
export { type ByteSource, bytesSource } from './byte-source.js';
export { type PackageName, parsePackageName } from './package-name.js';
export {
  decodeGpkgMetadata,
  type Decompress,
  type DigestOf,
  verifyGpkg,
  type VerifyGpkgPorts,
} from './gpkg.js';
export {
  type Compression,
  compressions,
  type GpkgContainer,
  type GpkgMember,
  type GpkgRole,
  looksLikeGpkg,
  openGpkg,
} from './gpkg-container.js';
export {
  checkDigests,
  type GpkgManifest,
  type ManifestAlgorithm,
  manifestAlgorithms,
  type ManifestEntry,
  parseGpkgManifest,
} from './gpkg-manifest.js';
export { type GpkgSpec, writeGpkg, type WriteGpkgPorts } from './gpkg-writer.js';
export { entryOf, type IndexedFile, indexPath } from './index-entry.js';
export {
  clientToleranceSeconds,
  indexResponse,
  type IndexResponse,
  nextTimestamp,
} from './index-freshness.js';
export {
  addEntry,
  emptyIndex,
  type IndexEntry,
  type IndexFields,
  isIndexPath,
  type PackagesIndex,
  removeEntry,
  withEntries,
  withHeader,
} from './index-model.js';
export { type IndexProblem, type ParsedIndex, parseIndex, renderIndex } from './index-text.js';
export { type BinpkgLimits, defaultBinpkgLimits } from './limits.js';
export {
  type ArtifactRefusal,
  type ArtifactRefusalReason,
  artifactRefusalReasons,
  refusal,
} from './refusal.js';
export { readTar, type TarLimits, type TarMember, type TarMemberKind } from './tar-reader.js';
export { type TarInput, writeTar } from './tar-writer.js';
export { looksLikeXpak, verifyXpak } from './xpak.js';
