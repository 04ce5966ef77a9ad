import { overlooked, type WorkBoard } from '@swarm/domain-scheduling';

import type { SchedulerPorts } from '../scheduler.ports.js';
import type { BoardKeeper } from './board-keeper.js';
import type { TakeInArtifacts } from './take-in-artifacts.js';

type Ports = Pick<SchedulerPorts, 'jobs' | 'clock' | 'log'>;

/** The ledger is looked through so often; nothing depends on it but what went wrong. */
export const SCAN_EVERY_MS = 60_000;
/** So many of what was found are named in the log. */
const MAX_NAMED = 5;

/** What one scan found that events and moves should have brought about; all of it is 0 when nothing is wrong. */
export interface ScanFindings {
  /** Jobs that stand in a state that what they wait for does not bear out: a wake-up was lost (Q21). */
  readonly overlooked: number;
  /** Jobs that somebody else moved in the ledger, or that the board does not have. */
  readonly strange: number;
  /** Artifacts that the staging index had and nobody had told of. */
  readonly artifacts: number;
}

/**
 * The slow look at everything that proves the quick ways right, and makes good what they missed: the board against its
 * own rules, against the ledger, and against the staging index. Once on each board that was read, then every minute.
 */
export class ScanLedger {
  #board: WorkBoard | undefined;
  #scannedAtMs = 0;

  constructor(
    private readonly ports: Ports,
    private readonly keeper: BoardKeeper,
    private readonly artifacts: TakeInArtifacts,
  ) {}

  /** Undefined when it is not time. */
  async whenDue(): Promise<ScanFindings | undefined> {
    const board = await this.keeper.current();
    const nowMs = this.ports.clock.now().getTime();
    const isNew = board !== this.#board;
    if (!isNew && nowMs - this.#scannedAtMs < SCAN_EVERY_MS) return undefined;
    const findings = await this.#scan(board);
    this.#board = board;
    this.#scannedAtMs = nowMs;
    // What came while nobody led is no fault: only a board that was kept should have known.
    const isWrong = findings.overlooked > 0 || findings.strange > 0 || (findings.artifacts > 0 && !isNew);
    if (isWrong) this.ports.log.warn({ ...findings }, 'the scan found what events had missed');
    return findings;
  }

  async #scan(board: WorkBoard): Promise<ScanFindings> {
    const lost = overlooked(board);
    const strange = await this.#strange(board);
    const named = [...lost.map(({ job }) => job.id), ...strange].slice(0, MAX_NAMED);
    if (named.length > 0) {
      this.ports.log.error(
        { jobs: named, overlooked: lost.length, strange: strange.length },
        'the board is not what it should be, and is read anew',
      );
      this.keeper.distrust();
    }
    const artifacts = await this.artifacts.all();
    return { overlooked: lost.length, strange: strange.length, artifacts };
  }

  /** Jobs whose revision in the ledger is another one than on the board, with everything stored. */
  async #strange(board: WorkBoard): Promise<readonly string[]> {
    const strange: string[] = [];
    for (const [id, revision] of await this.ports.jobs.openRevisions()) {
      const entry = board.find(id);
      // A plan that came a moment ago is not on the board yet.
      if (entry && entry.revision < revision) strange.push(id);
    }
    return strange;
  }
}
