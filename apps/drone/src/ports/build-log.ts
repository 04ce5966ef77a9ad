/** Whose log it is. */
export interface LogOwner {
  readonly attemptId: string;
  readonly jobId: string;
  readonly attempt: number;
}

export interface LogChunk {
  /** Bytes of the log before this chunk. */
  readonly offsetBytes: number;
  readonly text: string;
  /** The last one. */
  readonly end: boolean;
}

/**
 * One log on disk: written by a build, read in chunks by the publisher; nothing of it stays in memory (S6).
 * What is beyond the limits is left out of its middle.
 */
export interface BuildLog {
  readonly owner: LogOwner;
  /** Never throws: a build must not fail because of its log. */
  append(chunk: Uint8Array): void;
  /** The build is over: nothing follows. */
  seal(): void;
  /** Aborted by `seal`. */
  readonly sealed: AbortSignal;
  /** The next chunk, the same one until `advance`; undefined while there is none. */
  next(): Promise<LogChunk | undefined>;
  advance(): Promise<void>;
  /** A whole chunk can be read, so that waiting for more makes no sense. */
  readonly hasFullChunk: boolean;
  close(): Promise<void>;
}

/** Port to the logs on this disk. */
export interface BuildLogs {
  /** Goes on where an earlier start of the agent stopped with this attempt. */
  open(owner: LogOwner): Promise<BuildLog>;
  /** Sealed logs that were not published to their end. */
  unpublished(): Promise<readonly BuildLog[]>;
}
