import { setTimeout as delay } from 'node:timers/promises';

import type { Logger } from './logger.js';

/** One thing to do while stopping. `hurry` is aborted when the phase's budget is over or a second signal came: finish now. */
export type StopStep = (hurry: AbortSignal) => Promise<void> | void;

export type StopSteps = Readonly<Record<string, StopStep>>;

/** What a service does when it is told to stop. The steps of one phase run together; the phases run one after another. */
export interface StopPhases {
  /** Take no more work: stop consumers, timers, relays. */
  readonly stopTaking?: StopSteps;
  /** Finish what is in hand. */
  readonly drain?: StopSteps;
  /** Let go of what the work stood on: database pools, connections. */
  readonly release?: StopSteps;
  readonly budgetsMs?: Partial<Record<StopPhaseName, number>>;
}

export const stopPhaseNames = ['stopTaking', 'drain', 'release'] as const;
export type StopPhaseName = (typeof stopPhaseNames)[number];

/** Default budget of each phase. */
export const STOP_BUDGETS_MS = { stopTaking: 5_000, drain: 30_000, release: 5_000 } as const satisfies Record<
  StopPhaseName,
  number
>;
/** How long steps may take after they were told to hurry. */
export const HURRY_GRACE_MS = 3_000;

/** Runs the phases; resolves to true when every step ended well and in time. Never rejects. */
export async function runStopPhases(
  phases: StopPhases,
  logger: Logger,
  hurry: AbortSignal,
  graceMs = HURRY_GRACE_MS,
): Promise<boolean> {
  let isClean = true;
  for (const phase of stopPhaseNames) {
    const budgetMs = phases.budgetsMs?.[phase] ?? STOP_BUDGETS_MS[phase];
    const wentWell = await runPhase(phases[phase] ?? {}, { phase, budgetMs, graceMs, logger, hurry });
    isClean &&= wentWell;
  }
  return isClean;
}

interface PhaseRun {
  readonly phase: StopPhaseName;
  readonly budgetMs: number;
  readonly graceMs: number;
  readonly logger: Logger;
  readonly hurry: AbortSignal;
}

async function runPhase(
  steps: StopSteps,
  { phase, budgetMs, graceMs, logger, hurry }: PhaseRun,
): Promise<boolean> {
  const limit = AbortSignal.any([hurry, AbortSignal.timeout(budgetMs)]);
  const unfinished = new Set(Object.keys(steps));
  const finished = Promise.all(
    Object.entries(steps).map(async ([step, run]) => {
      try {
        await run(limit);
        return true;
      } catch (error) {
        logger.error({ phase, step, error }, 'stop step failed');
        return false;
      } finally {
        unfinished.delete(step);
      }
    }),
  );
  const over = new AbortController();
  const late = whenAborted(limit, over.signal).then(async () => {
    await delay(graceMs, undefined, { signal: over.signal });
    logger.warn({ phase, unfinished: [...unfinished], budgetMs }, 'stop phase ran out of time');
    return false;
  });
  try {
    const results = await Promise.race([finished, late]);
    return Array.isArray(results) && results.every(Boolean);
  } finally {
    over.abort();
    late.catch(() => undefined);
  }
}

/** Resolves when `signal` aborts; rejects when `gaveUp` does first. */
async function whenAborted(signal: AbortSignal, gaveUp: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve, reject) => {
    signal.addEventListener('abort', () => {
      resolve();
    });
    gaveUp.addEventListener('abort', () => {
      reject(new Error('no longer waiting'));
    });
  });
}
