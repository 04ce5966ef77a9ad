import { setTimeout as delay } from 'node:timers/promises';

import type { Logger } from '@swarm/platform';

/** Pause after work that failed as a whole; another process may lead meanwhile. */
const AFTER_FAILURE_MS = 1_000;

/** The right to be the only one, until it is released or lost. */
export interface Leadership {
  readonly epoch: bigint;
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/** Port to a lock that one process holds at a time. */
export interface Leader {
  acquire(signal?: AbortSignal): Promise<Leadership>;
}

/** Does the work whenever this process leads, and again when it fails, until `signal` aborts; the work's own signal aborts when the lead is lost, too. */
export async function whileLeading(
  { leader, logger }: { readonly leader: Leader; readonly logger: Logger },
  work: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const leadership = await leader.acquire(signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
      return undefined;
    });
    if (leadership === undefined) return;
    const { epoch, lost } = leadership;
    logger.info({ epoch: Number(epoch) }, 'leading');
    let hasFailed = false;
    try {
      await work(AbortSignal.any([signal, lost]));
    } catch (error) {
      hasFailed = true;
      logger.error({ error }, 'leader failed');
    } finally {
      await leadership.release();
    }
    if (hasFailed) await delay(AFTER_FAILURE_MS, undefined, { signal }).catch(() => undefined);
    if (lost.aborted) logger.warn({ epoch: Number(epoch), error: lost.reason as unknown }, 'lead lost');
  }
}
