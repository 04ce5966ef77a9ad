/** What a command touches of the world; a test gives its own. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Standard output: what was asked for, and nothing else. */
  readonly out: (text: string) => void;
  /** Standard error: progress and failures. */
  readonly err: (text: string) => void;
  /** Whether standard output is read by a person. */
  readonly isTerminal: boolean;
  /** Aborted by Ctrl-C: followers end. */
  readonly signal: AbortSignal;
  readonly now: () => Date;
  readonly pause: (ms: number) => Promise<void>;
}
