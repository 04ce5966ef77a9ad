import { failedRun } from './failed-run.js';
import type { Machine } from './machine.model.js';
import type { RunControl, RunFailure } from './outcome.model.js';
import { PlanDocument } from './plan-document.js';
import { runProcess } from './run-process.js';
import { findShim } from './shim-path.js';
import { z } from 'zod';

/** About 20,000 packages; more is no plan. */
const DOCUMENT_LIMIT_BYTES = 256 * 1024 * 1024;
const DEFAULT_TIMEOUT_MS = 10 * 60_000;

export interface ResolvePlanRequest extends RunControl {
  /** Atoms and sets, for example `@world`. */
  readonly atoms: readonly string[];
  /** Options of emerge beside those that every plan has. */
  readonly options?: readonly string[];
}

export type PlanResolution = { readonly kind: 'resolved'; readonly document: PlanDocument } | RunFailure;

/** Everything from nothing, build tools included: a plan must not depend on what this drone happens to have. */
const PLAN_OPTIONS = ['--ignore-default-opts', '--emptytree', '--with-bdeps=y'];

/**
 * Asks Portage what a set of targets needs. `resolved` also for targets that cannot be satisfied as they are:
 * `document.ok` is then false, and `problems` says why. `failed` when Portage gave no document at all.
 */
export async function resolvePlan(machine: Machine, request: ResolvePlanRequest): Promise<PlanResolution> {
  const { atoms, options = [], ...control } = request;
  const { paths, environment, portage } = machine;
  // emerge takes options in any place, even after `--` (Portage 3.0.82).
  const smuggled = atoms.find((atom) => atom.startsWith('-'));
  if (smuggled !== undefined) return refused(`${smuggled} is no atom and no set`);
  const result = await runProcess({
    timeoutMs: DEFAULT_TIMEOUT_MS,
    ...control,
    command: [portage.python, await findShim(), ...PLAN_OPTIONS, ...options, ...atoms],
    environment: { ...environment, ROOT: paths.planRoot, SYSROOT: paths.planRoot, SWARM_PLAN_ONE_ROOT: '1' },
    answerLimitBytes: DOCUMENT_LIMIT_BYTES,
  });
  if (result.stopped !== undefined) return failedRun(result);
  const parsed = parseDocument(result.answer);
  if (!parsed.ok)
    return failedRun(result, { class: 'unknown', summary: `the resolver gave no plan: ${parsed.why}` });
  const broken = parsed.document.problems.find(({ kind }) => kind === 'internal-error');
  if (broken)
    return failedRun(result, { class: 'unknown', summary: `Portage failed: ${broken.text}`.slice(0, 300) });
  return { kind: 'resolved', document: parsed.document };
}

function refused(summary: string): RunFailure {
  return { kind: 'failed', class: 'unknown', summary, exitCode: -1, logTail: summary, durationMs: 0 };
}

/** Reads a document that may come from another machine; `why` says what is wrong with it. */
export function parseDocument(
  text: string,
): { readonly ok: true; readonly document: PlanDocument } | { readonly ok: false; readonly why: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, why: text.trim() === '' ? 'it wrote nothing' : 'what it wrote is no JSON' };
  }
  const parsed = PlanDocument.safeParse(value);
  if (parsed.success) return { ok: true, document: parsed.data };
  return { ok: false, why: z.prettifyError(parsed.error).split('\n').slice(0, 3).join(' ') };
}
