import { mkdir, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { WorkOutcome } from '@swarm/contracts';
import type { Logger } from '@swarm/platform';
import { z } from 'zod';

import type { FinishedAttempt, OutcomeJournal } from '../ports/outcome-journal.js';
import { isMissing, readIfThere, removeFile, writeDurably } from './durable-file.js';

const StoredOutcome = z.object({
  attemptId: z.uuid(),
  attempt: z.int().positive(),
  at: z.iso.datetime(),
  outcome: WorkOutcome,
});

const UNREPORTED = '.unreported.json';
const REPORTED = '.reported.json';

export interface JournalLimits {
  readonly outcomesKept: number;
  readonly outcomesKeptBytes: number;
}

/** One file for each finished attempt; its name tells whether it has been reported, so that one rename moves it on. */
export class FileOutcomeJournal implements OutcomeJournal {
  private constructor(
    private readonly directory: string,
    private readonly limits: JournalLimits,
    private readonly logger: Logger,
  ) {}

  static async at(directory: string, limits: JournalLimits, logger: Logger): Promise<FileOutcomeJournal> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return new FileOutcomeJournal(directory, limits, logger);
  }

  async find(attemptId: string): Promise<FinishedAttempt | undefined> {
    return (await this.#read(attemptId + UNREPORTED)) ?? (await this.#read(attemptId + REPORTED));
  }

  async record(finished: FinishedAttempt): Promise<void> {
    await writeDurably(join(this.directory, finished.attemptId + UNREPORTED), JSON.stringify(finished));
  }

  async markReported(attemptId: string): Promise<void> {
    const path = join(this.directory, attemptId);
    await rename(path + UNREPORTED, path + REPORTED).catch((error: unknown) => {
      // Reported before: an answer to a repetition.
      if (!isMissing(error)) throw error;
    });
    await this.#prune();
  }

  async unreported(): Promise<readonly FinishedAttempt[]> {
    const names = (await readdir(this.directory)).filter((name) => name.endsWith(UNREPORTED));
    const found = await Promise.all(names.map((name) => this.#read(name)));
    return found.filter((finished) => finished !== undefined);
  }

  async #read(name: string): Promise<FinishedAttempt | undefined> {
    const path = join(this.directory, name);
    const text = await readIfThere(path);
    if (text === undefined) return undefined;
    try {
      return StoredOutcome.parse(JSON.parse(text));
    } catch (error) {
      // Written atomically, so this is a damaged disk: without the memory the work is done again.
      this.logger.error({ path, error }, 'stored outcome is unreadable and dropped');
      await removeFile(path);
      return undefined;
    }
  }

  /** Only what was reported is ever forgotten, the oldest first. */
  async #prune(): Promise<void> {
    const names = (await readdir(this.directory)).filter((name) => name.endsWith(REPORTED));
    const files = await Promise.all(
      names.map(async (name) => {
        const { mtimeMs, size } = await stat(join(this.directory, name));
        return { name, mtimeMs, size };
      }),
    );
    files.sort((a, b) => b.mtimeMs - a.mtimeMs);
    let bytes = 0;
    for (const [index, { name, size }] of files.entries()) {
      bytes += size;
      const isOver = index >= this.limits.outcomesKept || bytes > this.limits.outcomesKeptBytes;
      // The newest one stays whatever its size: it is the one that is asked for again.
      if (isOver && index > 0) await removeFile(join(this.directory, name));
    }
  }
}
