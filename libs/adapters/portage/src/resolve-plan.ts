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
const SELF_TEST_TIMEOUT_MS = 5 * 60_000;
const SELF_TEST_LIMIT_BYTES = 1024 * 1024;

export interface ResolvePlanRequest extends RunControl {
  /** Atoms and sets, for example `@world`. */
  readonly atoms: readonly string[];
  /** Options of emerge beside those that every plan has. */
  readonly options?: readonly string[];
}

export type PlanResolution = { readonly kind: 'resolved'; readonly document: PlanDocument } | RunFailure;

/** Everything from nothing, build tools included: a plan must not depend on what this drone happens to have. */
const PLAN_OPTIONS = ['--ignore-default-opts', '--emptytree', '--with-bdeps=y'];

/** The resolver walks through sets of names: with this its choices are the same every time. */
const SAME_EVERY_TIME = { PYTHONHASHSEED: '0' };

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
    environment: {
      ...environment,
      ...SAME_EVERY_TIME,
      ROOT: paths.planRoot,
      SYSROOT: paths.planRoot,
      SWARM_PLAN_ONE_ROOT: '1',
    },
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

/** What the self-test of the shim came to; `summary` names each thing that is not as it must be. */
export type SelfTest =
  | { readonly kind: 'passed'; readonly summary: string }
  | { readonly kind: 'failed'; readonly summary: string };

/**
 * Lets the shim resolve a small repository of its own with the machine's Portage, and compares the answer with
 * what is known to be right: the shim leans on classes that are private to Portage, and this finds a release
 * in which they mean something else. Takes a few seconds; never rejects for what Portage does.
 */
export async function selfTest({ portage, environment }: Machine): Promise<SelfTest> {
  const { exitCode, stopped, answer, tail } = await runProcess({
    command: [portage.python, await findShim(), '--self-test'],
    environment: { ...environment, ...SAME_EVERY_TIME },
    timeoutMs: SELF_TEST_TIMEOUT_MS,
    answerLimitBytes: SELF_TEST_LIMIT_BYTES,
  });
  if (stopped !== undefined) return { kind: 'failed', summary: `the self-test was stopped: ${stopped}` };
  const summary = answer.trim() || tail.trim() || `the self-test ended with exit code ${exitCode}`;
  return { kind: exitCode === 0 ? 'passed' : 'failed', summary };
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
