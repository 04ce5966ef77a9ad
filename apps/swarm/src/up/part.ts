/** Something that runs while the swarm is up: a server, a service, a drone. */
export interface Part {
  readonly name: string;
  /** True: it is started again when it ends by itself. */
  readonly restart: boolean;
  /** Resolves when it is ready for those that come after it. */
  start(): Promise<RunningPart>;
}

export interface RunningPart {
  readonly pid: number;
  /** Resolves when it has ended, with a word on how. */
  readonly exited: Promise<string>;
  /** Asks it to stop, and waits. `hurry` is aborted when it must not take its time any more. */
  stop(hurry: AbortSignal): Promise<void>;
}
