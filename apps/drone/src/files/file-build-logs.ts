import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { Logger } from '@swarm/platform';

import type { BuildLog, BuildLogs, LogOwner } from '../ports/build-log.js';
import { FileBuildLog, type LogLimits, type LogState, readLogState } from './file-build-log.js';

/** Logs on this disk, one directory for each attempt; the oldest go when there are too many (S6). */
export class FileBuildLogs implements BuildLogs {
  readonly #open = new Set<FileBuildLog>();

  private constructor(
    private readonly directory: string,
    private readonly limits: LogLimits & { readonly logsKept: number },
    private readonly logger: Logger,
  ) {}

  static async at(
    directory: string,
    limits: LogLimits & { readonly logsKept: number },
    logger: Logger,
  ): Promise<FileBuildLogs> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return new FileBuildLogs(directory, limits, logger);
  }

  async open(owner: LogOwner): Promise<BuildLog> {
    await this.#rotate();
    const directory = join(this.directory, owner.attemptId);
    const earlier = readLogState(directory);
    const fresh = { owner, sealed: false, publishedBytes: 0, chunkEndBytes: 0, complete: false };
    // What was published cannot be taken back, so the new text follows the old.
    const log = this.#track(directory, { ...(earlier ?? fresh), sealed: false, complete: false });
    if (earlier) log.append(Buffer.from('\n[... the drone was restarted; the build begins anew ...]\n'));
    return log;
  }

  async unpublished(): Promise<readonly BuildLog[]> {
    const found: BuildLog[] = [];
    for (const name of await readdir(this.directory)) {
      const directory = join(this.directory, name);
      const state = readLogState(directory);
      if (state?.sealed === true && !state.complete) found.push(this.#track(directory, state));
    }
    return found;
  }

  #track(directory: string, state: LogState): FileBuildLog {
    const log = new FileBuildLog(directory, this.limits, this.logger, state);
    this.#open.add(log);
    return log;
  }

  async #rotate(): Promise<void> {
    for (const log of this.#open) if (log.isClosed) this.#open.delete(log);
    const inUse = new Set([...this.#open].map(({ owner }) => owner.attemptId));
    const names = (await readdir(this.directory)).filter((name) => !inUse.has(name));
    const aged = await Promise.all(
      names.map(async (name) => ({ name, changedMs: (await stat(join(this.directory, name))).mtimeMs })),
    );
    aged.sort((a, b) => b.changedMs - a.changedMs);
    for (const { name } of aged.slice(Math.max(0, this.limits.logsKept - 1))) {
      await rm(join(this.directory, name), { recursive: true, force: true });
    }
  }
}
