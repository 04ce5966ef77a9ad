import { verdictOn } from './classify-failure.js';
import type { FailureVerdict, RunFailure } from './outcome.model.js';
import type { ProcessResult } from './run-process.js';
import { withoutAnsi } from './text-tail.js';

const LOG_TAIL_CHARACTERS = 16 * 1024;

/** The failure that a process ended with; `verdict` where the caller knows better than the log. */
export function failedRun(result: ProcessResult, verdict: FailureVerdict = verdictOn(result)): RunFailure {
  return {
    kind: 'failed',
    ...verdict,
    exitCode: result.exitCode,
    logTail: withoutAnsi(result.tail).slice(-LOG_TAIL_CHARACTERS),
    durationMs: result.durationMs,
  };
}
