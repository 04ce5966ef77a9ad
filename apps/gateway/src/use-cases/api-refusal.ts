import type { ApiFailure } from '@swarm/contracts';

type Code = ApiFailure['error']['code'];

/** HTTP status of each refusal. */
const statusOf = {
  'bad-input': 400,
  unauthorized: 401,
  'not-found': 404,
  conflict: 409,
  internal: 500,
  unavailable: 503,
} as const satisfies Record<Code, number>;

/** An expected failure of a request: what the caller is told, and nothing else. */
export class ApiRefusal extends Error {
  constructor(
    readonly code: Code,
    message: string,
    readonly hint?: string,
  ) {
    super(message);
    this.name = 'ApiRefusal';
  }

  get status(): number {
    return statusOf[this.code];
  }

  toFailure(): ApiFailure {
    const { code, message, hint } = this;
    return { error: { code, message, ...(hint !== undefined && { hint }) } };
  }
}
