/** Exit codes of every command. */
export const exitCodes = { fine: 0, failed: 1, usage: 2, unreachable: 3 } as const;

/** Every failure that an operator can meet, with the exit code that a command ends with. */
export const swarmErrors = {
  SWARM_CONFIG: exitCodes.usage,
  SWARM_USAGE: exitCodes.usage,
  SWARM_UNREACHABLE: exitCodes.unreachable,
  SWARM_NO_PORTAGE: exitCodes.failed,
  SWARM_NO_SERVER: exitCodes.failed,
  SWARM_FAILED: exitCodes.failed,
} as const;

export type SwarmErrorCode = keyof typeof swarmErrors;

/** A failure for a person to read: what happened, and what to do about it. */
export class SwarmError extends Error {
  readonly hint: string | undefined;

  constructor(
    readonly code: SwarmErrorCode,
    message: string,
    options: { readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'SwarmError';
    this.hint = options.hint;
  }

  get exitCode(): number {
    return swarmErrors[this.code];
  }
}
