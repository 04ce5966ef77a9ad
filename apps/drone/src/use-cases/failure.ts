import type { WorkFailure } from '../ports/executor.js';

/** What broke outside of the build's own output: the drone's disk, its processes, a bug. */
export function failureOf(error: unknown): WorkFailure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const message = error instanceof Error ? error.message : String(error);
  return {
    kind: 'failed',
    class: code === 'ENOSPC' || code === 'EDQUOT' ? 'disk-full' : 'unknown',
    summary: `the drone could not do the work: ${message}`,
    logTail: error instanceof Error ? (error.stack ?? '') : '',
  };
}
