export { BinhostDirectory, type BinhostDirectoryOptions, type ServableFile } from './binhost-directory.js';
export { decompress, digestOf, gpkgWriterPorts } from './codecs.js';
export type { Generation, GenerationError, Promotion } from './generations.js';
export { inspectBinpkg } from './inspect.js';
export { type Channel, channels, isServable, resolvePath } from './layout.js';
export {
  type DeclaredUpload,
  digestFile,
  type FileDigests,
  type ReceivedFile,
  type StoredObject,
} from './object-store.js';
export type { StageableArtifact } from './stageable-artifact.js';
export type { RebuildReport, StageOutcome } from './staging.js';
