import type { Logger } from '@swarm/platform';

import { PromoteReleases, type PromotePorts } from './use-cases/promote-releases.js';
import { PublishArtifacts } from './use-cases/publish-artifacts.js';
import { ReconcileBinhost } from './use-cases/reconcile-binhost.js';
import type { Wake } from './wake.js';

export interface PublisherOptions {
  readonly wake: Wake;
  /** The publisher looks for work this often, whether it was woken or not. */
  readonly scanMs: number;
  readonly logger: Logger;
}

/** The one writer of indexes and releases. Begins by mending what a crash has left, then works until `signal` aborts. */
export async function runPublisher(
  ports: PromotePorts,
  { wake, scanMs, logger }: PublisherOptions,
  signal: AbortSignal,
): Promise<void> {
  const publish = new PublishArtifacts(ports);
  const steps = {
    reconcile: new ReconcileBinhost({ ...ports, publish }),
    publish,
    promote: new PromoteReleases(ports),
  };
  // A step is short; one that has begun is finished, for it may be repeated but should not have to be.
  const isOver = (): boolean => signal.aborted;
  while (!isOver()) {
    for (const [step, work] of Object.entries(steps)) {
      if (isOver()) return;
      try {
        await work.execute();
      } catch (error) {
        // The ledger or the disk is away: the next scan tries again.
        logger.error({ step, error }, 'publisher step failed');
      }
    }
    await wake.wait(scanMs, signal);
  }
}
