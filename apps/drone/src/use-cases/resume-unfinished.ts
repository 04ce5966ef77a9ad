import type { Logger } from '@swarm/platform';

import type { ArtifactSpool } from '../ports/artifact-spool.js';
import type { BuildLogs } from '../ports/build-log.js';
import type { OutcomeJournal } from '../ports/outcome-journal.js';
import type { DeliverArtifact } from './deliver-artifact.js';
import type { PublishLog } from './publish-log.js';
import type { ReportOutcome } from './report-outcome.js';
import type { Shutdown } from './shutdown.js';
import type { WorkInHand } from './work-in-hand.js';

export interface ResumePorts {
  readonly spool: ArtifactSpool;
  readonly journal: OutcomeJournal;
  readonly logs: BuildLogs;
  readonly publishLog: PublishLog;
  readonly reports: ReportOutcome;
  readonly deliver: DeliverArtifact;
  readonly hand: WorkInHand;
  readonly shutdown: Shutdown;
  readonly logger: Logger;
}

/** Takes up what an earlier start of this agent left: unsent results, artifacts that were not accepted, ends of logs. */
export class ResumeUnfinished {
  constructor(private readonly ports: ResumePorts) {}

  /**
   * Resolves when everything that was left is in hand again, so that a repetition of that work joins it;
   * the uploads themselves go on.
   */
  async execute(): Promise<void> {
    const { spool, journal, logs, publishLog, reports, deliver, hand, shutdown, logger } = this.ports;
    for (const log of await logs.unpublished()) void publishLog.follow(log);

    const artifacts = await spool.pending();
    const waiting = new Set(artifacts.map(({ attemptId }) => attemptId));
    for (const finished of await journal.unreported()) {
      // Where an artifact waits, its upload decides anew how the attempt ended.
      if (waiting.has(finished.attemptId) && finished.outcome.kind !== 'built') continue;
      void reports.send(finished);
    }
    for (const artifact of artifacts) {
      const { attemptId, attempt, cpv } = artifact;
      const finished = await journal.find(attemptId);
      if (finished?.outcome.kind === 'built') {
        // The agent died between the binhost's word and the removal.
        await spool.remove(attemptId);
        continue;
      }
      logger.info({ attemptId, attempt, cpv }, 'unfinished upload taken up');
      hand
        .run(attemptId, () => deliver.execute(artifact, shutdown.aborted))
        .catch((error: unknown) => {
          logger.error({ attemptId, cpv, error }, 'unfinished upload broke off');
        });
    }
  }
}
