export type { ArtifactRepository, GenerationRepository, StoredBuild } from './artifact.repository.js';
export type { Artifact, Generation, UploadExpectation } from './artifact.js';
