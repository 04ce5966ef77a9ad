import { JOB_BATCH, type JobChanges, type JobRepository } from '@swarm/domain-job';
import type { Fence, Saved } from '@swarm/kernel';

/** Changes that fail alone, after their batch has failed, before the ledger itself is taken to be the cause. */
const FAILURES_ALONE = 2;

/** Another process leads: the change was not stored, and no change of this leadership will be. */
export class FencedError extends Error {
  constructor(fence: Fence) {
    super(
      `epoch ${fence.epoch} of ${fence.lock} is over: another process leads, and this change was not stored`,
    );
    this.name = 'FencedError';
  }
}

interface Waiting {
  readonly changes: JobChanges;
  /** The leadership in which it was decided; it is written in no other. */
  readonly term: Term | undefined;
  readonly resolve: (saved: Saved) => void;
  readonly reject: (error: unknown) => void;
}

interface Term {
  readonly fence: Fence;
  readonly onFenced: (error: FencedError) => void;
}

/**
 * Writes changes of jobs in batches: what is asked for while one batch is written goes into the next, so that a
 * thousand callers cost a few transactions, and a single one waits for nobody. Changes keep their order.
 */
export class JobWriter {
  readonly #queue: Waiting[] = [];
  #term: Term | undefined;
  #isWriting = false;

  /** `maxBatch`: changes in one transaction, unless one event alone makes more. */
  constructor(
    private readonly jobs: Pick<JobRepository, 'saveAll'>,
    private readonly maxBatch = JOB_BATCH,
  ) {
    if (maxBatch < 1) throw new RangeError(`maxBatch is ${maxBatch}: a batch holds at least one change`);
  }

  /** From now on changes are written under this fence. `onFenced` is told each time that it proves to be an old one. */
  lead(fence: Fence, onFenced: (error: FencedError) => void): void {
    this.#term = { fence, onFenced };
  }

  /**
   * Stores a change, and what follows from it, whole or not at all. Resolves when it is stored, or proved to be a
   * conflict. Rejects when it is not known to be stored.
   */
  save(...changes: JobChanges): Promise<Saved> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ changes, term: this.#term, resolve, reject });
      if (this.#isWriting) return;
      this.#isWriting = true;
      // What is asked for in the same turn goes into one batch.
      queueMicrotask(() => void this.#writeAll());
    });
  }

  async #writeAll(): Promise<void> {
    for (let batch = this.#nextBatch(); batch.length > 0; batch = this.#nextBatch()) {
      const failed = await this.#write(batch);
      if (failed) await this.#writeAlone(batch, failed.error);
    }
    this.#isWriting = false;
  }

  #nextBatch(): readonly Waiting[] {
    const term = this.#queue[0]?.term;
    let [size, end] = [0, 0];
    // One that is more than a batch by itself goes alone.
    for (const waiting of this.#queue) {
      size += waiting.changes.length;
      if (waiting.term !== term || (size > this.maxBatch && end > 0)) break;
      end += 1;
    }
    return this.#queue.splice(0, end);
  }

  /** The error of a batch that stored nothing; whoever waits for it knows nothing yet. */
  async #write(batch: readonly Waiting[]): Promise<{ readonly error: unknown } | undefined> {
    const term = batch[0]?.term;
    try {
      const results = await this.jobs.saveAll(
        batch.map(({ changes }) => changes),
        term?.fence,
      );
      if (results === 'fenced') fenced(batch, term);
      else for (const [i, { resolve }] of batch.entries()) resolve(results[i] ?? 'conflict');
      return undefined;
    } catch (error) {
      return { error };
    }
  }

  /** One change that can never be stored must not hold up all others, batch after batch. */
  async #writeAlone(batch: readonly Waiting[], batchError: unknown): Promise<void> {
    let failures = 0;
    for (const waiting of batch) {
      const failed =
        batch.length > 1 && failures < FAILURES_ALONE ? await this.#write([waiting]) : { error: batchError };
      if (!failed) continue;
      failures += 1;
      waiting.reject(failed.error);
    }
  }
}

function fenced(batch: readonly Waiting[], term: Term | undefined): void {
  if (!term) throw new Error('a batch without a fence was fenced');
  const error = new FencedError(term.fence);
  for (const { reject } of batch) reject(error);
  term.onFenced(error);
}
