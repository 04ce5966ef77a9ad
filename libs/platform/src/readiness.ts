import { withTimeLimit } from './retry.js';

/** One thing that a service cannot work without: resolves after a real round trip, rejects with the reason. */
export type ReadinessCheck = () => Promise<void>;

export interface CheckResult {
  readonly ok: boolean;
  readonly tookMs: number;
  /** Why not, where it is not. */
  readonly reason?: string;
}

export interface ReadinessReport {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, CheckResult>>;
}

/** Runs every check at once, each within `limitMs`; never rejects. */
export async function readinessOf(
  checks: Readonly<Record<string, ReadinessCheck>>,
  limitMs: number,
): Promise<ReadinessReport> {
  const results = await Promise.all(
    Object.entries(checks).map(
      async ([name, check]) => [name, await resultOf(name, check, limitMs)] as const,
    ),
  );
  return { ready: results.every(([, { ok }]) => ok), checks: Object.fromEntries(results) };
}

async function resultOf(name: string, check: ReadinessCheck, limitMs: number): Promise<CheckResult> {
  const startedMs = performance.now();
  const tookMs = (): number => Math.round(performance.now() - startedMs);
  try {
    // A check that throws before its first await is a failed check as well.
    await withTimeLimit(
      Promise.resolve().then(() => check()),
      limitMs,
      name,
    );
    return { ok: true, tookMs: tookMs() };
  } catch (error) {
    return { ok: false, tookMs: tookMs(), reason: error instanceof Error ? error.message : String(error) };
  }
}
