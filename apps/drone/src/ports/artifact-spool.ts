import type { BuildTimes, BuiltFile } from './executor.js';

/** Everything that an upload needs, so that the next start of the agent can finish it. */
export interface ArtifactTicket {
  readonly attemptId: string;
  readonly attempt: number;
  readonly cpv: string;
  readonly uploadUrl: string;
  readonly uploadToken: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** When the attempt began, milliseconds of the epoch. */
  readonly startedAtMs: number;
  readonly times: BuildTimes;
}

/** An artifact that the binhost has not accepted yet. */
export interface SpooledArtifact extends ArtifactTicket {
  readonly file: string;
}

/** Port to the finished artifacts on this disk; each stays until the binhost has durably accepted it (S15). */
export interface ArtifactSpool {
  /** Takes the built file over, durably; from then on it survives a crash. */
  keep(built: BuiltFile, ticket: ArtifactTicket): Promise<SpooledArtifact>;
  find(attemptId: string): Promise<SpooledArtifact | undefined>;
  /** What an earlier start left; damaged and overaged ones are set aside and not listed. */
  pending(): Promise<readonly SpooledArtifact[]>;
  /** After the binhost has accepted it. */
  remove(attemptId: string): Promise<void>;
  /** Refused for good: kept for a person to look at, a few at most. */
  setAside(attemptId: string): Promise<void>;
}
