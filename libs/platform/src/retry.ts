import { setTimeout as delay } from 'node:timers/promises';

/** How often, and how far apart, something is tried again. */
export interface BackoffPolicy {
  /** Tries in all, the first one included. `Infinity` is allowed where a signal ends the loop. */
  readonly attempts: number;
  /** Pause after the first failure. */
  readonly firstDelayMs: number;
  /** No pause is longer. */
  readonly maxDelayMs: number;
  /** Each pause is this many times the one before. Default 2. */
  readonly factor?: number;
  /** Part of a pause that chance may take away, 0..1, so that many do not come back at once. Default 0.5. */
  readonly jitter?: number;
}

export interface RetryOptions extends BackoffPolicy {
  /** Ends the pause and the loop; `retry` then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** False for failures that no further try can mend. Default: all can be mended. */
  readonly isTransient?: (error: unknown) => boolean;
  /** Told before each pause. */
  readonly onFailure?: (failure: { error: unknown; attempt: number; delayMs: number }) => void;
}

/** The pause after the `attempt`-th failure (1 = first). `chance` is in [0, 1). Pure. */
export function backoffMs(policy: BackoffPolicy, attempt: number, chance: number): number {
  const { firstDelayMs, maxDelayMs, factor = 2, jitter = 0.5 } = policy;
  const whole = Math.min(maxDelayMs, firstDelayMs * factor ** (attempt - 1));
  return Math.round(whole * (1 - jitter * chance));
}

/** Runs an operation until it succeeds, cannot be mended, or has been tried `attempts` times; then rejects with its last error. */
export async function retry<T>(
  operation: (attempt: number) => Promise<T>,
  options: RetryOptions,
): Promise<T> {
  const { attempts, signal, isTransient = () => true, onFailure } = options;
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await operation(attempt);
    } catch (error) {
      if (attempt >= attempts || !isTransient(error)) throw error;
      const delayMs = backoffMs(options, attempt, Math.random());
      onFailure?.({ error, attempt, delayMs });
      await delay(delayMs, undefined, signal ? { signal } : undefined);
    }
  }
}

/** Rejects with an error that names `what` when the promise has not settled after `limitMs`. The work itself is not stopped. */
export async function withTimeLimit<T>(promise: Promise<T>, limitMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`${what} took longer than ${limitMs} ms`));
    }, limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
