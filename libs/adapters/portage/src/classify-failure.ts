import { failurePatterns, PHASE_FAILED, tellingLines } from './failure-patterns.js';
import type { FailureVerdict } from './outcome.model.js';
import type { ProcessResult, StopReason } from './run-process.js';
import { withoutAnsi } from './text-tail.js';

const SUMMARY_LIMIT = 300;

/**
 * Reads from the output of a failed emerge why it failed. Pure and total.
 * emerge's exit code is 1 for every failure, so the text is all there is (Portage 3.0.82).
 */
export function classifyFailure(log: string): FailureVerdict {
  const text = withoutAnsi(log);
  const [, cpv, phase, reason] = PHASE_FAILED.exec(text) ?? [];
  const where = phase === undefined ? {} : { phase };
  for (const pattern of failurePatterns) {
    const found = pattern.sign.exec(text);
    if (found)
      return {
        class: pattern.class,
        ...where,
        summary: oneLine(pattern.summary.replace('$1', found[1] ?? '')),
      };
  }
  if (cpv !== undefined) {
    const best = tellingLines.map((line) => line.exec(text)?.[0]).find((line) => line !== undefined);
    const summary = oneLine(`${cpv} failed in ${phase ?? 'an unknown'} phase: ${best ?? reason ?? ''}`);
    return { class: 'compile', ...where, summary };
  }
  return { class: 'unknown', summary: oneLine(lastLine(text)) };
}

/** The verdict on a process that ended badly: what stopped it decides before what it wrote. */
export function verdictOn(result: Pick<ProcessResult, 'tail' | 'exitCode' | 'stopped'>): FailureVerdict {
  const read = classifyFailure(result.tail);
  if (result.stopped !== undefined) return { ...read, ...stopVerdicts[result.stopped] };
  if (result.exitCode === -1)
    return { class: 'unknown', summary: oneLine(`emerge did not start: ${lastLine(result.tail)}`) };
  if (result.exitCode > 128 && (read.class === 'unknown' || read.class === 'compile')) {
    return { ...read, class: 'killed', summary: `emerge was killed by signal ${result.exitCode - 128}` };
  }
  return read;
}

const stopVerdicts: Readonly<Record<StopReason, FailureVerdict>> = {
  timeout: { class: 'timeout', summary: 'stopped: it took longer than its time limit' },
  silence: { class: 'silence', summary: 'stopped: it wrote nothing for longer than its limit of silence' },
  aborted: { class: 'killed', summary: 'stopped on request' },
  'too-much-output': { class: 'killed', summary: 'stopped: it wrote more than its limit of output' },
};

function lastLine(text: string): string {
  const lines = withoutAnsi(text)
    .split('\n')
    .map((line) => line.trim());
  return lines.findLast((line) => line !== '') ?? 'no output at all';
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, SUMMARY_LIMIT);
}
