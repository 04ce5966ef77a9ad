import type { WorkOutcome } from '@swarm/contracts';
import type { Clock } from '@swarm/kernel';
import type { Logger } from '@swarm/platform';

import { DOCUMENT_CHARS } from '../limits.js';
import type { Resolution, ResolveOrder, Workbench, WorkFailure } from '../ports/executor.js';
import { failedOutcome } from './build-package.js';
import { failureOf } from './failure.js';
import type { Attempted, ReportOutcome } from './report-outcome.js';
import { reasonOf, type WorkInHand } from './work-in-hand.js';

export interface ResolvePorts {
  readonly reports: ReportOutcome;
  readonly hand: WorkInHand;
  readonly clock: Clock;
  readonly logger: Logger;
  /** JSON, gzipped, in base64: the form in which a plan document travels. */
  readonly pack: (document: unknown) => Promise<string>;
}

/** Has Portage compute what a profile needs, and reports the document. */
export class ResolvePlan {
  constructor(private readonly ports: ResolvePorts) {}

  /** True when the result has been reported. */
  async execute(work: Attempted, order: ResolveOrder, bench: Workbench): Promise<boolean> {
    const { reports, hand, clock } = this.ports;
    const stop = hand.signalOf(work.attemptId);
    const startedAtMs = clock.now().getTime();
    const over = new AbortController();
    reports.mention(work, { kind: 'started' }, over.signal);
    hand.enter(work.attemptId, 'resolving');
    const resolution = await bench
      .resolve(order, stop)
      .catch((error: unknown): Resolution => failureOf(error));
    over.abort();
    hand.enter(work.attemptId, 'reporting');
    return reports.finish(work, await this.#outcomeOf(order, resolution, { startedAtMs, stop }));
  }

  async #outcomeOf(
    order: ResolveOrder,
    resolution: Resolution,
    { startedAtMs, stop }: { readonly startedAtMs: number; readonly stop: AbortSignal },
  ): Promise<WorkOutcome> {
    const { clock, logger, pack } = this.ports;
    const failed = (failure: WorkFailure): WorkOutcome => {
      if (stop.aborted) return { kind: 'returned', reason: reasonOf(stop) };
      logger.warn(
        { planId: order.planId, class: failure.class, summary: failure.summary },
        'plan not resolved',
      );
      const wallMs = Math.max(0, clock.now().getTime() - startedAtMs);
      return failedOutcome(failure, { wallMs, dependenciesMs: 0, buildMs: 0, uploadMs: 0 });
    };
    if (resolution.kind === 'failed') return failed(resolution);
    const documentGzip = await pack(resolution.document);
    if (documentGzip.length <= DOCUMENT_CHARS) return { kind: 'resolved', documentGzip };
    const summary = `the plan document has ${documentGzip.length} characters; at most ${DOCUMENT_CHARS} can be sent`;
    return failed({ kind: 'failed', class: 'unknown', summary, logTail: '' });
  }
}
