import type { Measured } from '@swarm/contracts';
import { assertNever, type Clock } from '@swarm/kernel';
import { backoffMs, type Logger } from '@swarm/platform';

import { type DroneLimits, SUMMARY_CHARS } from '../limits.js';
import type { ArtifactSpool, SpooledArtifact } from '../ports/artifact-spool.js';
import type { Timer } from '../ports/surroundings.js';
import type { UploadAnswer, UploadPath } from '../ports/upload-path.js';
import type { PathHealth } from './path-health.js';
import type { ReportOutcome } from './report-outcome.js';
import type { WorkInHand } from './work-in-hand.js';

export interface DeliverPorts {
  readonly spool: ArtifactSpool;
  readonly path: UploadPath;
  readonly health: PathHealth;
  readonly hand: WorkInHand;
  readonly reports: ReportOutcome;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly limits: DroneLimits;
  readonly logger: Logger;
}

type Delivery =
  | Exclude<UploadAnswer, { kind: 'unreachable' }>
  | { readonly kind: 'unreachable' | 'stopped'; readonly reason: string };

/**
 * Brings a finished artifact to the binhost and reports the attempt.
 * A path that fails is the path's fault: the artifact waits and is tried again, for hours (S22).
 * It leaves this disk only after the binhost has durably accepted it (S15).
 */
export class DeliverArtifact {
  constructor(private readonly ports: DeliverPorts) {}

  /** True when the result has been reported. */
  async execute(artifact: SpooledArtifact, signal: AbortSignal): Promise<boolean> {
    const { spool, hand, reports, clock, logger } = this.ports;
    const { attemptId, attempt, cpv, sha256, sizeBytes, startedAtMs, times } = artifact;
    const fields = { attemptId, attempt, cpv, sizeBytes };
    hand.enter(attemptId, 'uploading');
    const begunMs = clock.now().getTime();
    const delivery = await this.#deliver(artifact, signal);
    const nowMs = clock.now().getTime();
    const measured: Measured = {
      wallMs: since(startedAtMs, nowMs),
      ...times,
      uploadMs: since(begunMs, nowMs),
    };
    hand.enter(attemptId, 'reporting');
    const failed = (summary: string): Promise<boolean> => {
      const outcome = { kind: 'failed', class: 'upload', logTail: '', measured } as const;
      return reports.finish(artifact, { ...outcome, summary: summary.slice(0, SUMMARY_CHARS) });
    };
    switch (delivery.kind) {
      case 'accepted': {
        logger.info(fields, 'artifact accepted');
        // Recorded before the file goes: a crash in between must not end in a second build.
        const finished = await reports.record(artifact, { kind: 'built', sha256, sizeBytes, measured });
        await spool.remove(attemptId);
        return reports.send(finished);
      }
      case 'refused': {
        const { status, reason, message } = delivery;
        logger.error({ ...fields, status, reason, message }, 'artifact refused');
        await spool.setAside(attemptId);
        return failed(`the binhost refused the artifact (${reason}): ${message}`);
      }
      case 'unreachable':
        logger.error(
          { ...fields, reason: delivery.reason },
          'artifact not delivered; it is kept for the next start',
        );
        return failed(`the artifact could not be uploaded and is kept on the drone: ${delivery.reason}`);
      case 'stopped': {
        logger.warn(
          { ...fields, reason: delivery.reason },
          'upload stopped; the artifact is kept for the next start',
        );
        const reason = `${delivery.reason}; the package is built, its upload is tried again when the drone is back`;
        return reports.finish(artifact, { kind: 'returned', reason: reason.slice(0, SUMMARY_CHARS) });
      }
      default:
        return assertNever(delivery);
    }
  }

  async #deliver(artifact: SpooledArtifact, signal: AbortSignal): Promise<Delivery> {
    const { path, health, clock, timer, limits, logger } = this.ports;
    const { attemptId, attempt, cpv } = artifact;
    const pauses = {
      attempts: Infinity,
      firstDelayMs: limits.uploadFirstDelayMs,
      maxDelayMs: limits.uploadMaxDelayMs,
    };
    const deadlineMs = clock.now().getTime() + limits.uploadPatienceMs;
    for (let tries = 1; ; tries++) {
      if (signal.aborted) return { kind: 'stopped', reason: String(signal.reason) };
      const answer = await path.put(artifact, signal);
      if (answer.kind !== 'unreachable') {
        health.reached();
        return answer;
      }
      health.failed();
      const { reason } = answer;
      const delayMs = answer.retryAfterMs ?? backoffMs(pauses, Math.min(tries, 20), Math.random());
      if (clock.now().getTime() + delayMs >= deadlineMs) return { kind: 'unreachable', reason };
      logger.warn({ attemptId, attempt, cpv, reason, tries, delayMs }, 'upload failed');
      await timer.wait(delayMs, signal);
    }
  }
}

function since(thenMs: number, nowMs: number): number {
  return Math.max(0, Math.round(nowMs - thenMs));
}
