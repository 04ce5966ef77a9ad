import type { SpooledArtifact } from './artifact-spool.js';

/** What the binhost said to one try. */
export type UploadAnswer =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string; readonly message: string }
  | { readonly kind: 'unreachable'; readonly reason: string; readonly retryAfterMs?: number };

/** Port to the binhost: one try of one upload. Never rejects. */
export interface UploadPath {
  put(artifact: SpooledArtifact, signal: AbortSignal): Promise<UploadAnswer>;
}
