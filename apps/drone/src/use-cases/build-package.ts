import type { BuildWork, WorkOutcome } from '@swarm/contracts';
import type { Clock } from '@swarm/kernel';
import type { Logger } from '@swarm/platform';

import { type DroneLimits, LOG_TAIL_CHARS, SUMMARY_CHARS } from '../limits.js';
import type { ArtifactSpool, SpooledArtifact } from '../ports/artifact-spool.js';
import type { BuildLog, BuildLogs } from '../ports/build-log.js';
import type {
  BuildOrder,
  BuildResult,
  BuildTimes,
  BuiltFile,
  Executor,
  Workbench,
  WorkFailure,
} from '../ports/executor.js';
import type { Timer } from '../ports/surroundings.js';
import type { DeliverArtifact } from './deliver-artifact.js';
import { failureOf } from './failure.js';
import type { PublishLog } from './publish-log.js';
import type { ReportOutcome } from './report-outcome.js';
import { reasonOf, type WorkInHand } from './work-in-hand.js';

export interface BuildPorts {
  readonly spool: ArtifactSpool;
  readonly logs: BuildLogs;
  readonly publishLog: PublishLog;
  readonly deliver: DeliverArtifact;
  readonly reports: ReportOutcome;
  readonly hand: WorkInHand;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly limits: DroneLimits;
  readonly logger: Logger;
}

/** Builds one package and brings it to the binhost. */
export class BuildPackage {
  constructor(private readonly ports: BuildPorts) {}

  /** Delivers what an earlier start of the agent has built; undefined where there is nothing. */
  async takeUp(attemptId: string): Promise<boolean | undefined> {
    const { spool, deliver, hand } = this.ports;
    const earlier = await spool.find(attemptId);
    return earlier && deliver.execute(earlier, hand.signalOf(attemptId));
  }

  /** True when the result has been reported. */
  async execute(order: BuildOrder, bench: Workbench): Promise<boolean> {
    const { deliver, hand, clock } = this.ports;
    const startedAtMs = clock.now().getTime();
    const result = await this.#build(order, bench);
    if (result.kind === 'failed') return this.#fail(order, result, startedAtMs);
    const kept = await this.#keep(order, result, startedAtMs);
    if (kept.kind === 'failed') return this.#fail(order, { ...kept, ...timesOf(result) }, startedAtMs);
    return deliver.execute(kept.artifact, hand.signalOf(order.attemptId));
  }

  async #keep(
    { attemptId, attempt, work }: BuildOrder,
    built: BuiltFile & BuildTimes,
    startedAtMs: number,
  ): Promise<{ readonly kind: 'kept'; readonly artifact: SpooledArtifact } | WorkFailure> {
    const { cpv, uploadUrl, uploadToken } = work;
    const { sha256, sizeBytes } = built;
    const times = timesOf(built);
    try {
      const ticket = {
        attemptId,
        attempt,
        cpv,
        uploadUrl,
        uploadToken,
        sha256,
        sizeBytes,
        startedAtMs,
        times,
      };
      return { kind: 'kept', artifact: await this.ports.spool.keep(built, ticket) };
    } catch (error) {
      this.ports.logger.error({ attemptId, cpv, error }, 'artifact not kept');
      return failureOf(error);
    }
  }

  async #build(order: BuildOrder, bench: Workbench): Promise<BuildResult> {
    const { reports, hand, logs, publishLog, logger } = this.ports;
    const { attemptId, attempt, work } = order;
    const over = new AbortController();
    logger.info({ attemptId, attempt, jobId: work.jobId, cpv: work.cpv }, 'build started');
    reports.mention(order, { kind: 'started' }, over.signal);
    const log = await logs.open({ attemptId, attempt, jobId: work.jobId });
    const published = publishLog.follow(log);
    try {
      const onPhase = hand.enter.bind(hand, attemptId);
      return await bench.build(order, {
        onOutput: (chunk) => log.append(chunk),
        onPhase,
        signal: hand.signalOf(attemptId),
      });
    } catch (error) {
      logger.error({ attemptId, cpv: work.cpv, error }, 'build broke off');
      return { ...failureOf(error), dependenciesMs: 0, buildMs: 0 };
    } finally {
      over.abort();
      await this.#finishLog(log, published);
    }
  }

  /** The log should be there before the result is; but a log that cannot be published holds nothing up. */
  async #finishLog(log: BuildLog, published: Promise<void>): Promise<void> {
    const { timer, limits } = this.ports;
    log.seal();
    const inTime = new AbortController();
    await Promise.race([published, timer.wait(limits.logFinishMs, inTime.signal)]);
    inTime.abort();
  }

  async #fail(order: BuildOrder, failure: WorkFailure & BuildTimes, startedAtMs: number): Promise<boolean> {
    const { reports, clock, hand, logger } = this.ports;
    const { attemptId, work } = order;
    hand.enter(attemptId, 'reporting');
    const stop = hand.signalOf(attemptId);
    if (stop.aborted) {
      const reason = reasonOf(stop);
      logger.warn({ attemptId, cpv: work.cpv, reason }, 'build stopped and given back');
      return reports.finish(order, { kind: 'returned', reason });
    }
    const wallMs = Math.max(0, clock.now().getTime() - startedAtMs);
    logger.warn({ attemptId, cpv: work.cpv, class: failure.class, summary: failure.summary }, 'build failed');
    return reports.finish(order, failedOutcome(failure, { wallMs, ...timesOf(failure), uploadMs: 0 }));
  }
}

/** The failure as the contract carries it: bounded. */
export function failedOutcome(
  failure: WorkFailure,
  measured: { wallMs: number; dependenciesMs: number; buildMs: number; uploadMs: number },
): WorkOutcome {
  return {
    kind: 'failed',
    class: failure.class,
    ...(failure.phase !== undefined && { phase: failure.phase }),
    summary: failure.summary.slice(0, SUMMARY_CHARS),
    logTail: failure.logTail.slice(-LOG_TAIL_CHARS),
    measured,
  };
}

function timesOf({ dependenciesMs, buildMs }: BuildTimes): BuildTimes {
  return { dependenciesMs: wholeMs(dependenciesMs), buildMs: wholeMs(buildMs) };
}

function wholeMs(ms: number): number {
  return Math.max(0, Math.round(ms));
}

/** Whether the work belongs to this kind of drone; the two kinds of build never mix in a profile. */
export function isForExecutor(work: BuildWork, kind: Executor['kind']): boolean {
  return (work.synthetic !== undefined) === (kind === 'synthetic');
}
