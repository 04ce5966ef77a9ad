import type { BackoffPolicy } from '@swarm/platform';

/** What reaching people may take. */
export interface NotifyLimits {
  /** One try on one channel. */
  readonly tryMs: number;
  readonly retry: BackoffPolicy;
}

export const defaultNotifyLimits: NotifyLimits = {
  tryMs: 10_000,
  retry: { attempts: 4, firstDelayMs: 1_000, maxDelayMs: 8_000 },
};
