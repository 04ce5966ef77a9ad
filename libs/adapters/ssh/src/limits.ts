/** What a conversation with a host may take. */
export interface SshLimits {
  /** From the first packet until we are let in. */
  readonly connectMs: number;
  /** One command, from asking for it to its end. */
  readonly execMs: number;
  /** Everything that is done in one connection. */
  readonly totalMs: number;
  /** How long a restarted service may take until it runs... */
  readonly serviceUpMs: number;
  /** ...and the pause between two looks at it; it must be seen to run by two of them. */
  readonly lookEveryMs: number;
  /** Of what one connection's commands say, so many characters are kept: their end. */
  readonly outputChars: number;
}

export const defaultSshLimits: SshLimits = {
  connectMs: 10_000,
  execMs: 30_000,
  totalMs: 120_000,
  serviceUpMs: 30_000,
  lookEveryMs: 2_000,
  outputChars: 8_192,
};
