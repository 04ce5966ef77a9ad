export type { ArtifactRepository, GenerationRepository } from './artifact.repository.js';
export type { Artifact, Generation, UploadExpectation } from './artifact.js';
