import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  /** Default 10 s. */
  readonly timeoutMs?: number;
  /** What is waited for, for the message of a failure. */
  readonly what?: string;
  /** How often to look. Default 10 ms. */
  readonly everyMs?: number;
}

/** What a condition may answer for "not yet". A condition that throws (a failing `expect`) says "not yet" too. */
export type NotYet = false | null | undefined;

/** Looks until the condition gives something other than false, null or undefined, and gives that. */
export async function waitFor<T>(
  condition: () => T | NotYet | Promise<T | NotYet>,
  { timeoutMs = 10_000, what = 'a condition', everyMs = 10 }: WaitOptions = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let reason: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value !== false && value !== null && value !== undefined) return value;
      reason = undefined;
    } catch (error) {
      reason = error;
    }
    if (performance.now() >= deadline) {
      throw new Error(`waited ${timeoutMs} ms for ${what}, in vain`, { cause: reason });
    }
    await delay(everyMs);
  }
}
