export type { ArtifactRepository, GenerationRepository, StoredBuild } from './artifact.repository.js';
export type { Artifact, Generation, StagedArtifact, UploadExpectation } from './artifact.js';
